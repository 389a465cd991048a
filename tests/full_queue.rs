//! Events that happen while too many executions wait for a thread: they are left out, and an operator can see it.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::{eventually, untyped};
use redgrease_embedded::Server;
use std::fs;
use std::thread;

/// `hold` keeps a thread busy while the key `gate` exists.
const HOLD: &str = "
import time
def hold(r):
    while execute('EXISTS', 'gate'):
        time.sleep(0.005)
GB('CommandReader').map(hold).register(trigger='hold', mode='async_local')
";

/// A server with one worker thread and room for one waiting execution, and with the gears of `script` beside `hold`.
fn narrow(script: &str) -> Server {
    let server = Server::builder()
        .module_arg("ExecutionThreads", "1")
        .module_arg("ExecutionQueueSize", "1")
        .module_arg("AdditionalThreads", "0")
        .start()
        .unwrap();
    let script = format!("{HOLD}{script}");
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", &script]), "OK");
    server
}

/// A field of the engine's own section of `INFO`.
fn field(server: &Server, name: &str) -> Option<u64> {
    let section = untyped(server, &["INFO", "rg_engine"]);
    let start = format!("rg_{name}:");
    let line = section.lines().find_map(|line| line.strip_prefix(&start))?;
    line.trim().parse().ok()
}

/// Opens the gate when it is dropped, so that a test that fails does not wait for `hold`.
struct Gate<'a>(&'a Server);

impl Gate<'_> {
    fn close(server: &Server) -> Gate<'_> {
        untyped(server, &["SET", "gate", "closed"]);
        Gate(server)
    }
}

impl Drop for Gate<'_> {
    fn drop(&mut self) {
        untyped(self.0, &["DEL", "gate"]);
    }
}

/// Runs `body` while the only worker thread is busy and the queue is full.
fn with_full_queue(server: &Server, body: impl FnOnce()) {
    thread::scope(|scope| {
        let _gate = Gate::close(server);
        scope.spawn(|| untyped(server, &["RG.TRIGGER", "hold"]));
        eventually("the thread is busy", || {
            untyped(server, &["RG.DUMPEXECUTIONS"]).contains("running")
        });
        scope.spawn(|| untyped(server, &["RG.TRIGGER", "hold"]));
        eventually("the queue is full", || {
            field(server, "waiting_executions") == Some(1)
        });
        body();
    });
}

#[test]
fn a_tick_that_is_left_out_is_logged_and_counted() {
    let server = narrow("");
    with_full_queue(&server, || {
        let script = "registerTE(1, lambda: execute('INCR', 'ticks'))";
        assert_eq!(untyped(&server, &["RG.PYEXECUTE", script]), "OK");
        eventually("the log tells of a tick that was left out", || {
            let log = fs::read_to_string(server.log_path()).unwrap();
            log.contains("a run of a time event was left out: ERR too many executions wait")
        });
        assert!(field(&server, "refused_executions") >= Some(1));
        assert_eq!(untyped(&server, &["EXISTS", "ticks"]), "0");
    });
    eventually("the time event goes on", || {
        let ticks = untyped(&server, &["GET", "ticks"]);
        ticks.parse::<u32>().is_ok_and(|ticks| ticks >= 2)
    });
}

#[test]
fn a_key_event_that_is_left_out_is_a_failure_of_its_registration_and_counted() {
    let server = narrow(
        "GB('KeysReader').foreach(lambda r: execute('INCR', 'events')).register('k:*', mode='async_local')",
    );
    with_full_queue(&server, || {
        assert_eq!(untyped(&server, &["SET", "k:1", "v"]), "OK");
        assert_eq!(untyped(&server, &["SET", "k:2", "v"]), "OK");
        let rows = untyped(&server, &["RG.DUMPREGISTRATIONS"]);
        assert!(
            rows.contains("numTriggered\n2\nnumSuccess\n0\nnumFailures\n2\n"),
            "{rows}"
        );
        assert!(rows.contains("ExecutionQueueSize, 1"), "{rows}");
        assert_eq!(field(&server, "refused_executions"), Some(2));
    });
    untyped(&server, &["SET", "k:3", "v"]);
    eventually("the next event is handled", || {
        untyped(&server, &["GET", "events"]) == "1"
    });
}
