//! Futures: results that another thread gives.

use super::coroutines::Waits;
use super::error_text;
use crate::python::{GearsFuture, Object, Raised, cancel, is_coroutine, none, schedule};
use crate::testing::{eval, with_python};
use pyo3::prelude::*;
use std::sync::Arc;

fn new_future(py: Python<'_>) -> Object<'_> {
    Py::new(py, GearsFuture::new())
        .unwrap()
        .into_bound(py)
        .into_any()
}

const LOST: &str = "flat_error: Async record did not called continue";

/// Continues a future on a thread of its own.
fn on_another_thread(py: Python<'_>, future: &Object<'_>, value: &str) {
    let future = future.clone().unbind();
    let value = value.to_owned();
    py.detach(|| {
        let thread = std::thread::spawn(move || {
            Python::attach(|py| future.call_method1(py, "continueRun", (value,)).map(drop))
        });
        thread.join().unwrap().unwrap();
    });
}

fn text<T: std::fmt::Debug>(py: Python<'_>, outcome: Result<T, Raised>) -> String {
    error_text(py, &outcome.unwrap_err())
}

#[test]
fn a_future_is_awaited_like_a_coroutine() {
    with_python(|py| {
        assert!(is_coroutine(&new_future(py)));
        for expression in ["5", "None", "(x for x in [])", "asyncio.sleep", "[1]"] {
            assert!(!is_coroutine(&eval(py, expression)), "{expression}");
        }
        let coroutine = eval(py, "asyncio.sleep(0)");
        assert!(is_coroutine(&coroutine));
        coroutine.call_method0("close").unwrap();
    });
}

#[test]
fn a_future_that_is_continued_ends_its_execution() {
    let (waits, outcomes) = Waits::new();
    with_python(|py| {
        let future = new_future(py);
        schedule(py, &future, waits).unwrap();
        assert!(outcomes.try_recv().is_err());
        future.call_method1("continueRun", (7,)).unwrap();
    });
    assert_eq!(outcomes.recv().unwrap(), Ok("7".to_owned()));
}

#[test]
fn another_thread_may_continue_a_future_before_it_is_returned() {
    let (waits, outcomes) = Waits::new();
    with_python(|py| {
        let future = new_future(py);
        on_another_thread(py, &future, "early");
        schedule(py, &future, waits).unwrap();
    });
    assert_eq!(outcomes.recv().unwrap(), Ok("'early'".to_owned()));
}

#[test]
fn a_step_that_continues_its_future_before_it_returns_it_loses_the_result() {
    let (waits, outcomes) = Waits::new();
    with_python(|py| {
        let future = new_future(py);
        future.call_method1("continueRun", ("early",)).unwrap();
        schedule(py, &future, waits).unwrap();
    });
    assert_eq!(outcomes.recv().unwrap(), Err(LOST.to_owned()));
}

#[test]
fn a_future_that_fails_gives_a_flat_error() {
    let (waits, outcomes) = Waits::new();
    with_python(|py| {
        let future = new_future(py);
        schedule(py, &future, waits).unwrap();
        future
            .call_method1("continueFailed", (eval(py, "ValueError('no')"),))
            .unwrap();
    });
    assert_eq!(outcomes.recv().unwrap(), Err("flat_error: no".to_owned()));
}

#[test]
fn a_future_is_continued_once() {
    let twice = "error: the future was continued already";
    let (waits, outcomes) = Waits::new();
    let (again, outcomes_again) = Waits::new();
    with_python(|py| {
        let future = new_future(py);
        let go_on = |value: i32| future.call_method1("continueRun", (value,));
        go_on(1).unwrap();
        assert_eq!(text(py, go_on(2)), twice);
        assert_eq!(
            text(py, future.call_method1("continueFailed", (none(py),))),
            twice
        );
        schedule(py, &future, waits).unwrap();
        assert_eq!(text(py, go_on(3)), twice);
        let future = new_future(py);
        schedule(py, &future, again).unwrap();
        let go_on = |value: i32| future.call_method1("continueRun", (value,));
        go_on(1).unwrap();
        assert_eq!(text(py, go_on(2)), twice);
    });
    assert_eq!(outcomes.recv().unwrap(), Err(LOST.to_owned()));
    assert_eq!(outcomes_again.recv().unwrap(), Ok("1".to_owned()));
}

#[test]
fn a_future_is_awaited_once() {
    let (waits, outcomes) = Waits::new();
    with_python(|py| {
        let future = new_future(py);
        schedule(py, &future, waits.clone()).unwrap();
        let again = schedule(py, &future, waits);
        assert_eq!(
            text(py, again),
            "error: Can not create async record twice on the same step"
        );
        // The first execution still waits.
        future.call_method1("continueRun", (5,)).unwrap();
    });
    assert_eq!(outcomes.recv().unwrap(), Ok("5".to_owned()));
}

/// A script may keep its futures. They must not keep the executions that have ended.
#[test]
fn a_future_whose_execution_has_ended_lets_go_of_it() {
    let (waits, outcomes) = Waits::new();
    let record = Arc::downgrade(&waits);
    with_python(|py| {
        let future = new_future(py);
        let awaited = schedule(py, &future, waits).unwrap();
        assert!(record.upgrade().is_some());
        cancel(py, &awaited);
        assert!(record.upgrade().is_none());
        // A result that comes too late is no error.
        future.call_method1("continueRun", (1,)).unwrap();
        future.call_method1("continueFailed", ("late",)).unwrap();
        cancel(py, &awaited);
    });
    assert!(outcomes.recv().is_err(), "nothing has ended");
}

#[test]
fn a_future_that_nobody_can_continue_fails_its_execution() {
    let (waits, outcomes) = Waits::new();
    with_python(|py| {
        let future = new_future(py);
        schedule(py, &future, waits).unwrap();
    });
    assert_eq!(outcomes.recv().unwrap(), Err(LOST.to_owned()));
}

#[test]
fn a_future_that_was_not_returned_is_dropped_silently() {
    with_python(|py| {
        drop(new_future(py));
        let settled = new_future(py);
        settled.call_method1("continueRun", (1,)).unwrap();
    });
}
