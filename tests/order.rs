//! Executions of one registration that run one after the other, also when some of them end before they begin.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::anywhere::First;
use common::{eventually, plain_connection, untyped};
use redis::{Connection, Value};
use std::collections::BTreeSet;

/// A step that writes its begin and its end to a list. In between it waits until the key `gate` is gone, and then a
/// little longer, so that a second execution would be seen to begin before the end of the first one.
const STEP: &str = "
import time
def name(r):
    return r['key'] if isinstance(r, dict) else r[1]
def step(r):
    execute('RPUSH', 'log{06S}', 'begin ' + name(r))
    while execute('EXISTS', 'gate{06S}'):
        time.sleep(0.005)
    time.sleep(0.1)
    execute('RPUSH', 'log{06S}', 'end ' + name(r))
    return name(r)
";

const COMMAND: &str = "
GB('CommandReader').map(step).register(trigger='step', mode='async_local', inorder=True)
";

/// A server with the step and with `registration`. The gate is closed.
fn with(registration: &str) -> First {
    let server = First::start();
    untyped(&server, &["SET", "gate{06S}", "closed"]);
    let script = format!("{STEP}{registration}");
    assert_eq!(untyped(&server, &["RG.PYEXECUTE", &script]), "OK");
    server
}

/// The ids of all executions that the server lists with one of these states.
fn executions(server: &First, states: &[&str]) -> BTreeSet<String> {
    let all = untyped(server, &["RG.DUMPEXECUTIONS"]);
    let rows: Vec<&str> = all.lines().collect();
    // Each row is `executionId`, the id, `status`, the state, `registered`, 0 or 1.
    let rows = rows.chunks(6).filter(|row| states.contains(&row[3]));
    rows.map(|row| row[1].to_owned()).collect()
}

/// Waits until one execution runs and `count` more wait for their turn. Returns the ids of those that wait.
#[track_caller]
fn waiting(server: &First, count: usize) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    eventually("one execution runs and the others wait", || {
        ids = executions(server, &["created"]);
        executions(server, &["running"]).len() == 1 && ids.len() == count
    });
    ids
}

fn log(server: &First) -> Vec<String> {
    let lines = untyped(server, &["LRANGE", "log{06S}", "0", "-1"]);
    lines.lines().map(str::to_owned).collect()
}

/// Opens the gate, waits until all executions have ended, and checks that `names` ran one after the other.
#[track_caller]
fn ran_in_order(server: &First, names: &[&str]) {
    untyped(server, &["DEL", "gate{06S}"]);
    eventually("all executions end", || {
        executions(server, &["created", "running"]).is_empty()
    });
    let expected: Vec<String> = names
        .iter()
        .flat_map(|name| [format!("begin {name}"), format!("end {name}")])
        .collect();
    assert_eq!(log(server), expected);
}

/// A call whose client waits for the answer.
struct Call(Connection);

impl Call {
    fn new(server: &First, name: &str) -> Call {
        let mut con = plain_connection(server);
        let call = redis::cmd("RG.TRIGGER").arg("step").arg(name).to_owned();
        con.send_packed_command(&call.get_packed_command()).unwrap();
        Call(con)
    }

    /// The records of the answer, or the text of the error.
    fn answer(mut self) -> Result<Vec<String>, String> {
        let answer = self.0.recv_response().and_then(Value::extract_error);
        let records = answer.map_err(|error| error.to_string())?;
        Ok(redis::from_redis_value(records).unwrap())
    }
}

/// Calls A, B and C, of which A runs. Returns the calls and the id of C's execution.
fn three_calls(server: &First) -> ([Call; 3], String) {
    let a = Call::new(server, "a");
    waiting(server, 0);
    let b = Call::new(server, "b");
    let only_b = waiting(server, 1);
    let c = Call::new(server, "c");
    let both = waiting(server, 2);
    let id = both.difference(&only_b).next().unwrap().clone();
    ([a, b, c], id)
}

#[test]
fn an_abort_of_a_waiting_call_starts_no_other_call() {
    let server = with(COMMAND);
    let ([a, b, c], id) = three_calls(&server);
    assert_eq!(untyped(&server, &["RG.ABORTEXECUTION", &id]), "OK");
    ran_in_order(&server, &["a", "b"]);
    assert_eq!(a.answer().unwrap(), ["a"]);
    assert_eq!(b.answer().unwrap(), ["b"]);
    let error = c.answer().unwrap_err();
    assert!(error.contains("aborted"), "{error}");
}

