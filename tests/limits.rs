//! Limits and aborts: whatever a gear does, the server keeps running and every client is answered.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::{empty, eventually, untyped};
use redgrease_embedded::Server;
use std::thread;

/// Gears that do not end: Python that can be interrupted, Python that catches every exception, C code
/// that has released the interpreter, and coroutines.
const ENDLESS: &str = "
import time, socket
def busy(x):
    while True:
        pass
swallowed = []
def stubborn(x):
    while True:
        try:
            while True:
                pass
        except Exception:
            swallowed.append(1)
def stuck(x):
    a, b = socket.socketpair()
    a.settimeout(3)
    a.recv(1)
async def waiting(x):
    import asyncio
    await asyncio.sleep(1000)
async def spinning(x):
    while True:
        pass
for f in (busy, stubborn, stuck, waiting, spinning):
    GB('CommandReader').map(f).register(trigger=f.__name__, mode='async_local')
    GB('CommandReader').map(f).register(trigger='sync_' + f.__name__, mode='sync')
GB('CommandReader').map(lambda x: 'fine').register(trigger='fine', mode='async_local')
GB('CommandReader').map(lambda x: len(swallowed)).register(trigger='swallowed', mode='async_local')
async def awaited(x):
    return 'awaited'
GB('CommandReader').map(awaited).register(trigger='awaited', mode='async_local')
";

fn with(settings: &[(&str, &str)]) -> Server {
    let (server, _con) = empty();
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", ENDLESS]), "OK");
    for (name, value) in settings {
        untyped(&server, &["RG.CONFIGSET", name, value]);
    }
    server
}

fn still_works(server: &Server) {
    assert_eq!(untyped(server, &["PING"]), "PONG");
    assert_eq!(untyped(server, &["RG.TRIGGER", "fine"]), "fine");
    assert_eq!(untyped(server, &["RG.TRIGGER", "awaited"]), "awaited");
    assert!(untyped(server, &["RG.DUMPEXECUTIONS"]).is_empty());
}

fn stat(server: &Server, trigger: &str, name: &str) -> String {
    let all = untyped(server, &["RG.DUMPREGISTRATIONS"]);
    let rows: Vec<&str> = all.lines().collect();
    let at = rows.windows(2).position(|two| two == ["trigger", trigger]);
    let before = &rows[..at.unwrap()];
    let at = before.iter().rposition(|row| *row == name).unwrap();
    before[at + 1].to_owned()
}

#[test]
fn a_long_execution_is_stopped_with_a_reason() {
    let server = with(&[("ExecutionMaxTime", "200")]);
    for trigger in [
        "busy",
        "stuck",
        "waiting",
        "spinning",
        "sync_busy",
        "sync_waiting",
        "sync_spinning",
    ] {
        let answer = untyped(&server, &["RG.TRIGGER", trigger]);
        assert!(
            answer.contains("longer than ExecutionMaxTime, 200 ms"),
            "{trigger}: {answer}"
        );
        assert_eq!(stat(&server, trigger, "numAborted"), "1", "{trigger}");
    }
    let outcome = untyped(
        &server,
        &[
            "RG.PYEXECUTE",
            "def f(x):\n while True: pass\nGB('ShardsIDReader').map(f).run()",
        ],
    );
    assert!(outcome.contains("ExecutionMaxTime"), "{outcome}");
    let script = untyped(&server, &["RG.PYEXECUTE", "while True: pass"]);
    assert!(script.contains("ExecutionMaxTime"), "{script}");
    still_works(&server);
}

#[test]
fn the_client_of_a_gear_that_catches_the_exception_is_answered() {
    let server = with(&[("ExecutionMaxTime", "100")]);
    let answer = untyped(&server, &["RG.TRIGGER", "stubborn"]);
    assert!(answer.contains("ExecutionMaxTime"), "{answer}");
    still_works(&server);
    eventually("it is interrupted again and again", || {
        let count = untyped(&server, &["RG.TRIGGER", "swallowed"]);
        count.parse::<u32>().is_ok_and(|count| count > 3)
    });
}

