//! Coroutines on the event loop of all gears.

use super::error_text;
use crate::python::coroutines::inside_coroutine;
use crate::python::{Awaiter, Gil, Handle, Raised, schedule};
use crate::testing::{repr, run, with_python};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};

/// An execution that waits for a coroutine.
#[derive(Debug)]
pub(super) struct Waits {
    outcome: Mutex<Sender<Result<String, String>>>,
    aborting: AtomicBool,
    leaves_atomic: AtomicBool,
    steps: AtomicUsize,
}

impl Waits {
    /// The execution, and the outcome of its coroutine: the `repr` of the result, or the type and text of the error.
    pub(super) fn new() -> (Arc<Waits>, Receiver<Result<String, String>>) {
        let (outcome, outcomes) = mpsc::channel();
        let waits = Waits {
            outcome: Mutex::new(outcome),
            aborting: AtomicBool::new(false),
            leaves_atomic: AtomicBool::new(false),
            steps: AtomicUsize::new(0),
        };
        (Arc::new(waits), outcomes)
    }
}

impl Awaiter for Waits {
    fn is_aborting(&self) -> bool {
        self.aborting.load(Ordering::Relaxed)
    }

    fn surround(&self, _: Gil<'_>, step: &mut dyn FnMut()) -> bool {
        self.steps.fetch_add(1, Ordering::Relaxed);
        assert!(!inside_coroutine());
        step();
        assert!(!inside_coroutine());
        self.leaves_atomic.swap(false, Ordering::Relaxed)
    }

    fn surround_end(&self, end: &mut dyn FnMut()) {
        end();
    }

    fn ended(self: Arc<Self>, outcome: Result<Handle, Raised>) {
        let outcome = with_python(|py| match outcome {
            Ok(value) => Ok(repr(value.bind(py))),
            Err(raised) => Err(error_text(py, &raised)),
        });
        // A test that has ended does not listen.
        let _ = self.outcome.lock().unwrap().send(outcome);
    }
}

/// Awaits `f()` after some statements, and returns its outcome.
fn awaited(
    waits: Arc<Waits>,
    outcomes: &Receiver<Result<String, String>>,
    source: &str,
) -> Result<String, String> {
    with_python(|py| {
        let coroutine = run(py, &format!("{source}\nc = f()"), "c");
        schedule(py, &coroutine, waits).unwrap();
    });
    outcomes.recv().unwrap()
}

fn outcome(source: &str) -> Result<String, String> {
    let (waits, outcomes) = Waits::new();
    awaited(waits, &outcomes, source)
}

#[test]
fn the_result_of_a_coroutine_arrives() {
    assert_eq!(
        outcome("async def f():\n    return [1]"),
        Ok("[1]".to_owned())
    );
}

#[test]
fn the_error_of_a_coroutine_is_its_text() {
    let source = "async def f():\n    raise ValueError('no  ')";
    assert_eq!(outcome(source), Err("flat_error: no".to_owned()));
}

#[test]
fn every_step_of_a_coroutine_is_surrounded() {
    let (waits, outcomes) = Waits::new();
    let source =
        "async def f():\n    for _ in range(3):\n        await asyncio.sleep(0)\n    return 'end'";
    assert_eq!(
        awaited(waits.clone(), &outcomes, source),
        Ok("'end'".to_owned())
    );
    assert_eq!(waits.steps.load(Ordering::Relaxed), 4);
}

#[test]
fn an_exception_of_the_awaited_value_arrives_in_the_coroutine() {
    let source = "
async def bad():
    await asyncio.sleep(0)
    raise KeyError('k')
async def f():
    try:
        await asyncio.gather(bad())
    except KeyError as raised:
        return 'caught %s' % raised
";
    assert_eq!(outcome(source), Ok("\"caught 'k'\"".to_owned()));
}

#[test]
fn a_coroutine_of_an_aborted_execution_is_stopped() {
    let (waits, outcomes) = Waits::new();
    waits.aborting.store(true, Ordering::Relaxed);
    let source = "async def f():\n    return 1";
    assert_eq!(
        awaited(waits.clone(), &outcomes, source),
        Err("flat_error: ".to_owned())
    );
    assert_eq!(waits.steps.load(Ordering::Relaxed), 0);
}

#[test]
fn a_coroutine_is_told_that_it_is_stopped() {
    let (waits, outcomes) = Waits::new();
    let stopper = Arc::clone(&waits);
    with_python(|py| {
        let source = "
async def f(started):
    started.set()
    try:
        while True:
            await asyncio.sleep(0)
    except redisgears.GearsForceStopped:
        return 'stopped'
started = threading.Event()
both = (f(started), started)
";
        let both = run(py, source, "both");
        let both: (super::super::Object<'_>, super::super::Object<'_>) =
            pyo3::types::PyAnyMethods::extract(&both).unwrap();
        schedule(py, &both.0, waits).unwrap();
        pyo3::types::PyAnyMethods::call_method0(&both.1, "wait").unwrap();
    });
    stopper.aborting.store(true, Ordering::Relaxed);
    assert_eq!(outcomes.recv().unwrap(), Ok("'stopped'".to_owned()));
}

#[test]
fn a_coroutine_must_not_wait_inside_an_atomic_block() {
    let (waits, outcomes) = Waits::new();
    waits.leaves_atomic.store(true, Ordering::Relaxed);
    let source = "async def f():\n    await asyncio.sleep(0)\n    return 1";
    let refused = Err("flat_error: await is not allow inside atomic block".to_owned());
    assert_eq!(awaited(waits, &outcomes, source), refused);
}

/// All gears share one event loop, which must survive each of them.
#[test]
fn a_coroutine_that_exits_does_not_stop_the_others() {
    assert_eq!(
        outcome("async def f():\n    sys.exit(3)"),
        Err("flat_error: SystemExit: 3".to_owned())
    );
    assert_eq!(outcome("async def f():\n    return 1"), Ok("1".to_owned()));
}

#[test]
fn coroutines_run_side_by_side() {
    let (first, first_outcome) = Waits::new();
    let (second, second_outcome) = Waits::new();
    with_python(|py| {
        let source = "
async def waits(event):
    await event.wait()
    return 'first'
async def sets(event):
    event.set()
    return 'second'
event = asyncio.Event()
both = (waits(event), sets(event))
";
        let both = run(py, source, "both");
        let both: (super::super::Object<'_>, super::super::Object<'_>) =
            pyo3::types::PyAnyMethods::extract(&both).unwrap();
        schedule(py, &both.0, first).unwrap();
        schedule(py, &both.1, second).unwrap();
    });
    assert_eq!(second_outcome.recv().unwrap(), Ok("'second'".to_owned()));
    assert_eq!(first_outcome.recv().unwrap(), Ok("'first'".to_owned()));
}
