//! Aborted executions: in every mode and at every moment the status is `aborted`, and who waits gets an error that says so.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::{empty, eventually, field, unregister_all, untyped};
use redgrease_embedded::Server;
use std::thread;

const ABORTED: &str = "the execution was aborted";

/// Functions that do not end, each at another moment of an execution. `begun` says that the moment has come.
const MOMENTS: &str = "
import socket, threading, time
def begun():
    execute('SET', 'begun', '1')
def in_a_loop(x):
    begun()
    while True:
        pass
def in_c(x):
    begun()
    time.sleep(5)
def in_a_socket(x):
    a, b = socket.socketpair()
    a.settimeout(5)
    begun()
    a.recv(1)
def swallowing(x):
    begun()
    try:
        while True:
            pass
    except BaseException:
        return 'fine'
async def in_a_coroutine(x):
    import asyncio
    begun()
    await asyncio.sleep(1000)
kept = []
def at_a_future(x):
    kept.append(gearsFuture())
    begun()
    return kept[-1]
class Slow(Exception):
    def __str__(self):
        begun()
        while True:
            pass
def in_an_exception(x):
    raise Slow()
def items():
    yield 1
    begun()
    while True:
        pass
def between_items():
    begun()
    while True:
        yield 1
";

/// The runs that end in each of the moments.
const RUNS: [&str; 12] = [
    "GB('ShardsIDReader').map(in_a_loop).run()",
    "GB('ShardsIDReader').map(in_c).run()",
    "GB('ShardsIDReader').map(in_a_socket).run()",
    "GB('ShardsIDReader').map(swallowing).run()",
    "GB('ShardsIDReader').map(in_a_coroutine).run()",
    "GB('ShardsIDReader').map(at_a_future).run()",
    "GB('ShardsIDReader').map(in_an_exception).run()",
    "GB('PythonReader').run(items)",
    "GB('PythonReader').filter(lambda x: False).run(between_items)",
    "GB('ShardsIDReader').flatmap(lambda x: [1, 2]).accumulate(lambda a, x: in_a_loop(x)).run()",
    "GB('ShardsIDReader').groupby(in_a_loop, lambda k, a, x: x).run()",
    "GB('ShardsIDReader').batchgroupby(lambda x: x, lambda k, r: in_a_loop(r)).run()",
];

/// The id of the only execution that runs, once it has begun.
fn running(server: &Server) -> String {
    let mut id = String::new();
    eventually("the gear has begun", || {
        let rows = untyped(server, &["RG.DUMPEXECUTIONS"]);
        let rows: Vec<&str> = rows.lines().collect();
        let all = rows.chunks(6);
        id = all
            .filter(|row| row.get(3) == Some(&"running"))
            .map(|row| row[1].to_owned())
            .collect();
        !id.is_empty() && untyped(server, &["EXISTS", "begun"]) == "1"
    });
    untyped(server, &["DEL", "begun"]);
    id
}

fn abort(server: &Server, id: &str) {
    assert_eq!(untyped(server, &["RG.ABORTEXECUTION", id]), "OK");
}

fn status(server: &Server, id: &str) -> String {
    let plan = untyped(server, &["RG.GETEXECUTION", id]);
    let plan: Vec<String> = plan.lines().map(str::to_owned).collect();
    field(&plan, "status").to_owned()
}

#[test]
fn the_client_of_a_run_gets_an_error_at_every_moment() {
    let (server, _con) = empty();
    for run in RUNS {
        let script = format!("{MOMENTS}{run}");
        let answer = thread::scope(|scope| {
            let caller = scope.spawn(|| untyped(&server, &["RG.PYEXECUTE", &script]));
            abort(&server, &running(&server));
            caller.join().unwrap()
        });
        // No result, and one error.
        let answer: Vec<&str> = answer.lines().filter(|line| !line.is_empty()).collect();
        assert_eq!(answer.len(), 1, "{run}: {answer:?}");
        assert!(answer[0].contains(ABORTED), "{run}: {answer:?}");
        assert_eq!(untyped(&server, &["RG.DUMPEXECUTIONS"]), "", "{run}");
    }
}

#[test]
fn a_run_in_the_background_is_aborted_and_keeps_the_error() {
    let (server, _con) = empty();
    for run in RUNS {
        let script = format!("{MOMENTS}{run}");
        let id = untyped(&server, &["RG.PYEXECUTE", &script, "UNBLOCKING"]);
        assert_eq!(running(&server), id, "{run}");
        let waits = thread::scope(|scope| {
            let caller = scope.spawn(|| untyped(&server, &["RG.GETRESULTSBLOCKING", &id]));
            eventually("the client waits", || {
                untyped(&server, &["CLIENT", "LIST"]).contains("cmd=rg.getresultsblocking")
            });
            abort(&server, &id);
            caller.join().unwrap()
        });
        for answer in [
            waits,
            untyped(&server, &["RG.GETRESULTS", &id]),
            untyped(&server, &["RG.GETRESULTSBLOCKING", &id]),
        ] {
            assert!(answer.trim().starts_with("ERR "), "{run}: {answer}");
            assert!(answer.contains(ABORTED), "{run}: {answer}");
        }
        assert_eq!(status(&server, &id), "aborted", "{run}");
        assert_eq!(untyped(&server, &["RG.DROPEXECUTION", &id]), "OK");
    }
}

