//! Limits of time, records and memory.

use super::super::{Status, hold_for_call};
use super::{End, FakeCause, GATE, How, Run, Script, TAKE, command, map, values, waiter};
use crate::config::{self, Limits};
use crate::plan::Source;
use crate::python::{Callback, Holder, MemoryBudget, attached};
use crate::redis::locked;
use crate::steps::{FlatMap, Step};
use crate::testing::{function, with_python};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

fn limited(limits: Limits, steps: Vec<Step>, source: Source) -> Run {
    let mut run = Run::new(FakeCause::default(), steps, source);
    let execution = Arc::get_mut(&mut run.execution).unwrap();
    execution.limits = limits;
    execution.memory = Arc::new(MemoryBudget::new(limits.memory));
    run
}

fn time(milliseconds: u64) -> Limits {
    Limits {
        time: Some(Duration::from_millis(milliseconds)),
        ..Limits::default()
    }
}

fn records(records: u64) -> Limits {
    Limits {
        records: Some(records),
        ..Limits::default()
    }
}

fn memory(bytes: u64) -> Limits {
    Limits {
        memory: Some(bytes),
        ..Limits::default()
    }
}

/// The execution is stopped for this reason and gives no results.
fn is_stopped(run: &Run, reason: &str) -> End {
    run.launch();
    let end = run.end();
    assert_eq!(
        (end.how, end.error.as_deref()),
        (How::Stopped, Some(reason))
    );
    let report = run.execution.report();
    assert_eq!((report.status, report.results), (Status::Aborted, Some(0)));
    assert_eq!(run.outcome(), ("[]".to_owned(), vec![reason.to_owned()]));
    end
}

const TOO_LONG: &str = "ERR the execution was stopped: it ran longer than ExecutionMaxTime, 40 ms";
const TOO_MANY: &str =
    "ERR the execution was stopped: it had more records than ExecutionMaxRecords, 3";
const TOO_MUCH: &str =
    "ERR the execution was stopped: it took more memory than ExecutionMaxMemory, 8388608 bytes";

#[test]
fn python_that_runs_too_long_is_stopped() {
    let script = Script::new("def step(record):\n    while True:\n        pass");
    let run = limited(time(40), vec![script.map("step")], command("x"));
    assert!(is_stopped(&run, TOO_LONG).aborted);
}

#[test]
fn a_coroutine_that_is_awaited_too_long_is_stopped() {
    let script = Script::new(
        "import threading\nfutures, parked = [], threading.Event()\nasync def step(record):\n    futures.append(createFuture())\n    parked.set()\n    return await futures[0]",
    );
    // Long enough for the coroutine to begin on a busy machine.
    let run = limited(time(500), vec![script.map("step")], command("x"));
    run.launch();
    script.wait_for("parked");
    drop(run.cause.wait_until(|calls| !calls.ended.is_empty()));
    // The coroutine learns of the end when it goes on.
    script.repr("setFutureResults(futures[0], 1)");
    let end = run.end();
    assert_eq!(
        (end.how, end.error.as_deref()),
        (How::Stopped, Some(TOO_LONG.replace("40", "500").as_str()))
    );
}

#[test]
fn the_clients_of_a_stopped_execution_get_the_reason() {
    let script = Script::new(&format!("{TAKE}{GATE}"));
    let run = limited(time(40), vec![script.map("step")], command("x"));
    assert!(run.execution.wait_for_outcome(waiter(&script)).is_ok());
    run.launch();
    drop(run.cause.wait_until(|calls| !calls.settled.is_empty()));
    assert_eq!(script.repr("taken"), format!("[([], ['{TOO_LONG}'])]"));
    script.repr("gate.set()");
    run.end();
}

#[test]
fn an_execution_that_is_quick_enough_is_not_stopped() {
    let run = limited(time(60_000), vec![map("lambda r: 1")], command("x"));
    run.launch();
    assert_eq!(run.end().how, How::Completed);
}

#[test]
fn as_many_records_as_the_limit_are_read() {
    let run = limited(records(3), Vec::new(), values("(n for n in range(3))"));
    run.launch();
    assert_eq!(run.end().how, How::Completed);
    assert_eq!(run.outcome().0, "[0, 1, 2]");
}

#[test]
fn reading_one_record_too_many_stops_the_execution() {
    is_stopped(
        &limited(records(3), Vec::new(), values("(n for n in range(4))")),
        TOO_MANY,
    );
}

#[test]
fn a_reader_without_end_is_stopped_after_the_limit() {
    let script = Script::new("calls = []\ndef read():\n    calls.append(1)\n    return 1");
    let source = Source::Repeated(script.function("read"));
    is_stopped(&limited(records(3), Vec::new(), source), TOO_MANY);
    assert_eq!(script.repr("len(calls)"), "4");
}

#[test]
fn more_results_than_the_limit_stop_the_execution() {
    let flatmap = |expression| with_python(|py| FlatMap(function(py, expression)).into());
    is_stopped(
        &limited(
            records(3),
            vec![flatmap("lambda r: [1, 2, 3, 4]")],
            command("x"),
        ),
        TOO_MANY,
    );
    let run = limited(
        records(3),
        vec![flatmap("lambda r: [1, 2, 3]")],
        command("x"),
    );
    run.launch();
    assert_eq!(run.end().how, How::Completed);
}

