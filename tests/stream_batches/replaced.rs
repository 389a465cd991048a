//! Registrations that take the place of others: messages are handled once, in order, and by one of them at a time.

use crate::common::{empty, eventually, plain_connection, untyped};
use crate::{add, list, unacknowledged};
use redgrease_embedded::Server;
use std::thread;

const GATED: &str = "
import time
def handle(r):
    n = r['value']['n']
    execute('RPUSH', 'begun', n)
    while execute('GET', 'gate') == n:
        time.sleep(0.005)
    execute('RPUSH', 'handled', n + ' ' + 'VERSION')
    return n
GB('StreamReader').STEPS.register('s', OPTIONS)
";

fn gated(version: &str, steps: &str, options: &str) -> String {
    GATED
        .replace("VERSION", version)
        .replace("STEPS", steps)
        .replace("OPTIONS", options)
}

/// The old code handles the message 2 of a batch of five when `replace` runs. What was handled must be each message once.
fn replaced_in_the_middle(steps: &str, options: &str, replace: impl FnOnce(&Server, &str)) {
    let (server, _con) = empty();
    let run = |script: &str, more: &[&str]| {
        let words = [&["RG.PYEXECUTE", script], more].concat();
        assert_eq!(untyped(&server, &words), "OK");
    };
    run(&gated("old", steps, options), &["ID", "app"]);
    untyped(&server, &["SET", "gate", "2"]);
    add(&server, 0..7);
    eventually("message 2 is being handled", || {
        list(&server, "begun").len() == 3
    });
    replace(&server, &gated("new", steps, options));
    add(&server, 7..10);
    assert_eq!(list(&server, "begun").len(), 3, "the new code waits");
    untyped(&server, &["DEL", "gate"]);
    eventually("all are handled", || list(&server, "handled").len() >= 10);
    eventually("no message is pending", || unacknowledged(&server) == "0");
    let expected: Vec<String> = (0..10)
        .map(|n| format!("{n} {}", if n < 5 { "old" } else { "new" }))
        .collect();
    assert_eq!(list(&server, "handled"), expected, "{steps} {options}");
    assert_eq!(list(&server, "begun").len(), 10, "{steps} {options}");
}

fn upgrade(server: &Server, script: &str) {
    let words = ["RG.PYEXECUTE", script, "ID", "app", "UPGRADE"];
    assert_eq!(untyped(server, &words), "OK");
}

#[test]
fn an_upgrade_begins_after_the_last_batch_of_the_old_code() {
    for steps in ["foreach(handle)", "map(handle).count()"] {
        for policy in ["continue", "abort", "retry"] {
            for mode in ["async", "async_local"] {
                let options = format!(
                    "batch=5, mode='{mode}', onFailedPolicy='{policy}', onFailedRetryInterval=1"
                );
                replaced_in_the_middle(steps, &options, upgrade);
            }
        }
    }
}

#[test]
fn a_session_that_replaces_another_one_begins_after_its_last_batch() {
    replaced_in_the_middle("foreach(handle)", "batch=5", |server, new| {
        let words = ["RG.PYEXECUTE", new, "ID", "other", "REPLACE_WITH", "app"];
        assert_eq!(untyped(server, &words), "OK");
    });
}

#[test]
fn a_registration_that_was_made_again_begins_after_the_last_batch_of_the_first() {
    for more in [&[][..], &["ABORTPENDING"]] {
        replaced_in_the_middle("foreach(handle)", "batch=5", |server, new| {
            let id = crate::id(server);
            let words = [&["RG.UNREGISTER", id.as_str()], more].concat();
            assert_eq!(untyped(server, &words), "OK");
            assert_eq!(untyped(server, &["RG.PYEXECUTE", new]), "OK");
        });
    }
}

#[test]
fn one_script_unregisters_and_registers() {
    replaced_in_the_middle("foreach(handle)", "batch=5", |server, new| {
        let id = crate::id(server);
        let script = format!("execute('RG.UNREGISTER', '{id}')\n{new}");
        assert_eq!(untyped(server, &["RG.PYEXECUTE", &script]), "OK");
    });
}

