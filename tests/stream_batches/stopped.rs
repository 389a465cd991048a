//! Stopped batches, and registrations that pause.

use crate::common::{empty, eventually, untyped};
use crate::{add, list, register, running, unacknowledged};

#[test]
fn with_retry_a_stopped_batch_is_read_again() {
    let (server, _con) = empty();
    register(&server, "retry", true);
    untyped(&server, &["SET", "gate", "1"]);
    add(&server, 0..3);
    eventually("message 1 is being handled", || {
        list(&server, "begun").len() == 2
    });
    untyped(&server, &["RG.ABORTEXECUTION", &running(&server)]);
    untyped(&server, &["DEL", "gate"]);
    eventually("all are handled", || list(&server, "handled").len() == 3);
    assert_eq!(list(&server, "handled"), ["0", "1", "2"]);
    eventually("the stream is empty", || {
        untyped(&server, &["XLEN", "s"]) == "0"
    });
}

/// The handler catches the interruption and continues.
#[test]
fn a_batch_stopped_between_two_messages_is_read_again() {
    let (server, _con) = empty();
    let script = "
import time
def handle(r):
    n = r['value']['n']
    execute('RPUSH', 'begun', n)
    try:
        while execute('GET', 'gate') == n:
            time.sleep(0.005)
    except Exception:
        execute('DEL', 'gate')
    execute('RPUSH', 'handled', n)
GB('StreamReader').foreach(handle).register('s', batch=3, onFailedPolicy='retry', onFailedRetryInterval=1)
";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", script]), "OK");
    untyped(&server, &["SET", "gate", "1"]);
    add(&server, 0..3);
    eventually("message 1 is being handled", || {
        list(&server, "begun").len() == 2
    });
    untyped(&server, &["RG.ABORTEXECUTION", &running(&server)]);
    eventually("the last one is handled", || {
        list(&server, "handled").contains(&"2".to_owned())
    });
    eventually("the stream is empty", || {
        untyped(&server, &["XLEN", "s"]) == "0"
    });
}

#[test]
fn with_continue_a_stopped_batch_is_skipped() {
    let (server, _con) = empty();
    register(&server, "continue", false);
    untyped(&server, &["SET", "gate", "1"]);
    add(&server, 0..3);
    eventually("message 1 is being handled", || {
        list(&server, "begun").len() == 2
    });
    untyped(&server, &["RG.ABORTEXECUTION", &running(&server)]);
    eventually("the next is handled", || {
        list(&server, "handled").len() == 2
    });
    assert_eq!(list(&server, "handled"), ["0", "2"]);
    eventually("no message is pending", || unacknowledged(&server) == "0");
}

#[test]
fn a_new_registration_handles_the_messages_left_by_the_old_one() {
    let (server, _con) = empty();
    register(&server, "continue", true);
    untyped(&server, &["SET", "gate", "1"]);
    add(&server, 0..5);
    eventually("message 1 is being handled", || {
        list(&server, "begun").len() == 2
    });
    register(&server, "continue", true);
    untyped(&server, &["DEL", "gate"]);
    eventually("all are handled", || list(&server, "handled").len() >= 5);
    eventually("the stream is empty", || {
        untyped(&server, &["XLEN", "s"]) == "0"
    });
    assert_eq!(list(&server, "handled"), ["0", "1", "2", "3", "4"]);
}

#[test]
fn removed_pending_messages_are_skipped() {
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
    // Removes the two oldest of the three delivered messages.
    untyped(&server, &["XTRIM", "s", "MAXLEN", "2"]);
    register(&server, "continue", false);
    eventually("the others are handled", || {
        list(&server, "handled").len() == 2
    });
    assert_eq!(list(&server, "handled"), ["2", "3"]);
    eventually("no message is pending", || unacknowledged(&server) == "0");
}

#[test]
fn a_paused_registration_stays_paused_when_its_batch_fails() {
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
fn a_timer_continues_after_a_stopped_run() {
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

/// New streams are remembered while a registration is paused or waits for a retry.
#[test]
fn streams_created_during_a_pause_are_read_afterwards() {
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