#[test]
fn the_number_of_records_is_limited() {
    let server = with(&[("ExecutionMaxRecords", "10")]);
    let numbers = |count: u32, rest: &str| {
        let script = format!("GB('PythonReader').{rest}run(lambda: (i for i in range({count})))");
        untyped(&server, &["RG.PYEXECUTE", &script])
    };
    assert_eq!(numbers(10, "count()."), "10\n");
    assert!(numbers(11, "count().").contains("ExecutionMaxRecords, 10"));
    assert!(numbers(3, "flatmap(lambda i: [i] * 4).").contains("ExecutionMaxRecords"));
    assert!(numbers(3, "flatmap(lambda i: [i] * 3).").starts_with('0'));
    still_works(&server);
}

#[test]
fn the_memory_is_limited() {
    let server = with(&[("ExecutionMaxMemory", "50000000")]);
    let run = |expression: &str| {
        let script = format!("GB('ShardsIDReader').map(lambda x: {expression}).run()");
        untyped(&server, &["RG.PYEXECUTE", &script])
    };
    for expression in [
        "len('x' * 1000000000)",
        "len(list(range(1000000000)))",
        "len([str(i) for i in range(100000000)])",
    ] {
        let answer = run(expression);
        assert!(
            answer.contains("more memory than ExecutionMaxMemory, 50000000 bytes"),
            "{expression}: {answer}"
        );
    }
    assert_eq!(run("len('x' * 20000000)"), "20000000\n");
    still_works(&server);
}

#[test]
fn an_abort_reaches_every_kind_of_endless_gear() {
    let server = with(&[]);
    for trigger in ["busy", "stuck", "waiting", "spinning"] {
        thread::scope(|scope| {
            let caller = scope.spawn(|| untyped(&server, &["RG.TRIGGER", trigger]));
            let mut id = String::new();
            eventually("it runs", || {
                let all = untyped(&server, &["RG.DUMPEXECUTIONS"]);
                let rows: Vec<&str> = all.lines().collect();
                id = rows.get(1).map(|id| (*id).to_owned()).unwrap_or_default();
                rows.get(3) == Some(&"running")
            });
            assert_eq!(untyped(&server, &["RG.ABORTEXECUTION", &id]), "OK");
            let answer = caller.join().unwrap();
            assert!(
                answer.contains("aborted") || answer.contains("forcestopped"),
                "{trigger}: {answer}"
            );
        });
        still_works(&server);
    }
}

#[test]
fn a_disconnect_aborts_the_execution_only_with_abort_on_disconnect() {
    for (setting, aborted) in [("0", "0"), ("1", "1")] {
        let server = with(&[("AbortOnDisconnect", setting)]);
        let client = redis::Client::open(server.url()).unwrap();
        let mut con = client.get_connection().unwrap();
        let packed = redis::cmd("RG.TRIGGER").arg("waiting").get_packed_command();
        con.send_packed_command(&packed).unwrap();
        eventually("it runs", || {
            untyped(&server, &["RG.DUMPEXECUTIONS"]).contains("running")
        });
        drop(con);
        if setting == "1" {
            eventually("it is aborted", || {
                stat(&server, "waiting", "numAborted") == aborted
            });
            still_works(&server);
        } else {
            eventually("the client is gone", || {
                let clients = untyped(&server, &["CLIENT", "LIST"]);
                clients.lines().count() == 1
            });
            assert_eq!(stat(&server, "waiting", "numAborted"), aborted);
        }
    }
}

#[test]
fn events_that_do_not_fit_into_the_queue_count_as_failures() {
    let (server, _con) = empty();
    let script = "
import time
def slow(r):
    while execute('EXISTS', 'gate'):
        time.sleep(0.005)
GB('KeysReader').foreach(slow).register('k:*', mode='async_local')
";
    untyped(&server, &["SET", "gate", "1"]);
    untyped(&server, &["RG.PYEXECUTE", script]);
    untyped(&server, &["RG.CONFIGSET", "ExecutionQueueSize", "5"]);
    for n in 0..10 {
        assert_eq!(untyped(&server, &["SET", &format!("k:{n}"), "v"]), "OK");
    }
    let rows = untyped(&server, &["RG.DUMPREGISTRATIONS"]);
    assert!(rows.contains("numFailures\n4\n"), "{rows}");
    assert!(rows.contains("ExecutionQueueSize, 5"), "{rows}");
    untyped(&server, &["DEL", "gate"]);
    eventually("the others are handled", || {
        untyped(&server, &["RG.DUMPREGISTRATIONS"]).contains("numSuccess\n6\n")
    });
}
