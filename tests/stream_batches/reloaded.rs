//! Messages that are too few for a batch when the server is restarted or loads its data again.

use crate::common::{eventually, untyped};
use crate::{add, list, unacknowledged};
use redgrease_embedded::Server;

const SCRIPT: &str = "GB('StreamReader').foreach(lambda r: execute('RPUSH', 'handled', r['value']['n'])).register('PREFIX', batch=5, mode='MODE')";

fn start(server: &Server, prefix: &str, mode: &str) {
    let script = SCRIPT.replace("PREFIX", prefix).replace("MODE", mode);
    assert_eq!(untyped(server, &["RG.PYEXECUTE", &script]), "OK");
}

/// A server that allows DEBUG, which newer ones do only if a setting says so.
fn with_debug() -> Server {
    let allowing = Server::builder().server_arg("enable-debug-command", "yes");
    allowing.start().or_else(|_| Server::start()).unwrap()
}

fn reload(server: &Server) {
    assert_eq!(untyped(server, &["DEBUG", "RELOAD"]), "OK");
}

const MODES: [&str; 3] = ["async", "async_local", "sync"];

/// Three of five messages are handled when the server is back, and later ones wait for a full batch as before.
fn assert_three_and_then_five(server: &Server) {
    eventually("three are handled", || list(server, "handled").len() == 3);
    eventually("their batch is over", || {
        untyped(server, &["XLEN", "s"]) == "0"
    });
    add(server, 3..7);
    eventually("they are in the stream", || {
        untyped(server, &["XLEN", "s"]) == "4"
    });
    assert_eq!(list(server, "handled").len(), 3, "four wait for the fifth");
    add(server, 7..8);
    eventually("a full batch", || list(server, "handled").len() == 8);
    let expected: Vec<String> = (0..8).map(|n| n.to_string()).collect();
    assert_eq!(list(server, "handled"), expected);
    eventually("no message is pending", || unacknowledged(server) == "0");
}

#[test]
fn too_few_messages_are_handled_after_a_restart() {
    for prefix in ["s", "s*"] {
        for mode in MODES {
            let dir = tempfile::tempdir().unwrap();
            let kept = || Server::builder().dir(dir.path()).start().unwrap();
            let server = kept();
            start(&server, prefix, mode);
            add(&server, 0..3);
            assert!(list(&server, "handled").is_empty());
            assert_eq!(untyped(&server, &["SAVE"]), "OK");
            server.stop().unwrap();
            assert_three_and_then_five(&kept());
        }
    }
}

#[test]
fn too_few_messages_are_handled_after_a_reload() {
    for prefix in ["s", "s*"] {
        for mode in MODES {
            let server = with_debug();
            start(&server, prefix, mode);
            add(&server, 0..3);
            assert!(list(&server, "handled").is_empty());
            reload(&server);
            assert_three_and_then_five(&server);
        }
    }
}

#[test]
fn a_stream_without_messages_waits_for_a_full_batch_after_a_reload() {
    let server = with_debug();
    start(&server, "s", "async");
    add(&server, 0..5);
    eventually("five are handled", || list(&server, "handled").len() == 5);
    // A reload during the batch makes later messages due.
    eventually("their batch is over", || {
        untyped(&server, &["XLEN", "s"]) == "0"
    });
    reload(&server);
    add(&server, 5..8);
    add(&server, 8..9);
    assert_eq!(list(&server, "handled").len(), 5);
    add(&server, 9..10);
    eventually("ten are handled", || list(&server, "handled").len() == 10);
}

/// A reload during a batch: the rest is handled when the batch has ended.
#[test]
fn a_reload_during_a_batch_makes_the_rest_due() {
    let server = with_debug();
    let script = "
import time
def handle(r):
    n = r['value']['n']
    execute('RPUSH', 'begun', n)
    while execute('GET', 'gate') == n:
        time.sleep(0.005)
    execute('RPUSH', 'handled', n)
GB('StreamReader').foreach(handle).register('s', batch=5)
";
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", script]), "OK");
    untyped(&server, &["SET", "gate", "2"]);
    add(&server, 0..8);
    eventually("message 2 is being handled", || {
        list(&server, "begun").len() == 3
    });
    reload(&server);
    untyped(&server, &["DEL", "gate"]);
    eventually("all are handled", || list(&server, "handled").len() >= 8);
    let expected: Vec<String> = (0..8).map(|n| n.to_string()).collect();
    assert_eq!(list(&server, "handled"), expected);
}

