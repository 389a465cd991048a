//! Values that a method of `cmd` cannot send, and what cannot be awaited.

use super::{clean, findings, one};

#[test]
fn dictionaries() {
    for (call, expected) in [
        (
            "cmd.hset(url, {\"a\": 1})",
            "\"{\\\"a\\\": 1}\" -> `cmd.hset` takes a dictionary as `mapping`: write `cmd.hset(name, mapping=..)`",
        ),
        (
            "cmd.hset(url, {\"a\": 1}, 5)",
            "\"{\\\"a\\\": 1}\" -> `cmd.hset` cannot send a dictionary as `key`: write `json.dumps(..)`",
        ),
        (
            "cmd.hset(url, \"a\", 1, \"b\", 2)",
            "\"\\\"b\\\"\" -> `cmd.hset` takes a dictionary as `mapping`, not text or a number: write `cmd.hset(name, \"field\", 1)` or `cmd.hset(name, mapping={\"field\": 1})`",
        ),
        (
            "cmd.hset(url, \"f\")",
            "\"\\\"f\\\"\" -> `cmd.hset` is called without `value`: write `cmd.hset(name, \"field\", 1)` or `cmd.hset(name, mapping={\"field\": 1})`",
        ),
        (
            "cmd.zadd(url, \"a\", 1)",
            "\"\\\"a\\\"\" -> `cmd.zadd` takes a dictionary as `mapping`, not text or a number: write `cmd.zadd(name, {\"member\": 1})`",
        ),
        (
            "cmd.zadd(url, 1, \"a\")",
            "\"1\" -> `cmd.zadd` takes a dictionary as `mapping`, not text or a number: write `cmd.zadd(name, {\"member\": 1})`",
        ),
        (
            "cmd.zadd(url, url, 1)",
            "\"url\" -> `cmd.zadd` takes a dictionary of members and scores: write `cmd.zadd(name, {\"member\": 1})`",
        ),
        (
            "cmd.xadd(\"s\", \"*\", {\"f\": url})",
            "\"\\\"*\\\"\" -> `cmd.xadd` takes a dictionary as `fields`, not text or a number: write `cmd.xadd(name, {\"field\": 1})`",
        ),
        (
            "cmd.mset(\"a\", 1)",
            "\"mset\" -> `cmd.mset` takes 1 argument, not 2: write `cmd.mset({\"name\": 1})`",
        ),
        (
            "cmd.msetnx([(\"a\", 1)])",
            "\"[(\\\"a\\\", 1)]\" -> `cmd.msetnx` takes a dictionary as `mapping`, not a list: write `cmd.msetnx({\"name\": 1})`",
        ),
        (
            "cmd.hset(url, mapping=\"f\")",
            "\"\\\"f\\\"\" -> `cmd.hset` takes a dictionary as `mapping`, not text or a number: write `cmd.hset(name, \"field\", 1)` or `cmd.hset(name, mapping={\"field\": 1})`",
        ),
        (
            "cmd.xread([url])",
            "\"[url]\" -> `cmd.xread` takes a dictionary as `streams`, not a list: write `cmd.xread({\"name\": \"0\"})`",
        ),
    ] {
        one(call, expected);
    }
}

