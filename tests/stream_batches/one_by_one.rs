//! A plan without memory handles one message after the other, and each is acknowledged when it is handled.

use crate::common::{empty, eventually, untyped};
use crate::{add, list, running, unacknowledged};
use redgrease_embedded::Server;

/// Handles batches of five. Waits at the message whose number is in `gate`, and fails at the one whose number is in `bad`.
const SCRIPT: &str = "
import time
def handle(r):
    n = r['value']['n']
    execute('RPUSH', 'begun', n)
    while execute('GET', 'gate') == n:
        time.sleep(0.005)
    if execute('GET', 'bad') == n:
        raise ValueError('bad')
    execute('RPUSH', 'handled', n)
GB('StreamReader').STEPS.register('s', batch=5, mode=MODE, onFailedPolicy=POLICY, onFailedRetryInterval=1)
";

const STEPS: &str = "foreach(handle)";

fn start(server: &Server, mode: &str, policy: &str, steps: &str) {
    let script = SCRIPT
        .replace("STEPS", steps)
        .replace("MODE", &format!("'{mode}'"))
        .replace("POLICY", &format!("'{policy}'"));
    assert_eq!(untyped(server, &["RG.PYEXECUTE", &script]), "OK");
}

#[test]
fn a_message_is_acknowledged_and_removed_when_it_is_handled() {
    for steps in [
        STEPS,
        "map(lambda r: handle(r) or r).filter(lambda r: True)",
        "foreach(handle).flatmap(lambda r: [r, r]).filter(lambda r: False)",
    ] {
        let (server, _con) = empty();
        start(&server, "async", "retry", steps);
        untyped(&server, &["SET", "gate", "3"]);
        add(&server, 0..5);
        eventually("message 3 is being handled", || {
            list(&server, "begun").len() == 4
        });
        assert_eq!(unacknowledged(&server), "2", "{steps}");
        assert_eq!(untyped(&server, &["XLEN", "s"]), "2", "{steps}");
        untyped(&server, &["DEL", "gate"]);
        eventually("all are handled", || unacknowledged(&server) == "0");
        assert_eq!(list(&server, "handled"), ["0", "1", "2", "3", "4"]);
    }
}

#[test]
fn a_plan_with_memory_is_acknowledged_as_a_whole() {
    for steps in [
        "foreach(handle).count()",
        "foreach(handle).accumulate(lambda a, r: 1)",
        "foreach(handle).limit(9)",
        "foreach(handle).countby(lambda r: 1)",
    ] {
        let (server, _con) = empty();
        start(&server, "async", "retry", steps);
        untyped(&server, &["SET", "gate", "3"]);
        add(&server, 0..5);
        eventually("message 3 is being handled", || {
            list(&server, "begun").len() == 4
        });
        assert_eq!(unacknowledged(&server), "5", "{steps}");
        untyped(&server, &["DEL", "gate"]);
        eventually("all are handled", || unacknowledged(&server) == "0");
        assert_eq!(list(&server, "handled"), ["0", "1", "2", "3", "4"]);
    }
}

#[test]
fn a_failed_message_is_tried_again_and_those_before_it_are_not() {
    for mode in ["async", "async_local"] {
        let (server, _con) = empty();
        start(&server, mode, "retry", STEPS);
        untyped(&server, &["SET", "bad", "2"]);
        add(&server, 0..5);
        eventually("it is tried again", || list(&server, "begun").len() >= 4);
        untyped(&server, &["DEL", "bad"]);
        eventually("all are handled", || unacknowledged(&server) == "0");
        assert_eq!(
            list(&server, "handled"),
            ["0", "1", "2", "3", "4"],
            "{mode}"
        );
        let begun = list(&server, "begun");
        assert_eq!(begun[..3], ["0", "1", "2"], "{mode}");
        let again = begun.iter().filter(|n| *n == "0" || *n == "1").count();
        assert_eq!(again, 2, "{mode}: {begun:?}");
    }
}

