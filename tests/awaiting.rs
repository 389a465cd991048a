//! Executions that wait for coroutines: their order, their limits, their statistics and their end.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::anywhere::First;
use common::{eventually, plain_connection, untyped};
use std::time::Duration;

/// A coroutine that logs its begin and its end, and in between waits until the key `gate` is gone.
const COROUTINE: &str = "
import asyncio
async def step(r):
    execute('RPUSH', 'log{06S}', 'begin ' + r[1])
    while execute('EXISTS', 'gate{06S}'):
        await asyncio.sleep(0.005)
    execute('RPUSH', 'log{06S}', 'end ' + r[1])
    return r[1]
";

fn script(server: &First, text: &str) {
    assert_eq!(untyped(server, &["RG.PYEXECUTE", text]), "OK");
}

fn statistic(server: &First, name: &str) -> String {
    let dump = untyped(server, &["RG.DUMPREGISTRATIONS"]);
    let rows: Vec<String> = dump.lines().map(str::to_owned).collect();
    common::field(&rows, name).to_owned()
}

/// Calls `trigger` on a connection of its own. The thread ends with the reply.
fn call(
    server: &First,
    trigger: &'static str,
    argument: &str,
) -> std::thread::JoinHandle<redis::RedisResult<Vec<String>>> {
    let mut con = plain_connection(server);
    let argument = argument.to_owned();
    std::thread::spawn(move || {
        redis::cmd("RG.TRIGGER")
            .arg(trigger)
            .arg(argument)
            .query(&mut con)
    })
}

#[test]
fn coroutines_of_an_inorder_sync_registration_run_one_after_the_other() {
    let server = First::start();
    untyped(&server, &["SET", "gate{06S}", "closed"]);
    script(
        &server,
        &format!(
            "{COROUTINE}GB('CommandReader').map(step).register(trigger='step', mode='sync', inorder=True)"
        ),
    );
    let mut calls = Vec::new();
    for (count, name) in ["a", "b", "c"].into_iter().enumerate() {
        calls.push(call(&server, "step", name));
        eventually("the call is listed", || {
            untyped(&server, &["RG.DUMPEXECUTIONS"]).lines().count() == 6 * (count + 1)
        });
    }
    untyped(&server, &["DEL", "gate{06S}"]);
    for call in calls {
        call.join().unwrap().unwrap();
    }
    let log = untyped(&server, &["LRANGE", "log{06S}", "0", "-1"]);
    let expected = ["begin a", "end a", "begin b", "end b", "begin c", "end c"];
    assert_eq!(log.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn a_sync_call_that_waits_for_a_coroutine_counts_once() {
    let server = First::start();
    script(
        &server,
        &format!("{COROUTINE}GB('CommandReader').map(step).register(trigger='step', mode='sync')"),
    );
    for name in ["a", "b", "c"] {
        call(&server, "step", name).join().unwrap().unwrap();
    }
    eventually("all calls are counted", || {
        statistic(&server, "numSuccess") == "3"
    });
    assert_eq!(statistic(&server, "numTriggered"), "3");
    // In a transaction no client can wait: that is a failure.
    let mut con = plain_connection(&server);
    let refused = redis::pipe()
        .atomic()
        .cmd("RG.TRIGGER")
        .arg("step")
        .arg("d")
        .query::<redis::Value>(&mut con);
    assert!(refused.unwrap_err().to_string().contains("async record"));
    assert_eq!(statistic(&server, "numTriggered"), "4");
    assert_eq!(statistic(&server, "numSuccess"), "3");
    assert_eq!(statistic(&server, "numFailures"), "1");
}

#[test]
fn a_limit_of_a_waiting_batch_does_not_keep_a_sync_call_from_being_stopped() {
    let server = First::start();
    untyped(&server, &["RG.CONFIGSET", "ExecutionMaxTime", "500"]);
    script(
        &server,
        "
import asyncio
async def wait(x):
    await asyncio.sleep(60)
GB('StreamReader').map(wait).register(prefix='s{06S}', mode='async')
def loop(x):
    while True:
        pass
GB('CommandReader').map(loop).register(trigger='loop', mode='sync')
",
    );
    untyped(&server, &["XADD", "s{06S}", "1-1", "a", "b"]);
    eventually("the batch waits", || {
        untyped(&server, &["RG.DUMPEXECUTIONS"])
            .lines()
            .any(|line| line == "running")
    });
    let mut con = plain_connection(&server);
    con.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let stopped = redis::cmd("RG.TRIGGER")
        .arg("loop")
        .query::<redis::Value>(&mut con)
        .unwrap_err();
    assert!(
        stopped.to_string().contains("ExecutionMaxTime"),
        "{stopped}"
    );
}

#[test]
fn an_execution_that_outlives_its_registration_is_forgotten_at_its_end() {
    let server = First::start();
    untyped(&server, &["SET", "gate{06S}", "closed"]);
    script(
        &server,
        "
import time
def step(r):
    while execute('EXISTS', 'gate{06S}'):
        time.sleep(0.005)
GB('KeysReader').foreach(step).register('{06S}k:*', mode='async_local', readValue=False)
",
    );
    untyped(&server, &["SET", "{06S}k:1", "x"]);
    eventually("the handler runs", || {
        untyped(&server, &["RG.DUMPEXECUTIONS"])
            .lines()
            .any(|line| line == "running")
    });
    let dump = untyped(&server, &["RG.DUMPREGISTRATIONS"]);
    let rows: Vec<String> = dump.lines().map(str::to_owned).collect();
    let id = common::field(&rows, "id").to_owned();
    assert_eq!(untyped(&server, &["RG.UNREGISTER", &id]), "OK");
    untyped(&server, &["DEL", "gate{06S}"]);
    eventually("the execution has left the list", || {
        untyped(&server, &["RG.DUMPEXECUTIONS"]).is_empty()
    });
    eventually("nothing of the session is left", || {
        untyped(&server, &["RG.PYDUMPSESSIONS", "DEAD"]).is_empty()
    });
}
