use crate::common::{eventually, untyped, with_gears};
use redis::Commands;

// recipe
use redgrease::prelude::*;

/// Keeps a copy of each session, which outlives it.
#[gear_keys(prefix = "session:*", events = ["set", "hset", "hdel"], read_value = false, mode = "sync")]
pub fn copy_session(record: KeyRecord) {
    python! {
        copy = "last:" + record.key
        cmd.copy(record.key, copy, replace=True)
        cmd.persist(copy)
    }
}

/// Writes the last value of an expired session to a stream.
#[gear_keys(prefix = "session:*", events = ["expired", "evicted"], read_value = false, mode = "sync")]
pub fn session_expired(record: KeyRecord) {
    python! {
        copy = "last:" + record.key
        cmd.xadd("sessions:expired", {b"key": record.key, **cmd.hgetall(copy)})
        cmd.delete(copy)
    }
}

/// A session that is deleted needs no copy.
#[gear_keys(prefix = "session:*", events = ["del"], read_value = false, mode = "sync")]
pub fn session_deleted(record: KeyRecord) {
    python! { cmd.unlink("last:" + record.key) }
}
// end of the recipe

#[test]
fn an_expired_session_leaves_its_value() {
    let gears = [
        copy_session::GEAR,
        session_expired::GEAR,
        session_deleted::GEAR,
    ];
    let (server, mut con) = with_gears(&gears);
    let () = con.hset("session:1", "user", "ada").unwrap();
    let () = con.hset("session:1", "cart", "lamp").unwrap();
    let () = con.pexpire("session:1", 1).unwrap();
    let ended = || untyped(&server, &["XRANGE", "sessions:expired", "-", "+"]);
    eventually("the session has expired", || !ended().is_empty());
    let ended = ended();
    for pair in ["key\nsession:1", "user\nada", "cart\nlamp"] {
        assert!(ended.contains(pair), "{ended}");
    }
    assert!(!con.exists::<_, bool>("last:session:1").unwrap());

    let () = con.hset("session:2", "user", "bob").unwrap();
    assert!(con.exists::<_, bool>("last:session:2").unwrap());
    let () = con.del("session:2").unwrap();
    assert!(!con.exists::<_, bool>("last:session:2").unwrap());
    assert_eq!(untyped(&server, &["XLEN", "sessions:expired"]), "1");
}
