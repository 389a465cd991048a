//! The names that the Python of a gear can use: the client, the log, atomic blocks, `import redgrease`.
#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::started;
use redgrease::prelude::*;

#[gear_command]
fn through_cmd(key: &str, raw: &[u8]) -> Vec<String> {
    python! {
        seen = []
        seen.append(repr(cmd.set(key, raw)))
        seen.append(repr(cmd.get(key)))
        seen.append(repr(cmd.exists(key, "absent")))
        seen.append(repr(cmd.incr("counter", 5)))
        seen.append(repr(cmd.hset("hash", mapping={"a": 1, "b": 1.5})))
        seen.append(repr(sorted(cmd.hgetall("hash").items())))
        seen.append(repr(cmd.rpush("list", b"x", "y")))
        seen.append(repr(cmd.lrange("list", 0, -1)))
        seen.append(repr(cmd.sadd("set", "m")))
        seen.append(repr(cmd.smembers("set")))
        seen.append(repr(cmd.zadd("zset", {"m": 1.5})))
        seen.append(repr(cmd.zrange("zset", 0, -1, withscores=True)))
        seen.append(repr(cmd.get("absent")))
        seen.append(repr(cmd.expire(key, 100)))
        seen.append(repr(cmd.type(key)))
        seen.append(repr(sorted(cmd.scan_iter(match="counter"))))
        seen.append(repr(cmd.config_get("maxmemory")))
        return seen
    }
}

#[gear_command(allow = ["refused-method", "unknown-command"])]
fn refused_by_cmd(method: &str) -> String {
    python! {
        try:
            if method == "blpop":
                getattr(cmd, "blpop")("x", 1)
            elif method == "pipeline":
                cmd.pipeline()
            elif method == "pubsub":
                cmd.pubsub()
            elif method == "lock":
                cmd.lock("x")
            elif method == "xread":
                cmd.xread({"s": "0"}, **{"block": 10})
            elif method == "wrongtype":
                cmd.set("text", "x")
                cmd.lpush("text", 1)
            elif method == "unknown":
                cmd.execute_command("NOSUCH", 1)
            elif method == "noscript":
                cmd.evalsha("0" * 40, 0)
            return "allowed"
        except Exception as error:
            return type(error).__name__ + ": " + str(error)
    }
}

#[gear_command]
fn logs(text: &str, raw: &[u8]) -> String {
    python! {
        log(text)
        log({"number": 17})
        log(raw, "warning")
        log(None, level="debug")
        return hashtag3()
    }
}

#[gear_command]
fn imports(key: &str) -> Vec<u8> {
    python! {
        import redgrease
        from redgrease import cmd as client, log as note
        note("imported")
        client.set(key, b"\xff")
        return redgrease.cmd.get(key)
    }
}

#[gear_command]
fn transfer(source: &str, target: &str, amount: i64) -> (i64, i64) {
    python! {
        with atomic():
            return execute("decrby", source, amount), execute("incrby", target, amount)
    }
}

#[test]
fn the_client_answers_as_redis_py_does() {
    let (_server, mut con) = started();
    assert_eq!(
        through_cmd(&mut con, "key", b"\xff\x00").unwrap(),
        [
            "True",
            r"b'\xff\x00'",
            "1",
            "5",
            "2",
            "[(b'a', b'1'), (b'b', b'1.5')]",
            "2",
            "[b'x', b'y']",
            "1",
            "{b'm'}",
            "1",
            "[(b'm', 1.5)]",
            "None",
            "True",
            "b'string'",
            "[b'counter']",
            "{'maxmemory': '0'}",
        ]
    );
}

#[test]
fn the_client_refuses_what_a_gear_must_not_do() {
    let (_server, mut con) = started();
    let mut says = |what: &str, text: &str| {
        let said = refused_by_cmd(&mut con, what).unwrap();
        assert!(said.contains(text), "{what}: {said}");
    };
    says("blpop", "NotImplementedError: BLPOP waits");
    says(
        "pipeline",
        "NotImplementedError: `cmd.pipeline` is not for gears",
    );
    says("pubsub", "NotImplementedError: `cmd.pubsub`");
    says("lock", "inside `with atomic():`");
    says("xread", "XREAD must not wait");
    says(
        "wrongtype",
        "ResponseError: WRONGTYPE Operation against a key",
    );
    // Redis 6.2 writes other quotation marks around the name.
    says("unknown", "ResponseError: unknown command");
    says("noscript", "NoScriptError: No matching script");
}

#[test]
fn anything_can_be_logged() {
    let (server, mut con) = started();
    assert_eq!(logs(&mut con, "first\nline", b"\xfe raw").unwrap(), "{06S}");
    let log = std::fs::read_to_string(server.log_path()).unwrap();
    assert!(log.contains("GEARS: {'number': 17}"), "{log}");
    assert!(log.contains(r"\xfe raw"), "{log}");
}

#[test]
fn a_block_can_be_atomic() {
    let (_server, mut con) = started();
    assert_eq!(transfer(&mut con, "a", "b", 5).unwrap(), (-5, 5));
}

#[test]
fn redgrease_can_be_imported() {
    let (_server, mut con) = started();
    assert_eq!(imports(&mut con, "key").unwrap(), b"\xff");
}
