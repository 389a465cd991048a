//! Registrations that can never run are made, and the log and `RG.DUMPREGISTRATIONS` say why they never run.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::capability::{Capability, lacks};
use common::{eventually, field, untyped};
use redgrease_embedded::Server;

fn register(server: &Server, script: &str) {
    assert_eq!(untyped(server, &["RG.PYEXECUTE", script]), "OK", "{script}");
}

fn last_error(server: &Server) -> String {
    let rows = untyped(server, &["RG.DUMPREGISTRATIONS"]);
    let rows: Vec<String> = rows.lines().map(str::to_owned).collect();
    field(&rows, "lastError").to_owned()
}

/// Registers on a new server, and returns the doubt, which the log has, too.
fn doubt(registration: &str) -> Option<String> {
    let server = Server::start().unwrap();
    register(&server, registration);
    let error = last_error(&server);
    let logged = server.log_tail(50);
    let doubted = error != "nil";
    assert_eq!(
        logged.contains("can never run"),
        doubted,
        "{registration}: {error:?}\n{logged}"
    );
    doubted.then_some(error)
}

#[test]
fn what_can_never_run() {
    for (registration, remedy) in [
        ("GB('StreamReader').register('a*b')", "put one * at the end"),
        (
            "GB('StreamReader').register('*:s', mode='sync')",
            "put one * at the end",
        ),
        ("GB('KeysReader').register('*:k')", "put one * at the end"),
        (
            "GB('KeysReader').register('k*', eventTypes=['get'])",
            "no key event \"get\"",
        ),
        (
            "GB('KeysReader').register('k*', eventTypes=['HGETALL', 'flushall'])",
            "no key event \"HGETALL\"",
        ),
        (
            "GB('KeysReader').register('k*', eventTypes=['sett'])",
            "no key event \"sett\"",
        ),
        (
            "GB('KeysReader').register('k*', eventTypes=['new'])",
            "no key event \"new\"",
        ),
        (
            "GB('KeysReader').register('k*', eventTypes=[])",
            "eventTypes is an empty list",
        ),
        (
            "GB('KeysReader').register('k*', keyTypes=[])",
            "keyTypes is an empty list",
        ),
        (
            "GB('KeysReader').register('k*', commands=[])",
            "commands is an empty list",
        ),
        (
            "GB('KeysReader').register('k*', eventTypes=['del', 'expired'], keyTypes=['hash'])",
            "add \"empty\"",
        ),
    ] {
        let doubt = doubt(registration).unwrap_or_default();
        assert!(doubt.contains(remedy), "{registration}: {doubt}");
    }
}

#[test]
fn events_of_vector_sets_are_no_doubt() {
    let server = Server::start().unwrap();
    if lacks(&server, Capability::VectorSets) {
        return;
    }
    // Newer servers may send it. The name of a command that exists is not a misspelled one.
    assert_eq!(
        doubt("GB('KeysReader').register('k*', eventTypes=['vadd'])"),
        None
    );
}

#[test]
fn what_a_running_gear_registers() {
    let server = Server::start().unwrap();
    let script = "GB('CommandReader').foreach(lambda x: GB('StreamReader').register('a*b')).register(trigger='t')";
    register(&server, script);
    untyped(&server, &["RG.TRIGGER", "t"]);
    eventually("the log has the doubt", || {
        server.log_tail(50).contains("put one * at the end")
    });
}

#[test]
fn what_does_not_run_for_all_that_it_names() {
    let server = Server::start().unwrap();
    register(
        &server,
        "GB('KeysReader').register('k*', eventTypes=['set', 'HGETALL', 'flushall'])",
    );
    assert_eq!(last_error(&server), "nil");
    let logged = server.log_tail(50);
    for event in ["\"HGETALL\"", "\"flushall\""] {
        assert!(logged.contains(event), "{logged}");
    }
    assert!(!logged.contains("\"set\" to modules"), "{logged}");
}

#[test]
fn what_can_run() {
    for registration in [
        "GB('StreamReader').register('*')",
        "GB('StreamReader').register('s:*')",
        "GB('StreamReader').register('s')",
        "GB('KeysReader').register()",
        "GB('KeysReader').register('k*', eventTypes=['SET', 'expired', 'evicted', 'keymiss', 'restore', 'hexpired'])",
        "GB('KeysReader').register('k*', eventTypes=['del'], keyTypes=['empty'])",
        "GB('KeysReader').register('k*', eventTypes=['del', 'set'], keyTypes=['string'])",
        "GB('KeysReader').register('k*', commands=['set'])",
        "GB('CommandReader').register(trigger='a*b')",
    ] {
        assert_eq!(doubt(registration), None, "{registration}");
    }
}

#[test]
fn a_doubt_outlives_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let kept = || Server::builder().dir(dir.path()).start().unwrap();
    let server = kept();
    register(
        &server,
        "GB('KeysReader').register('k*', eventTypes=['get'])",
    );
    assert!(last_error(&server).contains("\"get\""));
    untyped(&server, &["SAVE"]);
    server.stop().unwrap();
    assert!(last_error(&kept()).contains("\"get\""));
}