/// One message is one run: `numTriggered` counts batches, and no run of nothing.
#[test]
fn one_message_counts_one() {
    for mode in MODES {
        let server = with_debug();
        let script = format!(
            "GB('StreamReader').count().foreach(lambda n: execute('RPUSH', 'handled', n)).register('s*', mode='{mode}')"
        );
        assert_eq!(untyped(&server, &["RG.PYEXECUTE", &script]), "OK");
        for n in 1..=3 {
            add(&server, n..n + 1);
            eventually("it is handled", || {
                crate::field(&server, "numSuccess") == n.to_string()
            });
            assert_eq!(crate::field(&server, "numTriggered"), n.to_string());
        }
        let id = crate::id(&server);
        untyped(&server, &["RG.PAUSEREGISTRATIONS", &id]);
        untyped(&server, &["RG.UNPAUSEREGISTRATIONS", &id]);
        reload(&server);
        add(&server, 4..5);
        eventually("it is handled", || list(&server, "handled").len() == 4);
        assert_eq!(list(&server, "handled"), ["1", "1", "1", "1"], "{mode}");
        // The statistics have begun anew.
        eventually("it is counted", || {
            crate::field(&server, "numSuccess") == "1"
        });
        assert_eq!(crate::field(&server, "numTriggered"), "1");
    }
}

/// The batch of before ends first, and the messages that it has handled are not handled again.
#[test]
fn a_reload_keeps_the_order_of_a_batch_that_runs() {
    for mode in ["async", "async_local"] {
        let server = with_debug();
        let script = format!(
            "
import time
def handle(r):
    time.sleep(0.05)
    execute('RPUSH', 'handled', r['value']['n'])
GB('StreamReader').foreach(handle).register('s', batch=5, mode='{mode}')"
        );
        assert_eq!(untyped(&server, &["RG.PYEXECUTE", &script]), "OK");
        add(&server, 0..15);
        for handled in [2, 7] {
            eventually("the batch runs", || {
                list(&server, "handled").len() >= handled
            });
            reload(&server);
        }
        eventually("all are handled", || list(&server, "handled").len() >= 15);
        let expected: Vec<String> = (0..15).map(|n| n.to_string()).collect();
        assert_eq!(list(&server, "handled"), expected, "{mode}");
    }
}

/// A pause is not stored: what was paused reads again.
#[test]
fn a_pause_ends_with_a_restart_and_an_upgrade() {
    let script = SCRIPT
        .replace("batch=5, mode='MODE'", "batch=1")
        .replace("PREFIX", "s");
    let dir = tempfile::tempdir().unwrap();
    let kept = || Server::builder().dir(dir.path()).start().unwrap();
    let register = |server: &Server, more: &[&str]| {
        let words = [&["RG.PYEXECUTE", script.as_str(), "ID", "app"], more].concat();
        assert_eq!(untyped(server, &words), "OK");
    };
    let pause = |server: &Server, number: u32| {
        let id = crate::id(server);
        assert_eq!(untyped(server, &["RG.PAUSEREGISTRATIONS", &id]), "OK");
        add(server, number..number + 1);
        assert_eq!(crate::field(server, "status"), "PAUSED");
    };
    let reads = |server: &Server, count: usize| {
        eventually("it reads", || list(server, "handled").len() == count);
        assert_eq!(crate::field(server, "status"), "OK");
    };
    let server = kept();
    register(&server, &[]);
    pause(&server, 0);
    register(&server, &["UPGRADE"]);
    reads(&server, 1);
    pause(&server, 1);
    assert_eq!(list(&server, "handled"), ["0"]);
    server.stop().unwrap();
    let server = kept();
    reads(&server, 2);
}
