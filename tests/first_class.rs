//! Chains that share a common beginning: records are scheduled, processed from a stream, counted and
//! filtered.
#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::{eventually, untyped};
use redgrease::prelude::*;
use redgrease::{Any, Callback, Open, Options, start_with};
use redgrease_embedded::Server;
use std::collections::BTreeMap;

const PATTERN: &str = "record:*";

fn records() -> Open<KeysReader, Any> {
    KeysReader::new(PATTERN)
        .records()
        .filter(python!(lambda record: record.type == "hash"))
}

fn has_status(status: &str) -> Callback<1> {
    python!(lambda record: record.value.get("status") == 'status)
}

#[gear]
fn listener() -> Registration {
    records()
        .foreach(python!(
            def schedule(record):
                status = record.value.get("status", "new")
                log("Scheduling '%s' record: %s" % (status, record.key))
                if status == "new":
                    cmd.hset(record.key, "status", "pending")
                    cmd.xadd("to_be_processed", {"record": record.key})
        ))
        .register(PATTERN)
}

#[gear]
fn processing() -> Registration {
    StreamReader::new("to_be_processed")
        .values()
        .foreach(python!(
            def process(item):
                import redgrease
                redgrease.log("processing %s" % item)
                good = int(item["record"].split(":")[1]) % 3
                redgrease.cmd.hset(item["record"], "status", "success" if good else "failed")
        ))
        .register("to_be_processed")
}

#[test]
fn the_chains_work_together() {
    let server = Server::start().unwrap();
    let gears = gears![listener, processing];
    let (mut con, _) = start_with(server.url(), &Options::new().gears(gears)).unwrap();
    untyped(&server, &["SET", "record:none", "no hash"]);
    for n in 0..4 {
        untyped(&server, &["HSET", &format!("record:{n}"), "n", "1"]);
    }

    let by_status = records()
        .count_by(python!(lambda record: record.value.get("status", "unknown")))
        .run();
    let mut counted = || -> BTreeMap<String, i64> {
        let counts = by_status.on(&mut con).unwrap().into_values().unwrap();
        counts.into_iter().collect()
    };
    let expected = BTreeMap::from([("failed".to_owned(), 2), ("success".to_owned(), 2)]);
    eventually("all are processed", || counted() == expected);

    let merge = python!(lambda merged, record: dict(merged, **{record.key: record.value["n"]}));
    let failed = records()
        .filter(has_status("failed"))
        .aggregate_with(
            BTreeMap::<String, String>::new(),
            merge,
            python!(lambda merged, other: dict(merged, **other)),
        )
        .run();
    let failed = failed.on(&mut con).unwrap().into_value().unwrap();
    assert_eq!(
        failed.into_keys().collect::<Vec<_>>(),
        ["record:0", "record:3"]
    );
}

#[test]
fn users_are_counted_by_their_supervisors() {
    let server = Server::start().unwrap();
    let mut con = redgrease::connect(server.url()).unwrap();
    for (user, supervisor) in [
        ("1", None),
        ("2", Some("1")),
        ("3", Some("1")),
        ("4", Some("2")),
    ] {
        let key = format!("user:{user}");
        untyped(&server, &["HSET", &key, "id", user]);
        if let Some(supervisor) = supervisor {
            untyped(&server, &["HSET", &key, "supervisor", supervisor]);
        }
    }
    let counts = KeysReader::new("user:*")
        .values()
        .count_by(python!(
            def supervisor(user):
                return user.get("supervisor", user["id"])
        ))
        .sort_asc()
        .run();
    assert_eq!(
        counts.on(&mut con).unwrap().into_values().unwrap(),
        [("1".to_owned(), 3), ("2".to_owned(), 1)]
    );
}
