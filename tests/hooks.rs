//! Gears in the place of commands of Redis.
#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::untyped;
use redgrease::prelude::*;
use redgrease::{Con, Options, start_with};
use redgrease_embedded::Server;

/// Counts who is read.
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

fn server(gears: &[&'static redgrease::Gear]) -> (Server, Con) {
    let server = Server::start().unwrap();
    let (con, _) = start_with(server.url(), &Options::new().gears(gears)).unwrap();
    (server, con)
}

#[test]
fn it_answers_instead_of_the_command() {
    let (server, mut con) = server(gears![counted_hget]);
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
fn an_async_hook_answers_later() {
    let (server, _con) = server(gears![frozen_time]);
    assert_eq!(untyped(&server, &["TIME"]), "[17,4]");
}
