use crate::common::{untyped, with_gears};
use redis::Commands;

// recipe
use redgrease::prelude::*;

python_module! {
    cleaning {
        import time

        def clean(days, most=1000):
            # A part of the keys at each call, so that no call takes long. The cursor remembers the place.
            oldest = time.time() - days * 24 * 3600
            cursor, keys = cmd.scan(int(cmd.get("carts:cursor") or 0), "cart:*", most)
            removed = 0
            for key in keys:
                touched = cmd.hget(key, "touched")
                if touched is not None and float(touched) < oldest:
                    removed += cmd.unlink(key)
            cmd.set("carts:cursor", cursor)
            return removed
    }
}

/// Removes the carts that nobody has touched for thirty days, and messages of the log that are older than a week.
#[gear_every("1m", module = cleaning)]
pub fn clean_up() {
    python! {
        removed = clean(days=30)
        if removed:
            log(f "removed {removed} carts")
        cmd.xtrim("audit", minid=int((time.time() - 7 * 24 * 3600) * 1000))
    }
}

/// The same by hand.
#[gear_command(module = cleaning)]
pub fn clean_now(days: i64) -> i64 {
    python! { return clean(days) }
}
// end of the recipe

#[test]
fn old_carts_are_removed() {
    let (server, mut con) = with_gears(&[clean_up::GEAR, clean_now::GEAR]);
    let () = con.hset("cart:old", "touched", 5).unwrap();
    let () = con.hset("cart:new", "touched", 99_999_999_999_i64).unwrap();
    let () = con.hset("cart:odd", "item", "lamp").unwrap();
    assert_eq!(clean_now(&mut con, 30).unwrap(), 1);
    assert_eq!(clean_now(&mut con, 30).unwrap(), 0);
    let left: i64 = con.exists(&["cart:new", "cart:odd", "cart:old"]).unwrap();
    assert_eq!(left, 2);
    let sessions = untyped(&server, &["RG.PYDUMPSESSIONS"]);
    assert!(sessions.contains("clean_up"), "{sessions}");
}