#[test]
fn continue_skips_the_failed_message_only() {
    for mode in ["async", "async_local", "sync"] {
        let (server, _con) = empty();
        start(&server, mode, "continue", STEPS);
        untyped(&server, &["SET", "bad", "2"]);
        add(&server, 0..5);
        eventually("all are read", || unacknowledged(&server) == "0");
        eventually("the others are handled", || {
            list(&server, "handled") == ["0", "1", "3", "4"]
        });
        assert_eq!(list(&server, "begun"), ["0", "1", "2", "3", "4"], "{mode}");
    }
}

#[test]
fn abort_leaves_the_failed_message_and_those_behind_it() {
    let (server, _con) = empty();
    start(&server, "async", "abort", STEPS);
    untyped(&server, &["SET", "bad", "2"]);
    add(&server, 0..5);
    eventually("it stops", || crate::field(&server, "status") == "ABORTED");
    assert_eq!(unacknowledged(&server), "3");
    untyped(&server, &["DEL", "bad"]);
    let resumed = untyped(&server, &["RG.UNPAUSEREGISTRATIONS", &crate::id(&server)]);
    assert_eq!(resumed, "OK");
    eventually("all are handled", || unacknowledged(&server) == "0");
    assert_eq!(list(&server, "handled"), ["0", "1", "2", "3", "4"]);
}

#[test]
fn a_handler_that_asks_for_a_pause_keeps_its_message_and_those_behind_it() {
    for mode in ["async", "async_local", "sync"] {
        let (server, _con) = empty();
        let script = SCRIPT
            .replace("ValueError('bad')", "Exception('PAUSE')")
            .replace("STEPS", STEPS)
            .replace("MODE", &format!("'{mode}'"))
            .replace("POLICY", "'continue'");
        assert_eq!(untyped(&server, &["RG.PYEXECUTE", &script]), "OK");
        untyped(&server, &["SET", "bad", "2"]);
        add(&server, 0..5);
        eventually("it pauses", || crate::field(&server, "status") == "PAUSED");
        assert_eq!(unacknowledged(&server), "3", "{mode}");
        assert_eq!(untyped(&server, &["XLEN", "s"]), "3", "{mode}");
        untyped(&server, &["DEL", "bad"]);
        let resumed = untyped(&server, &["RG.UNPAUSEREGISTRATIONS", &crate::id(&server)]);
        assert_eq!(resumed, "OK");
        eventually("all are handled", || unacknowledged(&server) == "0");
        assert_eq!(
            list(&server, "handled"),
            ["0", "1", "2", "3", "4"],
            "{mode}"
        );
    }
}

/// The batch ends on another thread. The messages behind it are read all the same, without another message.
#[test]
fn a_sync_registration_goes_on_behind_a_batch_that_waited() {
    for handler in [
        "async def handle(r):
    await asyncio.sleep(0.002)
    execute('RPUSH', 'handled', r['value']['n'])",
        "async def handle(r):
    execute('RPUSH', 'handled', r['value']['n'])",
        "def handle(r):
    future = gearsFuture()
    def go_on():
        execute('RPUSH', 'handled', r['value']['n'])
        future.continueRun(1)
    threading.Thread(target=go_on).start()
    return future",
        // The third message fails.
        "async def handle(r):
    await asyncio.sleep(0.002)
    execute('RPUSH', 'handled', r['value']['n'])
    if r['value']['n'] == '2':
        raise ValueError('bad')",
    ] {
        for batch in ["batch=1", "batch=2, duration=5", "batch=4, duration=5"] {
            let (server, _con) = empty();
            let script = format!(
                "import asyncio, threading\n{handler}\nGB('StreamReader').map(handle).register('s', mode='sync', {batch})"
            );
            assert_eq!(untyped(&server, &["RG.PYEXECUTE", &script]), "OK");
            add(&server, 0..7);
            eventually("all are handled", || list(&server, "handled").len() == 7);
            assert_eq!(
                list(&server, "handled"),
                ["0", "1", "2", "3", "4", "5", "6"]
            );
            eventually("all are acknowledged", || unacknowledged(&server) == "0");
            assert_eq!(untyped(&server, &["XLEN", "s"]), "0");
        }
    }
}

