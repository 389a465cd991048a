//! Batches of stream messages that are stopped, replaced or lost: every message is handled, and
//! none twice.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::{empty, eventually, master, untyped};
use redgrease_embedded::Server;

/// Handles messages: each is written down, and the first time a gate is met it is waited at.
const HANDLER: &str = "
import time
def handle(r):
    n = r['value']['n']
    execute('RPUSH', 'begun', n)
    while execute('GET', 'gate') == n:
        time.sleep(0.005)
    execute('RPUSH', 'handled', n)
GB('StreamReader').foreach(handle).register('s', onFailedPolicy=POLICY, onFailedRetryInterval=1, trimStream=TRIM)
";

fn register(server: &Server, policy: &str, trim: bool) {
    let script = HANDLER
        .replace("POLICY", &format!("'{policy}'"))
        .replace("TRIM", if trim { "True" } else { "False" });
    let answer = untyped(server, &["RG.PYEXECUTE", &script, "ID", "s", "UPGRADE"]);
    assert_eq!(answer, "OK");
}

fn add(server: &Server, numbers: std::ops::Range<u32>) {
    for n in numbers {
        untyped(server, &["XADD", "s", "*", "n", &n.to_string()]);
    }
}

fn list(server: &Server, key: &str) -> Vec<String> {
    let text = untyped(server, &["LRANGE", key, "0", "-1"]);
    text.lines().map(str::to_owned).collect()
}

fn running(server: &Server) -> String {
    let all = untyped(server, &["RG.DUMPEXECUTIONS"]);
    let rows: Vec<&str> = all.lines().collect();
    rows.chunks(6)
        .find(|row| row[3] == "running")
        .map(|row| row[1].to_owned())
        .unwrap()
}

fn unacknowledged(server: &Server) -> String {
    let pending = untyped(server, &["XPENDING", "s", "__gears_consumer_group__"]);
    pending.lines().next().unwrap().to_owned()
}

#[test]
fn a_batch_that_was_stopped_is_read_again() {
    let (server, _con) = empty();
    register(&server, "retry", true);
    untyped(&server, &["SET", "gate", "1"]);
    add(&server, 0..3);
    eventually("message 1 is met", || list(&server, "begun").len() == 2);
    untyped(&server, &["RG.ABORTEXECUTION", &running(&server)]);
    untyped(&server, &["DEL", "gate"]);
    eventually("all are handled", || list(&server, "handled").len() == 3);
    assert_eq!(list(&server, "handled"), ["0", "1", "2"]);
    eventually("all are gone", || untyped(&server, &["XLEN", "s"]) == "0");
}

#[test]
fn with_continue_a_batch_that_was_stopped_is_given_up_and_the_next_one_comes() {
    let (server, _con) = empty();
    register(&server, "continue", false);
    untyped(&server, &["SET", "gate", "1"]);
    add(&server, 0..3);
    eventually("message 1 is met", || list(&server, "begun").len() == 2);
    untyped(&server, &["RG.ABORTEXECUTION", &running(&server)]);
    eventually("the next is handled", || {
        list(&server, "handled").len() == 2
    });
    assert_eq!(list(&server, "handled"), ["0", "2"]);
    eventually("none is pending", || unacknowledged(&server) == "0");
}

#[test]
fn a_replaced_registration_leaves_what_it_did_not_handle_to_the_new_one() {
    let (server, _con) = empty();
    register(&server, "continue", true);
    untyped(&server, &["SET", "gate", "1"]);
    add(&server, 0..5);
    eventually("message 1 is met", || list(&server, "begun").len() == 2);
    register(&server, "continue", true);
    untyped(&server, &["DEL", "gate"]);
    eventually("all are handled", || list(&server, "handled").len() >= 5);
    eventually("all are gone", || untyped(&server, &["XLEN", "s"]) == "0");
    assert_eq!(list(&server, "handled"), ["0", "1", "2", "3", "4"]);
}

