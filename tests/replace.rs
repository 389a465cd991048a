//! Triggers that another program has registered: they are replaced, left, or an error.
#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::{empty, untyped};
use redgrease::prelude::*;
use redgrease::{Con, ErrorKind, Gear, Options, PyExecuteOptions, Report, register_all_with};

#[gear_command(trigger = "wanted", replace = true)]
fn takes() -> i64 {
    python! { return 1 }
}

#[gear_command(trigger = "wanted", replace = false)]
fn leaves() -> i64 {
    python! { return 2 }
}

#[gear_command(trigger = "wanted")]
fn says_nothing() -> i64 {
    python! { return 3 }
}

#[gear_command]
fn other() -> i64 {
    python! { return 4 }
}

fn theirs(con: &mut Con) {
    let script = "GB('CommandReader').map(lambda r: 'theirs').register(trigger='wanted')";
    con.pyexecute_options::<redis::Value>(script, &PyExecuteOptions::new().id("theirs"))
        .unwrap();
}

fn register(con: &mut Con, gears: &[&'static Gear]) -> redgrease::Result<Report> {
    register_all_with(con, &Options::new().gears(gears))
}

#[test]
fn a_trigger_can_be_replaced() {
    let (server, mut con) = empty();
    theirs(&mut con);
    let report = register(&mut con, gears![takes, other]).unwrap();
    assert_eq!(report.registered().collect::<Vec<_>>(), ["other", "wanted"]);
    assert_eq!(untyped(&server, &["RG.TRIGGER", "wanted"]), "1");
    assert_eq!(con.dump_registrations().unwrap().len(), 2);
    assert!(
        !register(&mut con, gears![takes, other])
            .unwrap()
            .is_changed()
    );
}

#[test]
fn a_trigger_can_be_left_to_its_owner() {
    let (server, mut con) = empty();
    theirs(&mut con);
    let report = register(&mut con, gears![leaves, other]).unwrap();
    assert_eq!(report.registered().collect::<Vec<_>>(), ["other"]);
    assert_eq!(report.sessions[0].left, ["wanted"]);
    assert!(
        report.to_string().contains("left to others wanted"),
        "{report}"
    );
    assert_eq!(untyped(&server, &["RG.TRIGGER", "wanted"]), "theirs");
    assert!(
        !register(&mut con, gears![leaves, other])
            .unwrap()
            .is_changed()
    );
    // The trigger is registered once its owner is gone.
    let id = con
        .dump_registrations()
        .unwrap()
        .into_iter()
        .find(|r| r.trigger().as_deref() == Some("wanted"))
        .unwrap()
        .id;
    con.unregister(&id).unwrap();
    register(&mut con, gears![leaves, other]).unwrap();
    assert_eq!(untyped(&server, &["RG.TRIGGER", "wanted"]), "2");
}

#[test]
fn by_default_a_trigger_of_another_program_is_an_error() {
    let (server, mut con) = empty();
    theirs(&mut con);
    let error = register(&mut con, gears![says_nothing]).unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::TriggerOwned { .. }),
        "{error}"
    );
    assert_eq!(untyped(&server, &["RG.TRIGGER", "wanted"]), "theirs");
}