/// Upgrades follow each other while messages arrive.
#[test]
fn many_upgrades_lose_and_repeat_no_message() {
    const UPGRADES: u32 = 40;
    const EACH: u32 = 40;
    for options in [
        "mode='async_local'",
        "mode='async', batch=7, duration=20, onFailedPolicy='retry'",
        "mode='sync', batch=3, duration=20",
        "mode='async_local', batch=3, duration=20, onFailedPolicy='abort', trimStream=False",
    ] {
        let (server, _con) = empty();
        let script = |version: u32| {
            format!(
                "
GB('StreamReader').foreach(lambda r: execute('RPUSH', 'handled', r['value']['n'] + ' {version}')).register('s', {options})"
            )
        };
        upgrade(&server, &script(0));
        let mut con = plain_connection(&server);
        let adding = thread::spawn(move || {
            for part in 0..UPGRADES {
                let mut pipe = redis::pipe();
                for n in part * EACH..(part + 1) * EACH {
                    pipe.cmd("XADD").arg("s").arg("*").arg("n").arg(n).ignore();
                }
                pipe.exec(&mut con).unwrap();
            }
        });
        for version in 1..UPGRADES {
            upgrade(&server, &script(version));
        }
        adding.join().unwrap();
        let all = usize::try_from(UPGRADES * EACH).unwrap();
        eventually("all are handled", || list(&server, "handled").len() >= all);
        eventually("no message is pending", || unacknowledged(&server) == "0");
        let handled = list(&server, "handled");
        let split = |row: &String| -> (u32, u32) {
            let (n, version) = row.split_once(' ').unwrap();
            (n.parse().unwrap(), version.parse().unwrap())
        };
        let rows: Vec<(u32, u32)> = handled.iter().map(split).collect();
        let numbers: Vec<u32> = rows.iter().map(|(n, _)| *n).collect();
        assert_eq!(
            numbers,
            (0..UPGRADES * EACH).collect::<Vec<_>>(),
            "{options}"
        );
        let versions: Vec<u32> = rows.iter().map(|(_, version)| *version).collect();
        assert!(versions.is_sorted(), "{options}: {versions:?}");
    }
}

/// Two registrations share a stream. One stops with a message that it could not handle, and is unregistered later.
#[test]
fn the_messages_of_a_stopped_registration_go_to_the_other_one_when_it_is_unregistered() {
    let (server, _con) = empty();
    let bad = "
def handle(r):
    execute('INCR', 'bad')
    raise ValueError('bad')
GB('StreamReader').foreach(handle).register('s*', onFailedPolicy='abort')";
    let good = "GB('StreamReader').foreach(lambda r: execute('RPUSH', 'handled', r['value']['n'])).register('s', trimStream=False)";
    untyped(&server, &["RG.PYEXECUTE", bad]);
    let first = crate::id(&server);
    add(&server, 0..1);
    eventually("it stops", || crate::field(&server, "status") == "ABORTED");
    untyped(
        &server,
        &[
            "XGROUP",
            "CREATECONSUMER",
            "s",
            "__gears_consumer_group__",
            "other",
        ],
    );
    let script = format!("{good}\nexecute('SET', 'registered', 1)");
    untyped(&server, &["RG.PYEXECUTE", &script]);
    eventually("the second one takes over", || {
        list(&server, "handled") == ["0"]
    });

    // The first one fails again, with a message that the second one has not seen.
    untyped(&server, &["DEL", "handled"]);
    let second = untyped(&server, &["RG.DUMPREGISTRATIONS"]);
    let second = second
        .lines()
        .zip(second.lines().skip(1))
        .filter(|(name, _)| *name == "id")
        .map(|(_, id)| id.to_owned())
        .find(|id| *id != first)
        .unwrap();
    untyped(&server, &["RG.PAUSEREGISTRATIONS", &second]);
    untyped(&server, &["RG.UNPAUSEREGISTRATIONS", &first]);
    add(&server, 1..2);
    eventually("it fails", || untyped(&server, &["GET", "bad"]) == "2");
    untyped(&server, &["RG.UNPAUSEREGISTRATIONS", &second]);
    add(&server, 2..3);
    eventually("the second one goes on", || {
        list(&server, "handled").contains(&"2".to_owned())
    });
    assert_eq!(untyped(&server, &["RG.UNREGISTER", &first]), "OK");
    eventually("the message that failed is handled", || {
        list(&server, "handled").contains(&"1".to_owned())
    });
    eventually("no message is pending", || unacknowledged(&server) == "0");
    assert_eq!(list(&server, "handled").len(), 2);
}