#[test]
fn one_large_request_of_memory_is_refused_and_stops_the_execution() {
    let steps = vec![map("lambda r: len(bytearray(64 << 20))")];
    is_stopped(&limited(memory(8 << 20), steps, command("x")), TOO_MUCH);
}

#[test]
fn a_gear_that_catches_the_memory_error_is_stopped_all_the_same() {
    let script = Script::new(
        "def step(record):\n    try:\n        return bytearray(64 << 20)\n    except MemoryError:\n        return 1",
    );
    is_stopped(
        &limited(memory(8 << 20), vec![script.map("step")], command("x")),
        TOO_MUCH,
    );
}

#[test]
fn many_small_requests_of_memory_stop_the_execution() {
    let script = Script::new(
        "def step(record):\n    kept = []\n    while True:\n        kept.append(bytearray(9000))",
    );
    let run = limited(memory(8 << 20), vec![script.map("step")], command("x"));
    assert!(is_stopped(&run, TOO_MUCH).aborted);
}

#[test]
fn memory_within_the_limit_may_be_used() {
    let steps = vec![map("lambda r: len(bytearray(2 << 20))")];
    let run = limited(memory(8 << 20), steps, command("x"));
    run.launch();
    assert_eq!(run.end().error, None);
    assert_eq!(run.outcome().0, "[2097152]");
}

/// Runs a function as the body of a script, with these settings.
fn held(function: &Callback, settings: &[(&str, &str)]) -> (Result<(), String>, Option<String>) {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _settings = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    for (name, value) in settings {
        config::get().set(name.as_bytes(), Some(value.as_bytes()));
    }
    let outcome = locked(|_| {
        attached(|py| {
            let call = || {
                function
                    .call0(py)
                    .map(drop)
                    .map_err(|raised| raised.to_string())
            };
            hold_for_call(py, Holder::Call, None, call)
        })
    });
    config::get().set(b"LockMaxTime", Some(b"1000"));
    config::get().set(b"ExecutionMaxMemory", Some(b"1073741824"));
    outcome
}

const HELD_UP: &str =
    "ERR the execution was stopped: it held up the server for longer than LockMaxTime, 40 ms";

#[test]
fn python_that_holds_up_the_server_is_interrupted() {
    let script = Script::new("def step():\n    while True:\n        pass");
    let (outcome, reason) = held(&script.function("step"), &[("LockMaxTime", "40")]);
    assert!(outcome.unwrap_err().contains("forcestopped"));
    assert!(reason.unwrap().starts_with(HELD_UP));
}

#[test]
fn python_that_always_catches_the_interruption_is_stopped_all_the_same() {
    let script = Script::new(
        "caught = []\ndef step():\n    while True:\n        try:\n            try:\n                while True:\n                    pass\n            except:\n                caught.append(1)\n        except BaseException as raised:\n            caught.append(2)\n        finally:\n            caught.append(3)",
    );
    let (outcome, reason) = held(&script.function("step"), &[("LockMaxTime", "40")]);
    assert!(outcome.unwrap_err().contains("forcestopped"));
    assert!(reason.unwrap().starts_with(HELD_UP));
    assert_ne!(script.repr("len(caught)"), "0");
    // The thread can run other Python, which is not traced.
    assert_eq!(script.repr("__import__('sys').gettrace()"), "None");
}

#[test]
fn an_execution_that_always_catches_the_interruption_ends() {
    let script = Script::new(
        "import threading\nbegun, left = threading.Event(), threading.Event()\ndef step(record):\n    try:\n        endless()\n    finally:\n        left.set()\ndef endless():\n    begun.set()\n    while True:\n        try:\n            while True:\n                pass\n        except BaseException:\n            pass",
    );
    let run = Run::launched(FakeCause::default(), vec![script.map("step")], command("x"));
    script.wait_for("begun");
    run.abort();
    assert_eq!(run.end().how, How::Stopped);
}

#[test]
fn a_call_that_holds_up_the_server_cannot_take_more_memory_than_its_limit() {
    let script = Script::new("def step():\n    return bytearray(64 << 20)");
    let settings = [("ExecutionMaxMemory", "8388608")];
    let (outcome, reason) = held(&script.function("step"), &settings);
    assert!(outcome.unwrap_err().contains("MemoryError"));
    assert_eq!(reason.as_deref(), Some(TOO_MUCH));
}

#[test]
fn a_call_that_takes_memory_piece_by_piece_is_stopped() {
    let script = Script::new(
        "def step():\n    kept = []\n    while True:\n        kept.append(bytearray(9000))",
    );
    let settings = [("ExecutionMaxMemory", "8388608"), ("LockMaxTime", "0")];
    let (outcome, reason) = held(&script.function("step"), &settings);
    assert!(outcome.is_err());
    assert_eq!(reason.as_deref(), Some(TOO_MUCH));
}

#[test]
fn a_call_within_its_limits_has_no_reason() {
    let script = Script::new("def step():\n    return 5");
    assert_eq!(held(&script.function("step"), &[]), (Ok(()), None));
}
