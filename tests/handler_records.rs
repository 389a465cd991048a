//! What handlers of keys and messages get: the tables of docs/python-in-rust.md.
#![cfg(all(feature = "macros", feature = "embedded"))]
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::{eventually, with_gears};
use redgrease::prelude::*;
use redis::Commands;
use std::collections::HashMap;

#[gear_keys("seen:*", mode = "sync")]
fn seen(record: KeyRecord) {
    python! { cmd.rpush("told", repr(dict(record))) }
}

#[gear_keys("unread:*", read_value = false, mode = "sync")]
fn unread(record: KeyRecord) {
    python! { cmd.rpush("told", repr((record.type, record.value))) }
}

#[gear_keys("numbers:*", mode = "sync")]
fn numbers(record: KeyRecord<HashMap<String, i64>>) {
    python! { cmd.rpush("told", repr((record.key, record.value))) }
}

#[gear_stream("single", mode = "sync")]
fn single(message: StreamRecord<HashMap<String, i64>>) {
    python! { cmd.rpush("told", repr(dict(message))) }
}

#[gear_stream("many", batch = 2)]
fn many(messages: Vec<StreamRecord>) {
    python! {
        cmd.rpush("told", repr([(one.key, one.ms, one.seq, one.value) for one in messages]))
    }
}

/// What the handlers have told, when there is as much as expected.
fn told(con: &mut redgrease::Con, count: usize) -> Vec<String> {
    eventually("the handlers have run", || {
        con.llen::<_, usize>("told").unwrap() >= count
    });
    con.lrange("told", 0, -1).unwrap()
}

#[test]
fn a_record_of_a_key_has_these_fields() {
    let (_server, mut con) = with_gears(&[seen::GEAR, unread::GEAR, numbers::GEAR]);
    let () = con.set("seen:a", "text").unwrap();
    let () = con.set("seen:b", b"\xff").unwrap();
    let () = con.rpush("seen:c", "item").unwrap();
    let () = con.hset("seen:d", "field", "value").unwrap();
    let () = con.zadd("seen:e", "member", 1).unwrap();
    let () = con.sadd("seen:f", "member").unwrap();
    let () = con.del("seen:a").unwrap();
    let () = con.set(b"seen:\xff", "text").unwrap();
    let () = con.set("unread:a", "text").unwrap();
    let () = con.hset("numbers:a", "one", 1).unwrap();
    let expected = [
        "{'key': 'seen:a', 'event': 'set', 'type': 'string', 'value': 'text'}",
        "{'key': 'seen:b', 'event': 'set', 'type': 'string', 'value': bytearray(b'\\xff')}",
        "{'key': 'seen:c', 'event': 'rpush', 'type': 'list', 'value': ['item']}",
        "{'key': 'seen:d', 'event': 'hset', 'type': 'hash', 'value': {'field': 'value'}}",
        "{'key': 'seen:e', 'event': 'zadd', 'type': 'zset', 'value': None}",
        "{'key': 'seen:f', 'event': 'sadd', 'type': 'set', 'value': None}",
        "{'key': 'seen:a', 'event': 'del', 'type': 'empty', 'value': None}",
        "{'key': b'seen:\\xff', 'event': 'set', 'type': 'string', 'value': 'text'}",
        "(None, None)",
        "('numbers:a', {'one': 1})",
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
    let (_server, mut con) = with_gears(&[single::GEAR, many::GEAR]);
    add(&mut con, "single", "7-1", 5);
    let first = "{'key': 'single', 'id': '7-1', 'ms': 7, 'seq': 1, 'value': {'amount': 5}}";
    assert_eq!(told(&mut con, 1), [first]);
    add(&mut con, "many", "8-0", 5);
    add(&mut con, "many", "9-0", 6);
    let batch = "[('many', 8, 0, {'amount': '5'}), ('many', 9, 0, {'amount': '6'})]";
    assert_eq!(told(&mut con, 2), [first, batch]);
}
