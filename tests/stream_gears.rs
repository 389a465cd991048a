//! `#[gear_stream]`: functions that read streams.
#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::anywhere::anywhere_with;
use common::{eventually, untyped};
use redgrease::prelude::*;
use std::collections::HashMap;

#[gear_stream("single")]
fn single(entry: StreamRecord) {
    python! {
        cmd.rpush("log:{single}", f "{entry.key} {entry.ms}-{entry.seq}=={entry.id} {entry.value}")
    }
}

#[gear_stream("measured", batch = 3, duration = "200ms")]
fn add_up(entries: Vec<StreamRecord<HashMap<String, f64>>>) {
    python! {
        cmd.rpush("sums:{measured}", str(sum(entry.value["amount"] for entry in entries)))
    }
}

#[gear_stream("kept:*", trim = false, mode = "sync")]
fn kept(entry: StreamRecord<HashMap<String, Vec<u8>>>) {
    python! { execute("HSET", "last:{" + entry.key + "}", "value", repr(entry.value)) }
}

#[gear_stream("stops", on_failed = "abort")]
fn stops(entry: StreamRecord<HashMap<String, i64>>) {
    python! { execute("INCRBY", "stops-sum:{stops}", entry.value["n"]) }
}

#[gear_stream("again", on_failed = "retry", retry_interval = "1s")]
fn again(entry: StreamRecord) {
    python! {
        if execute("INCR", "tries:{again}") < 2:
            raise ValueError("not yet")
    }
}

#[gear_stream(
    "poisoned",
    batch = 3,
    on_failed = "retry",
    max_retries = 1,
    backoff = 1.5,
    max_interval = "2s",
    dead_letter = "dead"
)]
fn numbers(entries: Vec<StreamRecord<HashMap<String, i64>>>) {
    python! {
        for entry in entries:
            cmd.rpush("numbers:{poisoned}", entry.value["n"])
    }
}

/// Reads the dead letters of the gear above.
#[gear_stream("dead", trim = false)]
fn dead(letter: StreamRecord) {
    python! { cmd.rpush("letters:{dead}", letter.value["redgrease:error"]) }
}

#[test]
fn each_entry_is_a_record() {
    let (server, _con) = anywhere_with(gears![single]);
    untyped(&server, &["XADD", "single", "5-1", "a", "1"]);
    untyped(&server, &["XADD", "single", "5-2", "b", "2"]);
    let log = || untyped(&server, &["LRANGE", "log:{single}", "0", "-1"]);
    eventually("two entries", || log().lines().count() == 2);
    assert_eq!(
        log(),
        "single 5-1==5-1 {'a': '1'}\nsingle 5-2==5-2 {'b': '2'}"
    );
    eventually("the stream is trimmed", || {
        untyped(&server, &["XLEN", "single"]) == "0"
    });
}

#[test]
fn a_batch_is_a_list_of_records() {
    let (server, mut con) = anywhere_with(gears![add_up]);
    // In one transaction: on a slow machine a duration may be over between two commands.
    let mut together = redis::pipe();
    together.atomic();
    for amount in ["1", "2.5", "3"] {
        let add = together.cmd("XADD").arg("measured").arg("*");
        add.arg("amount").arg(amount).ignore();
    }
    together.exec(&mut con).unwrap();
    let sums = || untyped(&server, &["LRANGE", "sums:{measured}", "0", "-1"]);
    eventually("a batch", || sums() == "6.5");
    untyped(&server, &["XADD", "measured", "*", "amount", "4"]);
    eventually("an incomplete batch, after its time", || {
        sums() == "6.5\n4.0"
    });
}

#[test]
fn entries_stay_in_the_stream_without_trim() {
    let (server, mut con) = anywhere_with(gears![kept]);
    untyped(&server, &["XADD", "kept:1", "*", "name", "x"]);
    eventually("an entry", || {
        untyped(&server, &["HGET", "last:{kept:1}", "value"]) == "{'name': b'x'}"
    });
    assert_eq!(untyped(&server, &["XLEN", "kept:1"]), "1");
    assert_eq!(con.dump_registrations().unwrap()[0].reader, "StreamReader");
}

#[test]
fn a_failure_stops_or_is_retried() {
    let (server, mut con) = anywhere_with(gears![stops, again]);
    untyped(&server, &["XADD", "stops", "*", "n", "5"]);
    untyped(&server, &["XADD", "stops", "*", "n", "five"]);
    eventually("it stops", || {
        con.dump_registrations_cluster()
            .unwrap()
            .iter()
            .any(|r| r.status.as_deref() == Some("ABORTED"))
    });
    assert_eq!(untyped(&server, &["GET", "stops-sum:{stops}"]), "5");
    let rows = con.dump_registrations_cluster().unwrap();
    let error = rows.iter().find_map(|r| r.last_error.clone()).unwrap();
    assert!(error.contains("str 'five' is not an integer"), "{error}");
    untyped(&server, &["XADD", "again", "*", "n", "1"]);
    eventually("it is tried again", || {
        untyped(&server, &["GET", "tries:{again}"]) == "2"
    });
}

#[test]
fn entries_that_fail_alone_go_to_the_dead_letters() {
    let (server, mut con) = anywhere_with(gears![numbers, dead]);
    let mut together = redis::pipe();
    together.atomic();
    for number in ["1", "two", "3"] {
        let add = together.cmd("XADD").arg("poisoned").arg("*");
        add.arg("n").arg(number).ignore();
    }
    together.exec(&mut con).unwrap();
    let letters = || untyped(&server, &["LRANGE", "letters:{dead}", "0", "-1"]);
    eventually("a dead letter", || !letters().is_empty());
    assert!(
        letters().contains("str 'two' is not an integer"),
        "{}",
        letters()
    );
    eventually("the others are handled", || {
        untyped(&server, &["LRANGE", "numbers:{poisoned}", "0", "-1"]) == "1\n3"
    });
    let letter = untyped(&server, &["XRANGE", "dead", "-", "+"]);
    let rows: Vec<String> = letter.lines().map(str::to_owned).collect();
    for (name, value) in [
        ("n", "two"),
        ("redgrease:stream", "poisoned"),
        ("redgrease:tries", "2"),
        ("redgrease:gear", "numbers"),
    ] {
        assert_eq!(common::field(&rows, name), value, "{name}");
    }
    assert!(
        letter.contains("stream_gears.rs"),
        "the place in the Rust source: {letter}"
    );
    eventually("the dead letter was handled and stays", || {
        untyped(&server, &["XPENDING", "dead", "__gears_consumer_group__"]).starts_with('0')
    });
    assert_eq!(untyped(&server, &["XLEN", "dead"]), "1");
    assert_eq!(con.dump_registrations().unwrap().len(), 2);
}
