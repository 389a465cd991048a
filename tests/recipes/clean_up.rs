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
            # It is kept first: if a part fails, the next call goes on behind it.
            cursor, keys = cmd.scan(int(cmd.get("carts:cursor") or 0), "cart:*", most, _type="hash")
            cmd.set("carts:cursor", cursor)
            removed = 0
            for key in keys:
                # No client touches the cart between the two commands.
                with atomic():
                    if is_older(cmd.hget(key, "touched"), oldest):
                        removed += cmd.unlink(key)
            return removed

        def is_older(touched, oldest):
            try:
                return touched is not None and float(touched) < oldest
            except ValueError:
                return False
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

#[test]
fn a_cart_that_cannot_be_judged_holds_up_no_other() {
    let (_server, mut con) = with_gears(&[clean_up::GEAR, clean_now::GEAR]);
    let () = con.set("cart:text", 1).unwrap();
    let () = con.rpush("cart:list", "lamp").unwrap();
    let () = con.hset("cart:date", "touched", "yesterday").unwrap();
    let () = con.hset("cart:old", "touched", 5).unwrap();
    assert_eq!(clean_now(&mut con, 30).unwrap(), 1);
    let left: i64 = con
        .exists(&["cart:text", "cart:list", "cart:date", "cart:old"])
        .unwrap();
    assert_eq!(left, 3);
}

#[test]
fn each_run_goes_on_where_the_one_before_has_stopped() {
    let (_server, mut con) = with_gears(&[clean_up::GEAR, clean_now::GEAR]);
    let mut pipe = redis::pipe();
    for number in 0..3000 {
        pipe.hset(format!("cart:{number}"), "touched", 5).ignore();
        pipe.set(format!("cart:text:{number}"), 1).ignore();
    }
    let () = pipe.query(&mut con).unwrap();
    let mut removed = 0;
    let mut runs = 0;
    // Each run asks for 1000 of the 6000 keys. A few more runs are due, because the number is a hint to the server.
    while removed < 3000 && runs < 20 {
        removed += clean_now(&mut con, 30).unwrap();
        runs += 1;
    }
    assert_eq!(removed, 3000);
    assert!(runs > 2, "{runs} runs");
}
