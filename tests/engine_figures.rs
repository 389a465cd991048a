//! The figures in the section `rg_engine` of `INFO`, which monitors read.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::{eventually, untyped};
use redgrease_embedded::Server;

const SCRIPT: &str = "
def fail(record):
    raise ValueError('no')
GB('CommandReader').map(fail).register(trigger='fails', mode='sync')
GB('CommandReader').map(fail).register(trigger='fails_async')
GB('StreamReader').map(fail).register('orders', onFailedPolicy='abort')
GB('StreamReader').register('others')
GB('KeysReader').map(fail).register('app:*', mode='sync')
";

/// A figure of the engine.
fn figure(server: &Server, name: &str) -> i64 {
    let info = untyped(server, &["INFO", "rg_engine"]);
    let name = format!("rg_{name}:");
    let mut lines = info.lines();
    let value = lines.find_map(|line| line.strip_prefix(&name));
    value.unwrap().trim_end().parse().unwrap()
}

#[test]
fn failures_of_all_registrations_are_counted_and_never_taken_back() {
    let server = Server::start().unwrap();
    assert_eq!(figure(&server, "failed_runs"), 0);
    untyped(&server, &["RG.PYEXECUTE", SCRIPT, "ID", "shop"]);
    untyped(&server, &["RG.TRIGGER", "fails"]);
    untyped(&server, &["RG.TRIGGER", "fails_async"]);
    untyped(&server, &["SET", "app:x", "1"]);
    eventually("three failures", || figure(&server, "failed_runs") == 3);
    // A monitor computes rates, so neither of these may take the number back.
    untyped(&server, &["RG.CLEARREGISTRATIONSSTATS"]);
    let only_one = "GB('CommandReader').register(trigger='fails')";
    untyped(
        &server,
        &["RG.PYEXECUTE", only_one, "ID", "shop", "UPGRADE"],
    );
    assert_eq!(figure(&server, "failed_runs"), 3);
}

#[test]
fn aborted_runs_are_counted() {
    let server = Server::start().unwrap();
    let script = "
def endless(record):
    while True:
        pass
GB('CommandReader').map(endless).register(trigger='endless', mode='sync')
";
    untyped(&server, &["RG.PYEXECUTE", script]);
    untyped(&server, &["RG.CONFIGSET", "LockMaxTime", "50"]);
    untyped(&server, &["RG.TRIGGER", "endless"]);
    assert_eq!(figure(&server, "aborted_runs"), 1);
    assert_eq!(figure(&server, "failed_runs"), 0);
}

#[test]
fn sessions_registrations_and_stopped_streams_are_counted() {
    let server = Server::start().unwrap();
    for name in ["sessions", "registrations", "stopped_streams"] {
        assert_eq!(figure(&server, name), 0, "{name}");
    }
    untyped(&server, &["RG.PYEXECUTE", SCRIPT, "ID", "shop"]);
    assert_eq!(figure(&server, "sessions"), 1);
    assert_eq!(figure(&server, "registrations"), 5);
    assert_eq!(figure(&server, "stopped_streams"), 0);

    untyped(&server, &["XADD", "orders", "*", "a", "b"]);
    eventually("the failed registration has stopped", || {
        figure(&server, "stopped_streams") == 1
    });
    let ids = untyped(&server, &["RG.DUMPREGISTRATIONS"]);
    for id in ids.lines().skip_while(|line| *line != "id").skip(1) {
        if id.starts_with("0000") {
            untyped(&server, &["RG.PAUSEREGISTRATIONS", id]);
        }
    }
    assert_eq!(figure(&server, "stopped_streams"), 2);
    assert!(figure(&server, "python_memory") > 1_000_000);
}

const ALERTS: &str = include_str!("../packaging/monitoring/alerts.yml");
const ALERT_TESTS: &str = include_str!("../packaging/monitoring/alerts.test.yml");

/// The words of a text that begin with `redgrease_`, without that beginning.
fn named(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter_map(|word| word.strip_prefix("redgrease_"))
}

#[test]
fn each_alert_is_about_a_figure_and_has_a_test() {
    let server = Server::start().unwrap();
    let mut alerts = 0;
    for rule in ALERTS.split("- alert: ").skip(1) {
        let name = rule.lines().next().unwrap();
        let expression = rule
            .lines()
            .find_map(|line| line.trim().strip_prefix("expr: "))
            .unwrap();
        // `redgrease-metrics` makes this one: the server answers and has the engine.
        for figure_of_it in named(expression).filter(|name| *name != "up") {
            // Fails if the engine has no such figure.
            figure(&server, figure_of_it);
        }
        assert!(named(expression).next().is_some(), "{name}");
        let tested = format!("alertname: {name}\n");
        assert!(ALERT_TESTS.contains(&tested), "{name}");
        alerts += 1;
    }
    assert!(alerts > 0);
}