#[test]
fn messages_that_were_removed_while_they_waited_hold_nothing_up() {
    let (server, _con) = empty();
    add(&server, 0..4);
    untyped(
        &server,
        &["XGROUP", "CREATE", "s", "__gears_consumer_group__", "0"],
    );
    let read = [
        "XREADGROUP",
        "GROUP",
        "__gears_consumer_group__",
        "__gears_client__",
        "COUNT",
        "3",
        "STREAMS",
        "s",
        ">",
    ];
    assert!(untyped(&server, &read).contains('2'));
    // The two oldest of the three that were delivered.
    untyped(&server, &["XTRIM", "s", "MAXLEN", "2"]);
    register(&server, "continue", false);
    eventually("the others are handled", || {
        list(&server, "handled").len() == 2
    });
    assert_eq!(list(&server, "handled"), ["2", "3"]);
    eventually("none is pending", || unacknowledged(&server) == "0");
}

/// Streams by the same name, one after the other. Ids begin anew with each.
#[test]
fn a_stream_that_comes_back_is_read() {
    let (server, _con) = empty();
    register(&server, "continue", false);
    let group = ["XGROUP", "DESTROY", "s", "__gears_consumer_group__"];
    let ends: [(&str, &[&[&str]]); 6] = [
        ("deleted", &[&["DEL", "s"]]),
        ("flushed", &[&["FLUSHALL"]]),
        ("swapped", &[&["SWAPDB", "0", "1"], &["FLUSHALL"]]),
        ("renamed", &[&["RENAME", "s", "old"]]),
        (
            "replaced",
            &[
                &["XADD", "other", "1-1", "n", "-"],
                &["XTRIM", "other", "MAXLEN", "0"],
                &["RENAME", "other", "s"],
                &["XSETID", "s", "0-1"],
            ],
        ),
        (
            "without its group",
            &[
                &group,
                &["XTRIM", "s", "MAXLEN", "0"],
                &["XSETID", "s", "0-1"],
            ],
        ),
    ];
    for (end, commands) in ends {
        for id in ["7-1", "7-2"] {
            untyped(&server, &["XADD", "s", id, "n", end]);
        }
        eventually(end, || list(&server, "handled") == [end, end]);
        eventually("none is pending", || unacknowledged(&server) == "0");
        for command in commands {
            let answer = untyped(&server, command);
            assert!(!answer.contains("ERR"), "{command:?}: {answer}");
        }
        untyped(&server, &["XADD", "s", "2-1", "n", "after"]);
        let read = || {
            list(&server, "handled")
                .last()
                .is_some_and(|n| n == "after")
        };
        eventually("the one that came back is read", read);
        untyped(&server, &["FLUSHALL"]);
    }
}

#[test]
fn a_stream_that_is_deleted_in_the_middle_of_a_batch_is_read_when_it_comes_back() {
    let (server, _con) = empty();
    register(&server, "continue", true);
    untyped(&server, &["SET", "gate", "1"]);
    add(&server, 1..3);
    eventually("message 1 is met", || list(&server, "begun").len() == 1);
    untyped(&server, &["DEL", "s"]);
    untyped(&server, &["XADD", "s", "1-1", "n", "3"]);
    assert_eq!(list(&server, "begun"), ["1"]);
    untyped(&server, &["DEL", "gate"]);
    eventually("the new one is read", || {
        list(&server, "handled").len() == 2
    });
    assert_eq!(list(&server, "handled"), ["1", "3"]);
    eventually("all are gone", || untyped(&server, &["XLEN", "s"]) == "0");
}

#[test]
fn a_pause_stays_one_when_the_batch_fails_meanwhile() {
    let (server, _con) = empty();
    let script = "
import time
def handle(r):
    execute('INCR', 'begun')
    while execute('EXISTS', 'gate'):
        time.sleep(0.005)
    raise Exception('no')
GB('StreamReader').foreach(handle).register('s', onFailedPolicy='retry', onFailedRetryInterval=1)
";
    untyped(&server, &["SET", "gate", "1"]);
    untyped(&server, &["RG.PYEXECUTE", script]);
    add(&server, 0..1);
    eventually("it begins", || untyped(&server, &["GET", "begun"]) == "1");
    let id = untyped(&server, &["RG.DUMPREGISTRATIONS"]);
    let id = id.lines().nth(1).unwrap();
    assert_eq!(untyped(&server, &["RG.PAUSEREGISTRATIONS", id]), "OK");
    untyped(&server, &["DEL", "gate"]);
    eventually("it fails", || {
        let rows = untyped(&server, &["RG.DUMPREGISTRATIONS"]);
        rows.contains("Exception: no")
    });
    let rows = untyped(&server, &["RG.DUMPREGISTRATIONS"]);
    assert!(rows.contains("PAUSED"), "{rows}");
}

