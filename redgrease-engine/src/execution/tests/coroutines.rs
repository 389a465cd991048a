//! Executions that await coroutines and futures.

use super::super::Status;
use super::super::abort::ABORTED;
use super::{FakeCause, How, Run, Script, TAKE, command, map, values, waiter};
use crate::plan::Source;
use crate::python::in_gear;
use crate::steps::Pipeline;
use crate::testing::{eval, with_python};

#[test]
fn the_result_of_a_coroutine_is_the_record_that_goes_on() {
    let script = Script::new(
        "import asyncio\nasync def step(record):\n    await asyncio.sleep(0)\n    return record + 1",
    );
    let steps = vec![script.map("step"), map("lambda n: n * 2")];
    let run = Run::launched(FakeCause::default(), steps, values("(n for n in range(3))"));
    assert_eq!(run.end().error, None);
    assert_eq!(run.outcome().0, "[2, 4, 6]");
}

#[test]
fn an_exception_of_a_coroutine_is_an_error_by_its_text() {
    let script = Script::new("async def step(record):\n    raise ValueError('it broke')");
    let run = Run::launched(FakeCause::default(), vec![script.map("step")], command("x"));
    let end = run.end();
    assert_eq!(
        (end.how, end.error.as_deref()),
        (How::Completed, Some("it broke"))
    );
    assert_eq!(run.execution.status(), Status::Done);
}

#[test]
fn no_thread_waits_for_a_coroutine() {
    let script = Script::new(
        "import threading\nfutures = []\nwaiting = threading.Semaphore(0)\nasync def step(record):\n    future = createFuture()\n    futures.append(future)\n    waiting.release()\n    return await future",
    );
    let runs: Vec<Run> = (0..32)
        .map(|_| Run::launched(FakeCause::default(), vec![script.map("step")], command("x")))
        .collect();
    for _ in &runs {
        assert_eq!(script.repr("waiting.acquire(timeout=60)"), "True");
    }
    let other = Run::launched(FakeCause::default(), Vec::new(), command("x"));
    assert_eq!(other.end().how, How::Completed);
    assert!(
        runs.iter()
            .all(|run| run.execution.status() == Status::Running)
    );
    script.repr("[setFutureResults(future, 1) for future in futures]");
    for run in runs {
        assert_eq!(run.end().error, None);
        assert_eq!(run.outcome().0, "[1]");
    }
}

/// A step that returns a future of `gearsFuture`, which the test can continue.
const FUTURE: &str = "
import threading
futures, made = [], threading.Event()
def step(record):
    futures.append(gearsFuture())
    made.set()
    return futures[-1]
";

#[test]
fn a_future_goes_on_with_the_value_that_it_is_given() {
    let script = Script::new(FUTURE);
    let steps = vec![script.map("step"), map("lambda n: n + 1")];
    let run = Run::launched(FakeCause::default(), steps, command("x"));
    script.wait_for("made");
    script.repr("futures[0].continueRun(41)");
    assert_eq!(run.end().error, None);
    assert_eq!(run.outcome().0, "[42]");
}

#[test]
fn a_future_that_fails_is_an_error() {
    let script = Script::new(FUTURE);
    let run = Run::launched(FakeCause::default(), vec![script.map("step")], command("x"));
    script.wait_for("made");
    script.repr("futures[0].continueFailed('no luck')");
    assert_eq!(run.end().error.as_deref(), Some("no luck"));
}

#[test]
fn a_future_that_its_step_continues_before_it_returns_it_is_lost() {
    let script = Script::new(
        "def step(record):\n    future = gearsFuture()\n    future.continueRun('early')\n    return future",
    );
    let run = Run::launched(FakeCause::default(), vec![script.map("step")], command("x"));
    let error = run.end().error.unwrap();
    assert_eq!(error, "Async record did not called continue");
}

#[test]
fn a_future_that_nothing_can_continue_ends_the_execution() {
    let run = Run::launched(
        FakeCause::default(),
        vec![map("lambda r: gearsFuture()")],
        command("x"),
    );
    let error = run.end().error.unwrap();
    assert!(
        error.contains("Async record did not called continue"),
        "{error}"
    );
}

#[test]
fn a_future_that_is_never_continued_can_be_aborted() {
    let script = Script::new(&format!("{FUTURE}{TAKE}"));
    let run = Run::new(FakeCause::default(), vec![script.map("step")], command("x"));
    assert!(run.execution.wait_for_outcome(waiter(&script)).is_ok());
    run.launch();
    run.wait_until_it_is_parked();
    run.abort();
    drop(run.cause.wait_until(|calls| !calls.settled.is_empty()));
    assert_eq!(script.repr("taken"), format!("[([], ['{ABORTED}'])]"));
    script.repr("futures.clear()");
    let end = run.end();
    assert_eq!((end.how, end.aborted), (How::Stopped, true));
}

#[test]
fn a_coroutine_that_ends_after_an_abort_changes_nothing() {
    let script = Script::new(FUTURE);
    let run = Run::launched(FakeCause::default(), vec![script.map("step")], command("x"));
    run.wait_until_it_is_parked();
    run.abort();
    drop(run.cause.wait_until(|calls| !calls.settled.is_empty()));
    script.repr("futures[0].continueRun(1)");
    script.repr("futures.clear()");
    assert_eq!(run.end().how, How::Stopped);
    assert_eq!(run.execution.report().results, Some(0));
}

#[test]
fn a_sync_call_that_has_to_wait_becomes_an_execution() {
    let script = Script::new(&format!("{FUTURE}{TAKE}"));
    let steps = vec![script.map("step"), map("lambda n: n + 1")];
    let run = Run::new(FakeCause::default(), steps, Source::Nothing);
    assert!(run.execution.wait_for_outcome(waiter(&script)).is_ok());
    with_python(|py| {
        let mut pipeline = Pipeline::new(py, &run.execution.plan.steps);
        pipeline.push(eval(py, "['x']"));
        assert!(!in_gear(|| true, || pipeline.run_to_coroutine(py)));
        run.execution.adopt(py, pipeline);
    });
    assert!(run.is_listed());
    assert_eq!(run.execution.status(), Status::Running);
    script.repr("futures[0].continueRun(1)");
    assert_eq!(run.end().error, None);
    assert_eq!(script.repr("taken"), "[([2], [])]");
}