#[test]
fn values_that_are_not_sent() {
    for (call, expected) in [
        (
            "cmd.set(url, {\"a\": 1})",
            "\"{\\\"a\\\": 1}\" -> `cmd.set` cannot send a dictionary as `value`: write `json.dumps(..)`",
        ),
        (
            "cmd.set(url, value=[n for n in url])",
            "\"[n for n in url]\" -> `cmd.set` cannot send a list as `value`: write `json.dumps(..)`",
        ),
        (
            "cmd.set(url, {1, 2})",
            "\"{1, 2}\" -> `cmd.set` cannot send a set as `value`: write `json.dumps(list(..))`",
        ),
        (
            "cmd.set(url, None)",
            "\"None\" -> `cmd.set` cannot send `None` as `value`: write text, bytes or a number, such as `\"\"` or `0`",
        ),
        (
            "cmd.set(None, url)",
            "\"None\" -> `cmd.set` cannot send `None` as `name`: write text, bytes or a number, such as `\"\"` or `0`",
        ),
        (
            "cmd.hset(url, \"f\", True)",
            "\"True\" -> `cmd.hset` cannot send a `bool` as `value`: write `1`",
        ),
        (
            "cmd.hset(url, \"f\", None)",
            "\"None\" -> `cmd.hset` cannot send `None` as `value`: write text, bytes or a number, such as `\"\"` or `0`",
        ),
        (
            "cmd.setex(url, 5, not url)",
            "\"not url\" -> `cmd.setex` cannot send a `bool` as `value`: write `int(..)`",
        ),
        (
            "cmd.publish(url, {\"a\": 1})",
            "\"{\\\"a\\\": 1}\" -> `cmd.publish` cannot send a dictionary as `message`: write `json.dumps(..)`",
        ),
        (
            "cmd.rpush(url, [1, 2])",
            "\"[1, 2]\" -> `cmd.rpush` cannot send a list: write `*` in front of it for the values in it, or `json.dumps(..)` for one text",
        ),
        (
            "cmd.sadd(url, False)",
            "\"False\" -> `cmd.sadd` cannot send a `bool`: write `0`",
        ),
        (
            "cmd.delete([url])",
            "\"[url]\" -> `cmd.delete` cannot send a list: write `*` in front of it for the values in it, or `json.dumps(..)` for one text",
        ),
        (
            "cmd.execute_command(\"SET\", url, None)",
            "\"None\" -> `cmd.execute_command` cannot send `None`: write text, bytes or a number, such as `\"\"` or `0`",
        ),
    ] {
        one(call, expected);
    }
}

#[test]
fn values_that_are_sent() {
    for fine in [
        "cmd.hset(url, None, None, {\"a\": 1})",
        "cmd.hset(url, url, None, mapping={\"a\": 1})",
        "cmd.hset(url, key=\"f\", value=1)",
        "cmd.hset(url, \"f\", value=1)",
        "cmd.hset(url, \"f\", *url)",
        "cmd.hset(url, mapping=None, items=[\"f\", 1])",
        "cmd.hset(url, *url)",
        "cmd.hset(url, \"f\", **{\"value\": 1})",
        "cmd.hset(url, mapping=url)",
        "cmd.mset({n: 1 for n in url})",
        "cmd.mset(dict(url))",
        "cmd.mset(url)",
        "cmd.zadd(url, {\"a\": 1}, True)",
        "cmd.zadd(url, url, nx=1)",
        "cmd.xadd(url, {\"f\": 1}, \"*\")",
        "cmd.xadd(url, url, id=\"*\")",
        "cmd.xread({url: \"0\"}, count=1)",
        "cmd.set(url, 1, ex=None, nx=False, get=True)",
        "cmd.set(url, b\"x\"), cmd.set(url, f\"{url}\"), cmd.set(url, -1.5), cmd.set(url, url or None)",
        "cmd.set(url, *[None])",
        "cmd.mget([url]), cmd.mget(url, \"b\"), cmd.mget((url,)), cmd.sdiff([url])",
        "cmd.rpush(url, *[1, 2]), cmd.delete(*[url]), cmd.sadd(url, 1, \"b\")",
        "cmd.hmget(url, [\"a\"]), cmd.smismember(url, [1]), cmd.scan(0, None)",
        "cmd.setbit(url, 1, True), cmd.lpop(url, None), cmd.xrange(url, count=None)",
        "execute(\"SET\", url, None)",
        "cmd = {}\ncmd.set(url, None)",
    ] {
        clean(fine);
    }
}

#[test]
fn the_server_is_not_awaited() {
    for (call, expected) in [
        (
            "await cmd.get(url)",
            "\"await cmd.get(url)\" -> `cmd.get` is not asynchronous: remove `await`",
        ),
        (
            "return [await execute(\"GET\", url)]",
            "\"await execute(\\\"GET\\\", url)\" -> `execute` is not asynchronous: remove `await`",
        ),
        (
            "await log(url)",
            "\"await log(url)\" -> `log` is not asynchronous: remove `await`",
        ),
        (
            "async with atomic():\n    cmd.get(url)",
            "\"atomic()\" -> `atomic` is not asynchronous: write `with atomic():`",
        ),
        (
            "async for k in cmd.scan_iter():\n    log(k)",
            "\"cmd.scan_iter()\" -> `cmd.scan_iter` is not asynchronous: write `for` without `async`",
        ),
    ] {
        one(call, expected);
    }
    assert_eq!(
        findings("async with open(url):\n    pass\nawait url\nasync for k in url:\n    pass"),
        [""; 0]
    );
    clean("cmd = url\nawait cmd.get(url)");
    clean("await cmd.get(url)  # redgrease: allow(not-asynchronous)");
}