#[test]
fn a_disconnect_of_a_waiting_client_starts_no_other_call() {
    let server = with(COMMAND);
    untyped(&server, &["RG.CONFIGSET", "AbortOnDisconnect", "1"]);
    let ([_a, _b, c], id) = three_calls(&server);
    drop(c);
    eventually("the call is aborted", || {
        !executions(&server, &["created"]).contains(&id)
    });
    ran_in_order(&server, &["a", "b"]);
}

#[test]
fn an_abort_of_a_waiting_key_event_starts_no_other_handler() {
    let server = with("GB('KeysReader').foreach(step).register('{06S}k:*', mode='async_local')");
    untyped(&server, &["SET", "{06S}k:a", "1"]);
    waiting(&server, 0);
    untyped(&server, &["SET", "{06S}k:b", "1"]);
    let only_b = waiting(&server, 1);
    untyped(&server, &["SET", "{06S}k:c", "1"]);
    let both = waiting(&server, 2);
    let id = both.difference(&only_b).next().unwrap();
    assert_eq!(untyped(&server, &["RG.ABORTEXECUTION", id]), "OK");
    ran_in_order(&server, &["{06S}k:a", "{06S}k:b"]);
}

#[test]
fn the_waiting_executions_of_a_registration_that_is_gone_do_not_begin() {
    let server = with("");
    // The first execution still runs while the others are aborted.
    let waits = "
def waits_for_the_gate(r):
    execute('RPUSH', 'log{06S}', 'begin ' + r['key'])
    while execute('EXISTS', 'gate{06S}'):
        time.sleep(0.005)
GB('KeysReader').foreach(waits_for_the_gate).register('{06S}k:*', mode='async_local', readValue=False)
";
    let script = format!("{STEP}{waits}");
    let names: Vec<String> = (0..200)
        .map(|number| format!("{{06S}}k:{number}"))
        .collect();
    let mut mset = vec!["MSET"];
    mset.extend(names.iter().flat_map(|name| [name.as_str(), "1"]));
    // An execution that gets the turn while the others are aborted is aborted a moment later: several tries, to see one.
    for _ in 0..8 {
        assert_eq!(untyped(&server, &["RG.PYEXECUTE", &script]), "OK");
        let rows = untyped(&server, &["RG.DUMPREGISTRATIONS"]);
        let id = rows.lines().nth(1).unwrap().to_owned();
        untyped(&server, &["SET", "{06S}k:first", "1"]);
        waiting(&server, 0);
        untyped(&server, &mset);
        waiting(&server, names.len());
        let unregister = ["RG.UNREGISTER", &id, "ABORTPENDING"];
        assert_eq!(untyped(&server, &unregister), "OK");
        eventually("those that wait are aborted", || {
            executions(&server, &["created"]).is_empty()
        });
        // The execution that runs goes on until its end.
        assert_eq!(executions(&server, &["running"]).len(), 1);
        untyped(&server, &["DEL", "gate{06S}"]);
        eventually("it ends", || executions(&server, &["running"]).is_empty());
        untyped(&server, &["SET", "gate{06S}", "closed"]);
    }
    let mut log = log(&server);
    log.retain(|line| line != "begin {06S}k:first");
    assert!(log.is_empty(), "{log:?}");
    untyped(&server, &["DEL", "gate{06S}"]);
}

/// A coroutine of a sync call waits for its turn, and an abort takes it out of the order.
#[test]
fn an_abort_of_a_waiting_coroutine_starts_no_other_one() {
    let awaiting = "
import asyncio
async def wait(r):
    execute('RPUSH', 'log{06S}', 'begin ' + r[1])
    while execute('EXISTS', 'gate{06S}'):
        await asyncio.sleep(0.005)
    execute('RPUSH', 'log{06S}', 'end ' + r[1])
    return r[1]
GB('CommandReader').map(wait).register(trigger='step', mode='sync', inorder=True)
";
    let server = with(awaiting);
    let running = |count: usize| {
        eventually("the calls are listed", || {
            executions(&server, &["running"]).len() == count
        });
        executions(&server, &["running"])
    };
    let first = Call::new(&server, "1");
    let before = running(1);
    // A call is listed a moment before its step begins.
    eventually("the first step begins", || log(&server) == ["begin 1"]);
    let second = Call::new(&server, "2");
    let both = running(2);
    let third = Call::new(&server, "3");
    running(3);
    let waiting = both.difference(&before).next().unwrap();
    assert_eq!(untyped(&server, &["RG.ABORTEXECUTION", waiting]), "OK");
    assert!(second.answer().is_err());
    assert_eq!(log(&server), ["begin 1"]);
    untyped(&server, &["DEL", "gate{06S}"]);
    assert_eq!(first.answer().unwrap(), ["1"]);
    assert_eq!(third.answer().unwrap(), ["3"]);
    assert_eq!(log(&server), ["begin 1", "end 1", "begin 3", "end 3"]);
}
