//! Hooks: gears that replace commands of Redis.
#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::{untyped, with_gears};
use redgrease::prelude::*;
use redgrease::{Options, start_with};

/// Counts the reads of each user.
#[gear_command(hook = "HGET", keyprefix = "user:", mode = "sync")]
fn counted_hget(key: &str, field: &str) -> Option<String> {
    python! {
        execute("HINCRBY", "reads", key, 1)
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
    let (server, mut con) = with_gears(gears![counted_hget]);
    untyped(&server, &["HSET", "user:1", "name", "ada"]);
    untyped(&server, &["HSET", "other", "name", "ada"]);
    assert_eq!(untyped(&server, &["HGET", "user:1", "name"]), "ADA");
    assert_eq!(untyped(&server, &["HGET", "other", "name"]), "ada");
    assert_eq!(untyped(&server, &["HGET", "user:1", "none"]), "");
    assert_eq!(untyped(&server, &["HGETALL", "reads"]), "user:1\n2");
    let row = con.dump_registrations().unwrap().remove(0);
    assert_eq!(row.trigger().unwrap().to_uppercase(), "HGET");
    let (_, report) =
        start_with(server.url(), &Options::new().gears(gears![counted_hget])).unwrap();
    assert!(!report.is_changed(), "{report}");
}

#[test]
fn an_async_hook_replies_later() {
    let (server, _con) = with_gears(gears![frozen_time]);
    assert_eq!(untyped(&server, &["TIME"]), "[17,4]");
}
