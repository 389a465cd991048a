//! Executions in a process without a server: a cause that records its calls, Python of the tests, and waiting for an end.

mod aborting;
mod coroutines;
mod limits;
mod listing;
mod ordering;
mod refusing;
mod running;
mod sync_calls;

use super::{Cause, Ended, Execution, How, Order, Surroundings, Waiter, executions, ids, pool};
use crate::id::Id;
use crate::plan::{Plan, Reader, Source, Words};
use crate::python::{Callback, Handle, Object, attached, list};
use crate::scope::{RunningHook, SessionInfo};
use crate::steps::{Map, Step};
use crate::testing::{self, repr, with_python};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::collections::VecDeque;
use std::ffi::CString;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, Once, mpsc};
use std::thread;
use std::time::{Duration, Instant};

/// The time after which a condition that does not come true fails a test.
const PATIENCE: Duration = Duration::from_mins(1);

/// Starts the interpreter and the worker threads, once.
fn start() {
    static STARTED: Once = Once::new();
    with_python(|_| ());
    STARTED.call_once(|| pool().start(4).unwrap());
}

/// The names of some Python statements.
struct Script(Handle);

impl Script {
    fn new(statements: &str) -> Script {
        start();
        let statements = format!("{statements}\nnames = globals()\n");
        with_python(|py| Script(testing::run(py, &statements, "names").unbind().into()))
    }

    fn names<'py>(&self, py: Python<'py>) -> Bound<'py, PyDict> {
        self.0.bind(py).clone().cast_into().unwrap()
    }

    /// The function of this name.
    fn function(&self, name: &str) -> Callback {
        with_python(|py| Callback::new(&self.names(py).get_item(name).unwrap().unwrap()))
    }

    /// A step that replaces each record by the result of the function of this name.
    fn map(&self, name: &str) -> Step {
        Map(self.function(name)).into()
    }

    /// What `repr` shows of an expression.
    fn repr(&self, expression: &str) -> String {
        let expression = CString::new(expression).unwrap();
        with_python(|py| {
            let names = self.names(py);
            repr(&py.eval(&expression, Some(&names), None).unwrap())
        })
    }

    /// Waits until an event of the module `threading` is set.
    fn wait_for(&self, event: &str) {
        assert_eq!(
            self.repr(&format!("{event}.wait({})", PATIENCE.as_secs())),
            "True"
        );
    }
}

/// A step from a Python expression.
fn map(expression: &str) -> Step {
    start();
    with_python(|py| Map(testing::function(py, expression)).into())
}

/// The values of a Python generator expression as a source.
fn values(expression: &str) -> Source {
    start();
    with_python(|py| Source::Python(testing::function(py, &format!("lambda: {expression}"))))
}

/// One record, which is a list with this word.
fn command(word: &str) -> Source {
    let mut words = Words::default();
    words.push(word.as_bytes());
    Source::Command(words)
}

fn plan(steps: Vec<Step>) -> Arc<Plan> {
    Arc::new(Plan::new(Reader::Command, steps.into()))
}

/// The end of an execution, as its cause was told.
#[derive(Debug, Clone, PartialEq, Eq)]
struct End {
    how: How,
    error: Option<String>,
    aborted: bool,
    duration: Duration,
}

impl From<&Ended<'_>> for End {
    fn from(ended: &Ended<'_>) -> End {
        End {
            how: ended.how,
            error: ended.error.map(str::to_owned),
            aborted: ended.aborted,
            duration: ended.duration,
        }
    }
}

/// The calls that a cause has got.
#[derive(Debug, Default)]
struct Calls {
    ended: Vec<End>,
    /// With each call of `settle`: other threads could take the interpreter meanwhile.
    settled: Vec<(End, bool)>,
    retired: Vec<Id>,
    kept: VecDeque<Id>,
}

/// A cause that records its calls.
#[derive(Debug)]
struct FakeCause {
    order: Option<Arc<Order>>,
    bounded: bool,
    keeps_results: bool,
    registration: Option<Id>,
    hook: Option<RunningHook>,
    settles: bool,
    /// The number of ended executions that stay in the list. `None`: all of them.
    stay: Option<usize>,
    calls: Mutex<Calls>,
    called: Condvar,
}

impl Default for FakeCause {
    fn default() -> FakeCause {
        FakeCause {
            order: None,
            bounded: true,
            keeps_results: true,
            registration: None,
            hook: None,
            settles: true,
            stay: Some(0),
            calls: Mutex::default(),
            called: Condvar::new(),
        }
    }
}

impl FakeCause {
    fn in_order(order: &Arc<Order>) -> FakeCause {
        FakeCause {
            order: Some(Arc::clone(order)),
            ..FakeCause::default()
        }
    }

    fn calls(&self) -> MutexGuard<'_, Calls> {
        self.calls.lock().unwrap()
    }

    /// Waits for a call of the cause.
    fn wait_until(&self, condition: impl Fn(&Calls) -> bool) -> MutexGuard<'_, Calls> {
        let (calls, timeout) = self
            .called
            .wait_timeout_while(self.calls(), PATIENCE, |calls| !condition(calls))
            .unwrap();
        assert!(!timeout.timed_out(), "the cause was not called: {calls:?}");
        calls
    }
}

