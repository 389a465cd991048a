//! `#[gear_keys]`: functions that react to changes of keys. `{k}` keeps keys and what is written about them on one shard.
#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::anywhere::anywhere_with;
use common::{eventually, untyped, with_gears};
use redgrease::prelude::*;
use redgrease::{Options, start_with};
use std::collections::HashMap;

/// Writes each event to a list.
#[gear_keys(prefix = "seen:*")]
fn untyped_events(record: KeyRecord) {
    python! {
        same = record["key"] == record.key and record.get("event") == record.event
        cmd.rpush("log{k}", f "{record.event} {record.key} {record.type} {record.value} {same}")
    }
}

#[gear_keys(prefix = "person:*", events = ["hset"], key_types = ["hash"], mode = "sync")]
fn adults(record: KeyRecord<HashMap<String, i64>>) {
    python! {
        if record.value["age"] >= 18:
            execute("SADD", "adults{k}", record.key)
    }
}

#[gear_keys(prefix = "raw:*", events = ["set"], mode = "sync")]
fn raw(record: KeyRecord<Vec<u8>>) {
    python! { execute("SET", "last-raw{k}", repr(record.value)) }
}

#[gear_keys(prefix = "json{k}", events = ["set"], mode = "sync")]
fn json(record: KeyRecord<Json<Vec<i64>>>) {
    python! { execute("SET", "sum{k}", sum(record.value)) }
}

#[gear_keys(prefix = "list{k}", events = ["rpush"], mode = "sync")]
fn list(record: KeyRecord<Vec<f64>>) {
    python! { execute("SET", "average{k}", sum(record.value) / len(record.value)) }
}

#[gear_keys(
    prefix = "bare:*",
    read_value = false,
    mode = "sync",
    description = "no values"
)]
fn bare(record: KeyRecord) {
    python! { execute("SET", "bare-value{k}", repr((record.value, record.type))) }
}

#[gear_keys(prefix = "waits{k}", events = ["set"])]
fn waits(record: KeyRecord<i64>) {
    python! {
        import asyncio
        await asyncio.sleep(0)
        cmd.incrby("waited{k}", record.value)
    }
}

#[gear_keys(prefix = "asked", commands = ["GET"], mode = "sync", events = ["keymiss"])]
fn filled(record: KeyRecord) {
    python! { override_reply("filled " + record.key) }
}

#[gear_keys(prefix = "inner:*", events = ["set"], mode = "sync")]
fn inner(record: KeyRecord) {
    python! {
        with atomic():
            execute("RPUSH", "handled", record.key)
    }
}

#[gear_command]
fn outer() -> bool {
    python! {
        with atomic():
            execute("SET", "inner:1", "x")
            execute("SET", "inner:2", "x")
            return isInAtomicBlock()
    }
}

#[test]
fn a_function_receives_event_key_type_and_value() {
    let (server, _con) = anywhere_with(gears![untyped_events]);
    untyped(&server, &["SET", "seen:{k}a", "x"]);
    untyped(&server, &["HSET", "seen:{k}h", "field", "1"]);
    let log = || untyped(&server, &["LRANGE", "log{k}", "0", "-1"]);
    eventually("two events", || log().lines().count() == 2);
    assert_eq!(
        log(),
        "set seen:{k}a string x True\nhset seen:{k}h hash {'field': '1'} True"
    );
    untyped(&server, &["DEL", "seen:{k}a"]);
    eventually("the third event", || {
        log().ends_with("del seen:{k}a empty None True")
    });
    untyped(&server, &["SET", "other", "x"]);
    assert_eq!(log().lines().count(), 3);
}

#[test]
fn values_are_converted_to_the_declared_types() {
    let (server, _con) = anywhere_with(gears![adults, raw, json, list]);
    untyped(&server, &["HSET", "person:{k}1", "age", "17"]);
    untyped(&server, &["HSET", "person:{k}2", "age", "70"]);
    assert_eq!(untyped(&server, &["SMEMBERS", "adults{k}"]), "person:{k}2");
    untyped(&server, &["SET", "raw:{k}1", "text"]);
    assert_eq!(untyped(&server, &["GET", "last-raw{k}"]), "b'text'");
    untyped(&server, &["SET", "json{k}", "[1, 2, 3]"]);
    assert_eq!(untyped(&server, &["GET", "sum{k}"]), "6");
    untyped(&server, &["RPUSH", "list{k}", "1", "2.5"]);
    assert_eq!(untyped(&server, &["GET", "average{k}"]), "1.75");
}

#[test]
fn a_value_of_the_wrong_type_is_an_error_with_its_key() {
    let (server, mut con) = with_gears(gears![adults]);
    untyped(&server, &["HSET", "person:{k}1", "age", "old"]);
    let error = con.dump_registrations().unwrap()[0]
        .last_exception()
        .unwrap();
    assert_eq!(
        error.message,
        "argument `record`: the value of key 'person:{k}1': str 'old' is not an integer"
    );
    assert!(error.to_string().contains("keys_gears.rs"), "{error}");
}

#[test]
fn values_can_be_left_out() {
    let (server, mut con) = anywhere_with(gears![bare]);
    untyped(&server, &["SET", "bare:{k}1", "x"]);
    assert_eq!(untyped(&server, &["GET", "bare-value{k}"]), "(None, None)");
    let row = con.dump_registrations().unwrap().remove(0);
    assert_eq!(row.reader, "KeysReader");
    assert_eq!(row.description.as_deref(), Some("no values"));
}

#[test]
fn the_reply_of_a_command_can_be_replaced() {
    let (server, _con) = anywhere_with(gears![filled]);
    assert_eq!(untyped(&server, &["GET", "asked"]), "filled asked");
}

#[test]
fn a_write_inside_an_atomic_block_is_handled() {
    let (server, mut con) = with_gears(gears![inner, outer]);
    for count in [2, 4] {
        assert!(outer(&mut con).unwrap());
        assert_eq!(untyped(&server, &["LLEN", "handled"]), count.to_string());
    }
}

#[test]
fn a_body_can_await() {
    let (server, _con) = anywhere_with(gears![waits]);
    untyped(&server, &["SET", "waits{k}", "5"]);
    eventually("the coroutine has ended", || {
        untyped(&server, &["GET", "waited{k}"]) == "5"
    });
}

#[test]
fn only_changed_gears_are_registered_again() {
    let gears = gears![adults, raw];
    let (server, _con) = anywhere_with(gears);
    let again = |gears: &[&'static redgrease::Gear]| {
        start_with(server.url(), &Options::new().gears(gears))
            .unwrap()
            .1
    };
    let report = again(gears);
    assert_eq!(report.unchanged().collect::<Vec<_>>(), ["adults", "raw"]);
    assert!(!report.is_changed());
    let report = again(gears![raw, json]);
    assert_eq!(report.registered().collect::<Vec<_>>(), ["json"]);
    assert_eq!(report.removed().collect::<Vec<_>>(), ["adults"]);
    assert_eq!(report.unchanged().collect::<Vec<_>>(), ["raw"]);
    untyped(&server, &["HSET", "person:{k}2", "age", "70"]);
    assert_eq!(untyped(&server, &["SMEMBERS", "adults{k}"]), "");
}
