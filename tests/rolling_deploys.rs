//! Two versions of a program at the same time on one server, and the way back, as book/src/deploying.md describes them.
#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::{calls_of, eventually, untyped};
use redgrease::{Action, Con, Gear, Options, Policy, Report, start_with};
use redgrease_embedded::Server;

/// The old version of the program. Its gears have the version of this crate.
mod old {
    use redgrease::prelude::*;

    #[gear_command]
    pub(crate) fn price(number: i64) -> i64 {
        python! {
            return number * 10
        }
    }

    #[gear_command]
    pub(crate) fn retired() -> String {
        python! {
            return "still here"
        }
    }
}

/// The new version: another price, one gear less and one more.
mod new {
    use redgrease::prelude::*;

    #[gear_command]
    pub(crate) fn price(number: i64) -> i64 {
        python! {
            return number * 11
        }
    }

    #[gear_command]
    pub(crate) fn added() -> String {
        python! {
            return "new"
        }
    }
}

const OLD: [&Gear; 2] = [old::price::GEAR, old::retired::GEAR];

const NEW: [&Gear; 2] = [new::price::GEAR, new::added::GEAR];

/// The same gears, as a crate of another version has them.
fn of_version(gears: [&'static Gear; 2], version: &'static str) -> [&'static Gear; 2] {
    gears.map(|gear| {
        let spec = redgrease::GearSpec {
            version,
            ..*gear.spec()
        };
        &*Box::leak(Box::new(Gear::new(gear.name(), spec)))
    })
}

fn new_gears() -> [&'static Gear; 2] {
    of_version(NEW, "999.0.0")
}

fn start_old(server: &Server, policy: Policy) -> redgrease::Result<(Con, Report)> {
    let options = Options::new().gears(&OLD).policy(policy);
    start_with(server.url(), &options)
}

fn start_new(server: &Server, policy: Policy) -> redgrease::Result<(Con, Report)> {
    let gears = new_gears();
    let options = Options::new().gears(&gears).policy(policy);
    start_with(server.url(), &options)
}

fn action(report: &Report) -> &Action {
    assert_eq!(report.sessions.len(), 1);
    &report.sessions[0].action
}

fn kept() -> Action {
    Action::KeptNewer {
        version: "999.0.0".to_owned(),
    }
}

#[test]
fn an_old_program_goes_on_beside_a_new_one_and_does_not_turn_it_back() {
    let server = Server::start().unwrap();
    let (mut first, _) = start_old(&server, Policy::default()).unwrap();
    assert_eq!(old::price(&mut first, 2).unwrap(), 20);
    assert_eq!(old::retired(&mut first).unwrap(), "still here");

    let (mut second, report) = start_new(&server, Policy::default()).unwrap();
    assert_eq!(*action(&report), Action::Sent);
    assert_eq!(report.replaced().collect::<Vec<_>>(), ["price"]);
    assert_eq!(report.removed().collect::<Vec<_>>(), ["retired"]);
    assert_eq!(new::added(&mut second).unwrap(), "new");

    // The old program calls the new Python of a gear that both have.
    assert_eq!(old::price(&mut first, 2).unwrap(), 22);
    // A gear that only the old program has is an error that says so, and brings nothing back.
    let sent = calls_of(&server, "rg.pyexecute");
    let error = old::retired(&mut first).unwrap_err().to_string();
    assert!(
        error.contains("the newer version 999.0.0") && error.contains("update this program"),
        "{error}"
    );
    // An instance of the old program that restarts leaves the new gears alone.
    let (_, report) = start_old(&server, Policy::default()).unwrap();
    assert_eq!(*action(&report), kept());
    assert_eq!(calls_of(&server, "rg.pyexecute"), sent);
    assert_eq!(new::price(&mut second, 2).unwrap(), 22);
}

#[test]
fn a_rollback_needs_a_policy_that_says_so() {
    let server = Server::start().unwrap();
    start_old(&server, Policy::default()).unwrap();
    let (mut second, _) = start_new(&server, Policy::default()).unwrap();

    let (mut first, report) = start_old(&server, Policy::IfChanged).unwrap();
    assert_eq!(*action(&report), Action::Sent);
    assert_eq!(report.removed().collect::<Vec<_>>(), ["added"]);
    assert_eq!(old::retired(&mut first).unwrap(), "still here");
    assert_eq!(new::price(&mut second, 2).unwrap(), 20);
    // The same program again: nothing to send, with every policy.
    for policy in [Policy::IfChanged, Policy::IfNewer, Policy::Error] {
        let (_, report) = start_old(&server, policy).unwrap();
        assert_eq!(*action(&report), Action::UpToDate, "{policy:?}");
    }
}

/// Why instances of the new version have to be stopped before the rollback.
#[test]
fn a_new_instance_that_still_runs_undoes_a_rollback() {
    let server = Server::start().unwrap();
    let old = of_version(OLD, "0.0.1");
    let roll_back = || {
        let options = Options::new().gears(&old).policy(Policy::IfChanged);
        let (_, report) = start_with(server.url(), &options).unwrap();
        assert_eq!(*action(&report), Action::Sent);
    };
    let options = Options::new().gears(&NEW);
    let (mut running, _) = start_with(server.url(), &options).unwrap();
    roll_back();
    assert_eq!(untyped(&server, &["RG.TRIGGER", "price", "2"]), "20");
    // A call of a gear that the old version lacks.
    assert_eq!(new::added(&mut running).unwrap(), "new");
    assert_eq!(untyped(&server, &["RG.TRIGGER", "price", "2"]), "22");
    roll_back();
    // An instance that starts again.
    let (_, report) = start_with(server.url(), &options).unwrap();
    assert_eq!(*action(&report), Action::Sent);
    assert_eq!(untyped(&server, &["RG.TRIGGER", "price", "2"]), "22");
}

#[test]
fn applications_that_register_nothing_follow_the_deployed_version() {
    let server = Server::start().unwrap();
    start_old(&server, Policy::default()).unwrap();
    let (mut first, report) = start_old(&server, Policy::Never).unwrap();
    assert_eq!(*action(&report), Action::Skipped);

    // An application that comes before its gears starts, and its calls say what is missing.
    let (mut early, _) = start_new(&server, Policy::Never).unwrap();
    let error = new::added(&mut early).unwrap_err().to_string();
    assert!(
        error.contains("the policy `Never`") && error.contains("start the program that registers"),
        "{error}"
    );
    // With `Error` it does not start.
    let error = start_new(&server, Policy::Error).unwrap_err().to_string();
    let version = env!("CARGO_PKG_VERSION");
    assert!(error.contains(version), "{error}");

    start_new(&server, Policy::default()).unwrap();
    assert_eq!(new::added(&mut early).unwrap(), "new");
    assert_eq!(old::price(&mut first, 2).unwrap(), 22);
    let (_, report) = start_new(&server, Policy::Error).unwrap();
    assert_eq!(*action(&report), Action::UpToDate);

    // The rollback: one program, one policy. No application undoes it.
    start_old(&server, Policy::IfChanged).unwrap();
    let error = new::added(&mut early).unwrap_err().to_string();
    assert!(error.contains("the policy `Never`"), "{error}");
    assert_eq!(old::retired(&mut first).unwrap(), "still here");
}

#[test]
fn two_versions_run_side_by_side_in_namespaces() {
    let server = Server::start().unwrap();
    let (mut first, _) = start_old(&server, Policy::default()).unwrap();
    let gears = new_gears();
    let green = Options::new().gears(&gears).namespace("green");
    let (mut second, _) = start_with(server.url(), &green).unwrap();
    assert_eq!(old::price(&mut first, 2).unwrap(), 20);
    assert_eq!(new::price(&mut second, 2).unwrap(), 22);
    assert_eq!(untyped(&server, &["RG.TRIGGER", "green:price", "2"]), "22");
    assert_eq!(untyped(&server, &["RG.TRIGGER", "price", "2"]), "20");
}

/// An upgrade lets run what has begun, and takes back what waits for a thread. Messages of streams stay in their stream.
#[test]
fn work_that_has_begun_ends_with_the_old_gears() {
    let server = Server::builder()
        .module_arg("ExecutionThreads", "1")
        .module_arg("AdditionalThreads", "0")
        .start()
        .unwrap();
    let script = |answer: &str| {
        format!(
            "
import time
def wait(record):
    while execute('GET', 'go') is None:
        time.sleep(0.01)
    return '{answer}'
GB('CommandReader').map(wait).register(trigger='wait')
GB('KeysReader').foreach(lambda x: execute('RPUSH', 'keys', '{answer}')).register('app:*', eventTypes=['set'])
GB('StreamReader').foreach(lambda x: execute('RPUSH', 'messages', '{answer}')).register('orders')
"
        )
    };
    let register = |answer: &str| {
        let text = script(answer);
        let words = ["RG.PYEXECUTE", &text, "ID", "shop", "UPGRADE"];
        assert_eq!(untyped(&server, &words), "OK");
    };
    let figure = |line: &str| untyped(&server, &["INFO", "rg_engine"]).contains(line);
    let call = || untyped(&server, &["RG.TRIGGER", "wait"]);
    register("old");
    std::thread::scope(|scope| {
        let running = scope.spawn(call);
        eventually("the first call runs", || {
            figure("rg_running_executions:1\r\n")
        });
        let waiting = scope.spawn(call);
        untyped(&server, &["SET", "app:1", "x"]);
        untyped(&server, &["XADD", "orders", "*", "a", "b"]);
        eventually("the others wait", || figure("rg_waiting_executions:3\r\n"));
        register("new");
        let error = waiting.join().unwrap();
        assert!(error.contains("the execution was aborted"), "{error}");
        untyped(&server, &["SET", "go", "1"]);
        assert_eq!(running.join().unwrap(), "old");
    });
    assert_eq!(call(), "new");
    eventually("the message is handled", || {
        untyped(&server, &["LRANGE", "messages", "0", "-1"]) == "new"
    });
    assert_eq!(untyped(&server, &["EXISTS", "keys"]), "0");
}