/// A sync batch keeps the server busy. While it waits for a coroutine it does not, and others see what is done.
#[test]
fn a_sync_batch_that_waits_has_acknowledged_what_was_handled() {
    let script = "
import asyncio
async def handle(r):
    n = r['value']['n']
    execute('RPUSH', 'begun', n)
    while execute('GET', 'gate') == n:
        await asyncio.sleep(0.005)
    execute('RPUSH', 'handled', n)
GB('StreamReader').foreach(handle).register('s', batch=5, mode='sync')
";
    let (server, _con) = empty();
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", script]), "OK");
    untyped(&server, &["SET", "gate", "3"]);
    add(&server, 0..5);
    eventually("message 3 is being handled", || {
        list(&server, "begun").len() == 4
    });
    assert_eq!(unacknowledged(&server), "2");
    assert_eq!(untyped(&server, &["XLEN", "s"]), "2");
    untyped(&server, &["DEL", "gate"]);
    eventually("all are handled", || unacknowledged(&server) == "0");
    assert_eq!(list(&server, "handled"), ["0", "1", "2", "3", "4"]);
}

#[test]
fn an_aborted_execution_does_not_handle_messages_again() {
    for (policy, expected) in [
        ("retry", vec!["0", "1", "2", "3", "4"]),
        ("continue", vec!["0", "1", "3", "4"]),
    ] {
        let (server, _con) = empty();
        start(&server, "async", policy, STEPS);
        untyped(&server, &["SET", "gate", "2"]);
        add(&server, 0..5);
        eventually("message 2 is being handled", || {
            list(&server, "begun").len() == 3
        });
        untyped(&server, &["RG.ABORTEXECUTION", &running(&server)]);
        untyped(&server, &["DEL", "gate"]);
        eventually("the others are handled", || {
            list(&server, "handled").len() == expected.len()
        });
        assert_eq!(list(&server, "handled"), expected, "{policy}");
        eventually("no message is pending", || unacknowledged(&server) == "0");
    }
}

/// The thread of an aborted handler may be stuck in a call of the system. When it comes back, another batch has handled its
/// message.
#[test]
fn a_handler_that_was_given_up_runs_no_command() {
    let (server, _con) = empty();
    let script = "
import time
from functools import partial
def handle(r):
    if execute('INCR', 'tries') == 1:
        # One call of C code: no line of Python in between could raise.
        jobs = [partial(time.sleep, 2), partial(open, 'back', 'w'), partial(execute, 'SET', 'late', 'written')]
        list(map(partial.__call__, jobs))
    else:
        execute('RPUSH', 'handled', r['value']['n'])
GB('StreamReader').foreach(handle).register('s', onFailedPolicy='retry', onFailedRetryInterval=1)
";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", script]), "OK");
    add(&server, 0..2);
    eventually("it begins", || untyped(&server, &["GET", "tries"]) == "1");
    untyped(&server, &["RG.ABORTEXECUTION", &running(&server)]);
    eventually("others take over", || {
        list(&server, "handled") == ["0", "1"]
    });
    eventually("the old thread comes back", || {
        server.dir().join("back").exists()
    });
    // Another message is handled meanwhile.
    add(&server, 2..3);
    eventually("it is handled", || list(&server, "handled").len() == 3);
    assert_eq!(untyped(&server, &["EXISTS", "late"]), "0");
}

/// The server dies during a batch. Only the message that was being handled is handled again.
#[test]
fn a_killed_server_goes_on_at_the_message_that_it_handled() {
    let dir = tempfile::tempdir().unwrap();
    let start_server = || {
        Server::builder()
            .dir(dir.path())
            .server_arg("appendonly", "yes")
            .server_arg("appendfsync", "always")
            .start()
            .unwrap()
    };
    let server = start_server();
    start(&server, "async", "retry", STEPS);
    untyped(&server, &["SET", "gate", "3"]);
    add(&server, 0..5);
    eventually("message 3 is being handled", || {
        list(&server, "begun").len() == 4
    });
    assert_eq!(unacknowledged(&server), "2");
    server.kill().unwrap();
    let server = start_server();
    untyped(&server, &["DEL", "gate"]);
    eventually("all are handled", || unacknowledged(&server) == "0");
    assert_eq!(list(&server, "handled"), ["0", "1", "2", "3", "4"]);
    assert_eq!(list(&server, "begun"), ["0", "1", "2", "3", "3", "4"]);
}
