//! The names that the Python of a gear can use: the client, the log, atomic blocks, `import redgrease`.
#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::anywhere::{self, shards, started_anywhere};
use redgrease::prelude::*;

#[gear_command]
fn through_cmd(key: &str, raw: &[u8]) -> Vec<String> {
    python! {
        seen = []
        seen.append(repr(cmd.set(key, raw)))
        seen.append(repr(cmd.get(key)))
        seen.append(repr(cmd.exists(key, "absent:{" + key + "}")))
        seen.append(repr(cmd.incr("counter:{" + key + "}", 5)))
        seen.append(repr(cmd.hset("hash:{" + key + "}", mapping={"a": 1, "b": 1.5})))
        seen.append(repr(sorted(cmd.hgetall("hash:{" + key + "}").items())))
        seen.append(repr(cmd.rpush("list:{" + key + "}", b"x", "y")))
        seen.append(repr(cmd.lrange("list:{" + key + "}", 0, -1)))
        seen.append(repr(cmd.sadd("set:{" + key + "}", "m")))
        seen.append(repr(cmd.smembers("set:{" + key + "}")))
        seen.append(repr(cmd.zadd("zset:{" + key + "}", {"m": 1.5})))
        seen.append(repr(cmd.zrange("zset:{" + key + "}", 0, -1, withscores=True)))
        seen.append(repr(cmd.get("absent:{" + key + "}")))
        seen.append(repr(cmd.expire(key, 100)))
        seen.append(repr(cmd.type(key)))
        seen.append(repr(sorted(cmd.scan_iter(match="counter:*"))))
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
                cmd.set("text:{" + hashtag() + "}", "x")
                cmd.lpush("text:{" + hashtag() + "}", 1)
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
    let (_server, mut con) = started_anywhere();
    assert_eq!(
        through_cmd::call("key", b"\xff\x00")
            .on_key("key")
            .on(&mut con)
            .unwrap(),
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
            "[b'counter:{key}']",
            "{'maxmemory': '0'}",
        ]
    );
}

#[test]
fn the_client_refuses_what_a_gear_must_not_do() {
    let (_server, mut con) = started_anywhere();
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
    let (server, mut con) = started_anywhere();
    let tag = logs(&mut con, "first\nline", b"\xfe raw").unwrap();
    if shards() == 1 {
        assert_eq!(tag, "{06S}");
    }
    let log = anywhere::logs(&server);
    assert!(log.contains("GEARS: {'number': 17}"), "{log}");
    assert!(log.contains(r"\xfe raw"), "{log}");
}

#[test]
fn a_block_can_be_atomic() {
    let (_server, mut con) = started_anywhere();
    assert_eq!(
        transfer::call("{a}", "{a}b", 5)
            .on_key("{a}")
            .on(&mut con)
            .unwrap(),
        (-5, 5)
    );
}

#[test]
fn redgrease_can_be_imported() {
    let (_server, mut con) = started_anywhere();
    assert_eq!(
        imports::call("key").on_key("key").on(&mut con).unwrap(),
        b"\xff"
    );
}
