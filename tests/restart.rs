//! Gears are restored with the data of a server: nothing is sent again after a restart.
#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::{eventually, untyped};
use redgrease::prelude::*;
use redgrease::{Options, start_with};
use redgrease_embedded::Server;

python_module! {
    shared {
        numbers = []

        def remember(n):
            numbers.append(n)
            return numbers
    }
}

#[gear_command(module = shared, on_registered = python! { remember(100) })]
fn one(n: i64) -> Vec<i64> {
    python! { return remember(n) }
}

#[gear_command(module = shared, mode = "sync")]
fn two(n: i64) -> Vec<i64> {
    python! { return remember(n) }
}

#[gear_command]
fn uses_client(key: &str) -> i64 {
    python! {
        log("used")
        return cmd.incr(key)
    }
}

#[gear_every("1s")]
fn tick() {
    python! { cmd.incr("ticks") }
}

#[gear_keys(prefix = "watched", events = ["set"], mode = "sync")]
fn watched(record: KeyRecord<i64>) {
    python! { execute("SET", "seen", record.value) }
}

#[gear]
fn chain() -> Registration {
    let suffix = "!";
    CommandReader::new()
        .args()
        .map(python!(
            def shout(args):
                return args[0].upper() + 'suffix
        ))
        .register("shout")
}

#[test]
fn gears_work_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let kept = || Server::builder().dir(dir.path()).start().unwrap();
    let options = Options::new().gears(gears![one, two, uses_client, tick, watched, chain]);
    let server = kept();
    let (mut con, _) = start_with(server.url(), &options).unwrap();
    one(&mut con, 1).unwrap();
    assert_eq!(untyped(&server, &["SAVE"]), "OK");
    server.stop().unwrap();

    let server = kept();
    let (mut con, report) = start_with(server.url(), &options).unwrap();
    assert!(!report.is_changed(), "{report}");
    assert_eq!(common::calls_of(&server, "rg.pyexecute"), 0);
    // The state starts fresh, and both gears share it again.
    assert_eq!(one(&mut con, 2).unwrap(), [100, 2]);
    assert_eq!(two(&mut con, 3).unwrap(), [100, 2, 3]);
    assert_eq!(uses_client(&mut con, "n").unwrap(), 1);
    untyped(&server, &["SET", "watched", "7"]);
    assert_eq!(untyped(&server, &["GET", "seen"]), "7");
    assert_eq!(untyped(&server, &["RG.TRIGGER", "shout", "hey"]), "HEY!");
    let ticks = || -> u64 { untyped(&server, &["GET", "ticks"]).parse().unwrap_or(0) };
    let before = ticks();
    eventually("the timer runs again", || ticks() > before);
}
