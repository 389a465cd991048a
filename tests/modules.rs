//! `python_module!`: Python that several gears share.
#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::{eventually, line_of, untyped};
use redgrease::prelude::*;
use redgrease::{Con, Options, start_with};
use redgrease_embedded::Server;

python_module! {
    shared {
        import collections

        counts = collections.Counter()
        greeting = None

        def count(name):
            counts[name] += 1
            return counts[name]

        def fails(x):
            return 1 // x
    }
}

#[gear_command(module = shared)]
fn first(name: &str) -> i64 {
    python! { return count(name) }
}

#[gear_command(module = shared, mode = "sync", on_registered = python! {
    global greeting
    greeting = "hello"
})]
fn second(name: &str) -> (i64, String) {
    python! { return count(name), greeting }
}

#[gear_command(module = shared)]
fn divide(x: i64) -> i64 {
    python! { return fails(x) }
}

#[gear_command(module = shared)]
fn count_down(n: i64) -> i64 {
    python! {
        return n if n == 0 else count_down(n - 1)
    }
}

#[gear_keys(prefix = "counted", events = ["set"], mode = "sync", module = shared)]
fn counted(record: KeyRecord) {
    python! { count(record.key) }
}

#[gear_command(on_registered = python! {
    global ready
    ready = ["yes"]
})]
fn state(word: &str) -> Vec<String> {
    python! {
        global ready
        ready = ready + [word]
        return ready
    }
}

fn server(gears: &[&'static redgrease::Gear]) -> (Server, Con) {
    let server = Server::start().unwrap();
    let (con, _) = start_with(server.url(), &Options::new().gears(gears)).unwrap();
    (server, con)
}

#[test]
fn functions_and_state_are_shared() {
    let (server, mut con) = server(gears![first, second, counted]);
    assert_eq!(first(&mut con, "x").unwrap(), 1);
    assert_eq!(second(&mut con, "x").unwrap(), (2, "hello".to_owned()));
    assert_eq!(first(&mut con, "x").unwrap(), 3);
    untyped(&server, &["SET", "counted", "1"]);
    assert_eq!(first(&mut con, "counted").unwrap(), 2);
}

#[test]
fn a_registration_begins_with_fresh_state() {
    let (server, mut con) = server(gears![first]);
    assert_eq!(first(&mut con, "x").unwrap(), 1);
    let (_, report) =
        start_with(server.url(), &Options::new().gears(gears![first, second])).unwrap();
    assert_eq!(report.unchanged().collect::<Vec<_>>(), ["first"]);
    assert_eq!(first(&mut con, "x").unwrap(), 1);
}

#[test]
fn a_gear_with_a_module_can_call_itself() {
    let (_server, mut con) = server(gears![count_down]);
    assert_eq!(count_down(&mut con, 5).unwrap(), 0);
}

#[test]
fn an_error_in_shared_python_names_its_line() {
    let (_server, mut con) = server(gears![divide]);
    let error = divide(&mut con, 0).unwrap_err();
    let raised = error.as_gear().unwrap();
    assert_eq!(raised.exception, "ZeroDivisionError");
    let places: Vec<_> = raised
        .frames
        .iter()
        .map(|f| (f.file.ends_with("tests/modules.rs"), f.line))
        .collect();
    let source = include_str!("modules.rs");
    let lines = [
        line_of(source, "return fails(x)"),
        line_of(source, "1 // x"),
    ];
    assert_eq!(places, lines.map(|line| (true, line)), "{error}");
}

#[test]
fn the_body_sees_what_on_registered_stores() {
    let (_server, mut con) = server(gears![state]);
    eventually("it ran", || state::call("a").on(&mut con).is_ok());
    assert_eq!(state(&mut con, "b").unwrap(), ["yes", "a", "b"]);
}
