//! Hooks: gears that replace commands of Redis.
#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::anywhere::{First, anywhere_with};
use common::untyped;
use redgrease::prelude::*;
use redgrease::{Options, start_with};

/// Counts the reads of each user.
#[gear_command(hook = "HGET", keyprefix = "user:", mode = "sync")]
fn counted_hget(key: &str, field: &str) -> Option<String> {
    python! {
        execute("HINCRBY", "reads:{" + key + "}", key, 1)
        value = call_next(key, field)
        return None if value is None else value.upper()
    }
}

#[gear_command(hook = "TIME", mode = "async_local")]
fn frozen_time() -> (i64, i64) {
    python! { return 17, 4 }
}

#[test]
fn a_hook_replies_instead_of_the_command() {
    let (server, mut con) = anywhere_with(gears![counted_hget]);
    untyped(&server, &["HSET", "user:1", "name", "ada"]);
    untyped(&server, &["HSET", "other", "name", "ada"]);
    assert_eq!(untyped(&server, &["HGET", "user:1", "name"]), "ADA");
    assert_eq!(untyped(&server, &["HGET", "other", "name"]), "ada");
    assert_eq!(untyped(&server, &["HGET", "user:1", "none"]), "nil");
    assert_eq!(
        untyped(&server, &["HGETALL", "reads:{user:1}"]),
        "user:1\n2"
    );
    let row = con.dump_registrations().unwrap().remove(0);
    assert_eq!(row.trigger().unwrap().to_uppercase(), "HGET");
    let (_, report) =
        start_with(server.url(), &Options::new().gears(gears![counted_hget])).unwrap();
    assert!(!report.is_changed(), "{report}");
}

#[test]
fn an_async_hook_replies_later() {
    let (server, _con) = anywhere_with(gears![frozen_time]);
    assert_eq!(untyped(&server, &["TIME"]), "17\n4");
}

/// A hook calls the next one, a gear calls another gear, and each of them runs a command inside of the one before.
#[test]
fn hooks_and_gears_run_inside_of_each_other() {
    let hook = "GB('CommandReader').map(lambda x: (execute('RPUSH', 'order{06S}', 'N'), call_next(*x[1:]))[1]).register(hook='hset', mode='sync')";
    let caller = "GB('CommandReader').map(lambda x: (execute('RPUSH', 'order{06S}', 'N'), execute(*x[1:]))[1]).register(trigger='N', mode='sync')";
    let server = First::start();
    for number in 1..=4 {
        for script in [hook, caller] {
            let script = script.replace('N', &number.to_string());
            assert_eq!(untyped(&server, &["RG.PYEXECUTE", &script]), "OK");
        }
    }
    let order = || {
        let order = untyped(&server, &["LRANGE", "order{06S}", "0", "-1"]);
        untyped(&server, &["DEL", "order{06S}"]);
        order
    };
    let hset = ["HSET", "h{06S}", "a", "1"];
    assert_eq!(untyped(&server, &hset), "1");
    assert_eq!(order(), "4\n3\n2\n1");
    let calls: Vec<&str> = ["1", "2", "3", "4"]
        .iter()
        .flat_map(|&trigger| ["RG.TRIGGER", trigger])
        .chain(hset)
        .collect();
    assert!(
        untyped(&server, &calls).contains('0'),
        "the field was there"
    );
    assert_eq!(order(), "1\n2\n3\n4\n4\n3\n2\n1");
    let other = "GB('CommandReader').map(lambda x: (execute('GET', 'x{06S}'), call_next(*x[1:]))[1]).register(hook='set', mode='sync')\nGB('CommandReader').map(lambda x: (execute('HSET', 'h{06S}', 'b', '2'), call_next(*x[1:]))[1]).register(hook='get', mode='sync')";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", other]), "OK");
    assert_eq!(untyped(&server, &["SET", "x{06S}", "y"]), "OK");
    assert_eq!(order(), "4\n3\n2\n1");
    assert_eq!(untyped(&server, &["HGET", "h{06S}", "b"]), "2");
}
