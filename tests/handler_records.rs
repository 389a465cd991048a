//! What handlers of keys and messages get: the tables of book/src/python-in-rust.md.
#![cfg(all(feature = "macros", feature = "embedded"))]
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::anywhere::anywhere_with;
use common::eventually;
use redgrease::prelude::*;
use redis::Commands;
use std::collections::HashMap;

#[gear_keys("{t}seen:*", mode = "sync")]
fn seen(record: KeyRecord) {
    python! { cmd.rpush("told:{t}", repr(dict(record))) }
}

#[gear_keys("{t}unread:*", read_value = false, mode = "sync")]
fn unread(record: KeyRecord) {
    python! { cmd.rpush("told:{t}", repr((record.type, record.value))) }
}

#[gear_keys("{t}numbers:*", mode = "sync")]
fn numbers(record: KeyRecord<HashMap<String, i64>>) {
    python! { cmd.rpush("told:{t}", repr((record.key, record.value))) }
}

#[gear_stream("{t}single", mode = "sync")]
fn single(message: StreamRecord<HashMap<String, i64>>) {
    python! { cmd.rpush("told:{t}", repr(dict(message))) }
}

#[gear_stream("{t}many", batch = 2)]
fn many(messages: Vec<StreamRecord>) {
    python! {
        cmd.rpush("told:{t}", repr([(one.key, one.ms, one.seq, one.value) for one in messages]))
    }
}

/// What the handlers have told, when there is as much as expected.
fn told(con: &mut redgrease::Con, count: usize) -> Vec<String> {
    eventually("the handlers have run", || {
        con.llen::<_, usize>("told:{t}").unwrap() >= count
    });
    con.lrange("told:{t}", 0, -1).unwrap()
}

#[test]
fn a_record_of_a_key_has_these_fields() {
    let (_server, mut con) = anywhere_with(&[seen::GEAR, unread::GEAR, numbers::GEAR]);
    let () = con.set("{t}seen:a", "text").unwrap();
    let () = con.set("{t}seen:b", b"\xff").unwrap();
    let () = con.rpush("{t}seen:c", "item").unwrap();
    let () = con.hset("{t}seen:d", "field", "value").unwrap();
    let () = con.zadd("{t}seen:e", "member", 1).unwrap();
    let () = con.sadd("{t}seen:f", "member").unwrap();
    let () = con.del("{t}seen:a").unwrap();
    let () = con.set(b"{t}seen:\xff", "text").unwrap();
    let () = con.set("{t}unread:a", "text").unwrap();
    let () = con.hset("{t}numbers:a", "one", 1).unwrap();
    let expected = [
        "{'key': '{t}seen:a', 'event': 'set', 'type': 'string', 'value': 'text'}",
        "{'key': '{t}seen:b', 'event': 'set', 'type': 'string', 'value': bytearray(b'\\xff')}",
        "{'key': '{t}seen:c', 'event': 'rpush', 'type': 'list', 'value': ['item']}",
        "{'key': '{t}seen:d', 'event': 'hset', 'type': 'hash', 'value': {'field': 'value'}}",
        "{'key': '{t}seen:e', 'event': 'zadd', 'type': 'zset', 'value': None}",
        "{'key': '{t}seen:f', 'event': 'sadd', 'type': 'set', 'value': None}",
        "{'key': '{t}seen:a', 'event': 'del', 'type': 'empty', 'value': None}",
        "{'key': b'{t}seen:\\xff', 'event': 'set', 'type': 'string', 'value': 'text'}",
        "(None, None)",
        "('{t}numbers:a', {'one': 1})",
    ];
    assert_eq!(told(&mut con, expected.len()), expected);
}

fn add(con: &mut redgrease::Con, stream: &str, id: &str, amount: i64) {
    let mut xadd = redis::cmd("XADD");
    xadd.arg(stream).arg(id).arg("amount").arg(amount);
    xadd.exec(con).unwrap();
}

#[test]
fn a_record_of_a_message_has_these_fields() {
    let (_server, mut con) = anywhere_with(&[single::GEAR, many::GEAR]);
    add(&mut con, "{t}single", "7-1", 5);
    let first = "{'key': '{t}single', 'id': '7-1', 'ms': 7, 'seq': 1, 'value': {'amount': 5}}";
    assert_eq!(told(&mut con, 1), [first]);
    add(&mut con, "{t}many", "8-0", 5);
    add(&mut con, "{t}many", "9-0", 6);
    let batch = "[('{t}many', 8, 0, {'amount': '5'}), ('{t}many', 9, 0, {'amount': '6'})]";
    assert_eq!(told(&mut con, 2), [first, batch]);
}