#[test]
fn one_that_has_not_begun_is_aborted() {
    let (server, _con) = empty();
    untyped(&server, &["SET", "gate", "1"]);
    let script = "
import time
def wait(x):
    while execute('EXISTS', 'gate'):
        time.sleep(0.005)
GB('ShardsIDReader').map(wait).run()
";
    // More than there are worker threads.
    let ids: Vec<String> = (0..9)
        .map(|_| untyped(&server, &["RG.PYEXECUTE", script, "UNBLOCKING"]))
        .collect();
    let last = ids.last().unwrap();
    assert_eq!(status(&server, last), "created");
    abort(&server, last);
    assert_eq!(status(&server, last), "aborted");
    assert!(untyped(&server, &["RG.GETRESULTS", last]).contains(ABORTED));
    untyped(&server, &["DEL", "gate"]);
    for id in &ids[..8] {
        eventually("the others end", || status(&server, id) == "done");
    }
}

/// The value of a field of the only registration.
fn stat(server: &Server, name: &str) -> String {
    let rows = untyped(server, &["RG.DUMPREGISTRATIONS"]);
    let rows: Vec<String> = rows.lines().map(str::to_owned).collect();
    field(&rows, name).to_owned()
}

#[test]
fn the_client_of_a_trigger_gets_an_error_in_every_mode() {
    let (server, mut con) = empty();
    for mode in ["async", "async_local"] {
        for moment in [
            "in_a_loop",
            "in_c",
            "swallowing",
            "in_a_coroutine",
            "at_a_future",
            "in_an_exception",
        ] {
            let script = format!(
                "{MOMENTS}GB('CommandReader').map({moment}).register(trigger='t', mode='{mode}')"
            );
            assert_eq!(untyped(&server, &["RG.PYEXECUTE", &script]), "OK");
            thread::scope(|scope| {
                let caller = scope.spawn(|| untyped(&server, &["RG.TRIGGER", "t"]));
                abort(&server, &running(&server));
                let answer = caller.join().unwrap();
                assert!(answer.contains(ABORTED), "{mode} {moment}: {answer}");
            });
            assert_eq!(stat(&server, "numAborted"), "1", "{mode} {moment}");
            assert_eq!(stat(&server, "numFailures"), "0", "{mode} {moment}");
            assert_eq!(stat(&server, "numSuccess"), "0", "{mode} {moment}");
            unregister_all(&mut con);
        }
    }
}

#[test]
fn the_client_of_a_hook_gets_an_error() {
    let (server, mut con) = empty();
    let script = format!(
        "{MOMENTS}GB('CommandReader').map(in_a_loop).register(hook='hget', mode='async_local')"
    );
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", &script]), "OK");
    thread::scope(|scope| {
        let caller = scope.spawn(|| untyped(&server, &["HGET", "h", "f"]));
        abort(&server, &running(&server));
        let answer = caller.join().unwrap();
        assert!(answer.contains(ABORTED), "{answer}");
    });
    unregister_all(&mut con);
}

#[test]
fn key_events_and_streams_are_aborted() {
    let (server, mut con) = empty();
    let events = [
        ("KeysReader", "foreach", vec!["SET", "k:1", "v"]),
        (
            "StreamReader",
            "foreach",
            vec!["XADD", "k:s", "*", "f", "v"],
        ),
    ];
    for (reader, step, event) in events {
        for moment in ["in_a_loop", "in_c", "in_a_coroutine", "in_an_exception"] {
            // A handler that waits for a coroutine is a map.
            let step = if moment == "in_a_coroutine" {
                "map"
            } else {
                step
            };
            let script = format!(
                "{MOMENTS}GB('{reader}').{step}({moment}).register('k:*', mode='async_local', eventTypes=['set'])"
            );
            assert_eq!(untyped(&server, &["RG.PYEXECUTE", &script]), "OK");
            untyped(&server, &event);
            let id = running(&server);
            abort(&server, &id);
            eventually("the statistics know", || stat(&server, "numAborted") == "1");
            assert_eq!(status(&server, &id), "aborted", "{reader} {moment}");
            assert_eq!(stat(&server, "numFailures"), "0", "{reader} {moment}");
            unregister_all(&mut con);
            untyped(&server, &["FLUSHALL"]);
        }
    }
}