#[test]
fn a_timer_goes_on_after_a_run_that_was_stopped() {
    let (server, _con) = empty();
    let script = "
import time
def tick():
    if execute('INCR', 'ticks') == 1:
        time.sleep(1000)
GB('CommandReader').map(lambda x: registerTE(1, tick)).register(trigger='unused')
registerTE(1, tick)
";
    untyped(&server, &["RG.PYEXECUTE", script]);
    eventually("it runs", || untyped(&server, &["GET", "ticks"]) == "1");
    untyped(&server, &["RG.ABORTEXECUTION", &running(&server)]);
    eventually("it runs again", || {
        untyped(&server, &["GET", "ticks"]) == "2"
    });
}

/// What nobody has read yet when the reading stops.
#[test]
fn streams_that_begin_while_nothing_is_read_are_read_afterwards() {
    let (server, _con) = empty();
    let script = "
def handle(r):
    if r['value']['n'] == 'fails' and not execute('GET', 'mended'):
        raise ValueError('not yet')
    execute('RPUSH', 'handled', r['value']['n'])
GB('StreamReader').foreach(handle).register('p:*', onFailedPolicy='retry', onFailedRetryInterval=1)
";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", script]), "OK");
    let all = untyped(&server, &["RG.DUMPREGISTRATIONS"]);
    let id = all.lines().nth(1).unwrap().to_owned();
    let handled = |expected: &[&str]| {
        eventually("they are handled", || list(&server, "handled") == expected);
    };

    untyped(&server, &["RG.PAUSEREGISTRATIONS", &id]);
    untyped(&server, &["XADD", "p:1", "*", "n", "paused"]);
    untyped(&server, &["RG.UNPAUSEREGISTRATIONS", &id]);
    handled(&["paused"]);

    untyped(&server, &["XADD", "p:1", "*", "n", "fails"]);
    eventually("it waits", || {
        untyped(&server, &["RG.DUMPREGISTRATIONS"]).contains("WAITING_FOR_RETRY")
    });
    untyped(&server, &["XADD", "p:2", "*", "n", "waits"]);
    untyped(&server, &["DEL", "p:1"]);
    untyped(&server, &["XADD", "p:1", "*", "n", "anew"]);
    eventually("both are handled", || {
        let mut now = list(&server, "handled");
        now.sort();
        now == ["anew", "paused", "waits"]
    });
}

/// A master that was a replica for a while: what the other one took and did not handle is handled.
#[test]
fn a_master_goes_on_where_another_one_has_ended() {
    let ((first, first_port), (second, second_port)) = (master(), master());
    let follow = |server: &Server, port: u16| {
        untyped(server, &["REPLICAOF", "127.0.0.1", &port.to_string()]);
        eventually("the link is up", || {
            untyped(server, &["INFO", "replication"]).contains("master_link_status:up")
        });
    };
    let alone = |server: &Server| untyped(server, &["REPLICAOF", "NO", "ONE"]);
    follow(&second, first_port);
    register(&first, "continue", false);
    add(&first, 0..1);
    eventually("the first handles one", || list(&first, "handled") == ["0"]);
    eventually("the second knows", || list(&second, "handled") == ["0"]);

    alone(&second);
    follow(&first, second_port);
    untyped(&second, &["SET", "gate", "1"]);
    add(&second, 1..3);
    eventually("the second begins one", || {
        list(&second, "begun") == ["0", "1"]
    });
    eventually("the first knows that", || unacknowledged(&first) == "1");
    second.kill().unwrap();

    alone(&first);
    untyped(&first, &["DEL", "gate"]);
    eventually("the first handles both", || {
        list(&first, "handled").len() >= 3
    });
    assert_eq!(list(&first, "handled"), ["0", "1", "2"]);
}
