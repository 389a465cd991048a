use crate::common::{eventually, untyped, with_gears};
use redgrease_embedded::Server;
use redis::Commands;

// recipe
use redgrease::prelude::*;

/// Keeps a copy of each session, and writes it to a stream when the session has expired.
#[gear_keys(prefix = "session:*", read_value = false, mode = "sync")]
pub fn keep_last_value(record: KeyRecord) {
    python! {
        copy = "last:" + record.key
        if record.event in ("expired", "evicted"):
            kind = cmd.type(copy)
            value = {}
            if kind == b"hash":
                value = cmd.hgetall(copy)
            elif kind == b"string":
                value = {b"value": cmd.get(copy)}
            cmd.xadd("sessions:expired", {**value, b"key": record.key})
        # A command that writes to a key may be the one that finds it expired. Then the session is there again.
        if cmd.type(record.key) in (b"hash", b"string"):
            cmd.copy(record.key, copy, replace=True)
            # A copy that is left behind, because the gear was not registered or failed, goes after a day.
            cmd.pexpire(copy, max(cmd.pttl(record.key), 0) + 24 * 3600 * 1000)
        else:
            # Expired, deleted, renamed, or of another type.
            cmd.unlink(copy)
    }
}
// end of the recipe

fn gears() -> [&'static redgrease::Gear; 1] {
    [keep_last_value::GEAR]
}

/// The entries of the stream, when there is one.
fn ended(server: &Server) -> String {
    let ended = || untyped(server, &["XRANGE", "sessions:expired", "-", "+"]);
    eventually("the session has expired", || !ended().is_empty());
    ended()
}

#[test]
fn an_expired_session_leaves_its_value() {
    let (server, mut con) = with_gears(&gears());
    let () = con.hset("session:1", "user", "ada").unwrap();
    let () = con.hset("session:1", "cart", "lamp").unwrap();
    let () = con.pexpire("session:1", 1).unwrap();
    let ended = ended(&server);
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

#[test]
fn a_text_leaves_its_value_too() {
    let (server, mut con) = with_gears(&gears());
    let () = con.set("session:1", "ada").unwrap();
    let () = con.append("session:1", ", lamp").unwrap();
    let () = con.pexpire("session:1", 1).unwrap();
    let ended = ended(&server);
    for pair in ["key\nsession:1", "value\nada, lamp"] {
        assert!(ended.contains(pair), "{ended}");
    }
}

#[test]
fn a_value_goes_with_the_name_of_its_session() {
    let (server, mut con) = with_gears(&gears());
    let () = con.hset("session:1", "user", "ada").unwrap();
    let () = con.rename("session:1", "session:2").unwrap();
    assert!(!con.exists::<_, bool>("last:session:1").unwrap());
    let () = con.pexpire("session:2", 1).unwrap();
    let ended = ended(&server);
    for pair in ["key\nsession:2", "user\nada"] {
        assert!(ended.contains(pair), "{ended}");
    }
    assert!(!con.exists::<_, bool>("last:session:2").unwrap());

    let () = con.hset("session:3", "user", "bob").unwrap();
    let () = con.rename("session:3", "elsewhere").unwrap();
    assert!(!con.exists::<_, bool>("last:session:3").unwrap());
}

#[test]
fn no_copy_lives_for_ever() {
    let (_server, mut con) = with_gears(&gears());
    let () = con.hset("session:1", "user", "ada").unwrap();
    let alone: i64 = con.ttl("last:session:1").unwrap();
    assert!((1..=24 * 3600).contains(&alone), "{alone}");
    let () = con.expire("session:1", 1000).unwrap();
    let longer: i64 = con.ttl("last:session:1").unwrap();
    assert!((24 * 3600..=25 * 3600).contains(&longer), "{longer}");
}

#[test]
fn a_session_of_another_type_has_no_copy() {
    let (server, mut con) = with_gears(&gears());
    let () = con.hset("session:1", "user", "ada").unwrap();
    let () = con.rpush("list", "lamp").unwrap();
    let () = con.rename("list", "session:1").unwrap();
    assert!(!con.exists::<_, bool>("last:session:1").unwrap());
    let () = con.pexpire("session:1", 1).unwrap();
    let ended = ended(&server);
    assert!(ended.ends_with("key\nsession:1"), "{ended}");
}

#[test]
fn a_session_that_begins_again_leaves_the_value_before() {
    let (server, mut con) = with_gears(&gears());
    // The server hardly searches for expired keys, so the write below finds one.
    assert_eq!(untyped(&server, &["CONFIG", "SET", "hz", "1"]), "OK");
    let () = con.hset("session:1", "user", "ada").unwrap();
    let () = con.pexpire("session:1", 1).unwrap();
    let (seconds, micros): (i64, i64) = redis::cmd("TIME").query(&mut con).unwrap();
    eventually("the session has expired", || {
        let now: (i64, i64) = redis::cmd("TIME").query(&mut con).unwrap();
        (now.0 - seconds) * 1_000_000 + now.1 - micros > 2000
    });
    let () = con.set("session:1", "bob").unwrap();
    let ended = ended(&server);
    for pair in ["key\nsession:1", "user\nada"] {
        assert!(ended.contains(pair), "{ended}");
    }
    let copy: String = con.get("last:session:1").unwrap();
    assert_eq!(copy, "bob");
}