/// `true` if a thread can take the interpreter while this thread waits for it.
fn interpreter_is_free() -> bool {
    let (taken, wait) = mpsc::channel();
    thread::spawn(move || attached(|_| taken.send(())));
    wait.recv_timeout(PATIENCE).is_ok()
}

impl Cause for FakeCause {
    fn surroundings(&self) -> Surroundings {
        Surroundings {
            hook: self.hook.clone(),
            ..Surroundings::default()
        }
    }

    fn session(&self) -> Option<Arc<SessionInfo>> {
        None
    }

    fn registration(&self) -> Option<Id> {
        self.registration
    }

    fn order(&self) -> Option<&Order> {
        self.order.as_deref()
    }

    fn is_bounded(&self) -> bool {
        self.bounded
    }

    fn keeps_results(&self) -> bool {
        self.keeps_results
    }

    fn ended(&self, ended: &Ended<'_>) {
        self.calls().ended.push(ended.into());
        self.called.notify_all();
    }

    fn settles(&self) -> bool {
        self.settles
    }

    fn settle(&self, ended: &Ended<'_>) {
        let free = interpreter_is_free();
        self.calls().settled.push((ended.into(), free));
        self.called.notify_all();
    }

    fn retire(&self, id: Id) -> Option<Id> {
        let mut calls = self.calls();
        calls.retired.push(id);
        calls.kept.push_back(id);
        let surplus = self.stay.is_some_and(|stay| calls.kept.len() > stay);
        surplus.then(|| calls.kept.pop_front()).flatten()
    }
}

/// An execution and its cause.
struct Run {
    execution: Arc<Execution>,
    cause: Arc<FakeCause>,
}

impl Run {
    fn new(cause: FakeCause, steps: Vec<Step>, source: Source) -> Run {
        Run::of(&Arc::new(cause), steps, source)
    }

    /// An execution of a cause that has other executions, too.
    fn of(cause: &Arc<FakeCause>, steps: Vec<Step>, source: Source) -> Run {
        start();
        let cause = Arc::clone(cause);
        let execution = Execution::new(ids().next(), plan(steps), source, cause.clone());
        Run { execution, cause }
    }

    fn launched(cause: FakeCause, steps: Vec<Step>, source: Source) -> Run {
        let run = Run::new(cause, steps, source);
        run.launch();
        run
    }

    fn launch(&self) {
        super::launch(Arc::clone(&self.execution)).unwrap();
    }

    fn abort(&self) {
        super::abort(Arc::clone(&self.execution), None);
    }

    fn is_listed(&self) -> bool {
        executions().get(self.execution.id).is_some()
    }

    /// Waits until the execution has ended, and until only the list holds it: nothing can call its cause any more.
    fn wait_until_it_is_free(&self) {
        drop(self.cause.wait_until(|calls| !calls.ended.is_empty()));
        let deadline = Instant::now() + PATIENCE;
        loop {
            // Counted first: an execution that leaves the list in between has a count that is too high.
            let count = Arc::strong_count(&self.execution);
            if count <= 1 + usize::from(self.is_listed()) {
                return;
            }
            assert!(Instant::now() < deadline, "the execution is still in use");
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Waits until the execution was set aside for a coroutine.
    fn wait_until_it_is_parked(&self) {
        let deadline = Instant::now() + PATIENCE;
        while !self.execution.is_parked() {
            assert!(Instant::now() < deadline, "the execution does not wait");
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Waits for the end of the only execution of a cause. The cause was told once, and could settle once.
    fn end(&self) -> End {
        self.wait_until_it_is_free();
        let calls = self.cause.calls();
        let [end] = calls.ended.as_slice() else {
            panic!("the cause was told {} ends", calls.ended.len())
        };
        let settles = end.how != How::Refused && self.cause.settles;
        let expected: Vec<_> = settles.then(|| (end.clone(), true)).into_iter().collect();
        assert_eq!(calls.settled, expected);
        end.clone()
    }

    /// The results of an ended execution, as Python shows them, and its errors.
    fn outcome(&self) -> (String, Vec<String>) {
        let mut outcome = None;
        self.execution.with_outcome(|results, errors| {
            outcome = Some((shown(results), errors.to_vec()));
        });
        outcome.unwrap()
    }
}

/// What Python shows of a list with these records.
fn shown(records: &[Object<'_>]) -> String {
    attached(|py| {
        let records = records
            .iter()
            .map(|record| record.clone().unbind().into_bound(py))
            .collect();
        repr(&list(py, records).unwrap())
    })
}

/// A Python function that appends the outcomes that it gets to the list `taken`.
const TAKE: &str = "
taken = []
def take(results, errors):
    taken.append((results, errors))
";

/// A function that begins, and then waits until the test sets `gate`.
const GATE: &str = "
import threading
begun, gate = threading.Event(), threading.Event()
def step(record):
    begun.set()
    gate.wait()
    return record
";

fn waiter(script: &Script) -> Waiter {
    Waiter::Function(script.function("take"))
}
