//! Coroutines and futures. The thread of an event loop runs the coroutines of a session.

use super::awaiting::{claim_future, in_gear};
use super::errors::{GearsError, flat, of_coroutine};
use super::event_loops::EventLoop;
use super::handed_on::mark_context;
use super::parameters::only;
use super::{Gil, Handle, Object, Raised, namespace};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use std::cell::Cell;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::{self, ThreadId};

/// The waiting side of a coroutine: a record that was set aside until the coroutine has ended.
pub(crate) trait Awaiter: fmt::Debug + Send + Sync {
    /// `true` if the coroutine must stop.
    fn is_aborting(&self) -> bool;

    /// The event loop that runs the coroutine; `None` is that of code without a session.
    fn event_loop(&self) -> Option<Arc<EventLoop>> {
        None
    }

    /// Runs one step of the coroutine in the surroundings of the gear. Returns `true` if the step left an `atomic()`
    /// block open, which has been closed then.
    fn surround(&self, py: Gil<'_>, step: &mut dyn FnMut()) -> bool;

    /// Runs Python of the gear that is no step of the coroutine: handlers of an exception that ends it, the text of its error.
    /// The Python has the rights of the gear, and nothing interrupts it.
    fn surround_end(&self, end: &mut dyn FnMut());

    /// The coroutine has ended. Called once.
    fn ended(self: Arc<Self>, outcome: Result<Handle, Raised>);
}

/// `true` if the result of a function must be awaited: a coroutine, or a future of `gearsFuture()`.
pub(crate) fn is_coroutine(value: &Object<'_>) -> bool {
    // SAFETY: only reads the type of a live object.
    let coroutine = unsafe { ffi::PyCoro_CheckExact(value.as_ptr()) != 0 };
    coroutine || value.is_exact_instance_of::<GearsFuture>()
}

/// The result of a step that another thread will provide.
///
/// A step calls `f = gearsFuture()` and returns `f`; another thread calls `f.continueRun(x)` or `f.continueFailed(x)`.
#[pyclass(name = "PyFuture", module = "redisgears", frozen)]
#[derive(Debug)]
pub(crate) struct GearsFuture {
    state: Arc<Mutex<Future>>,
    /// The thread that runs the step.
    maker: ThreadId,
}

#[derive(Debug)]
pub(crate) enum Future {
    New,
    /// A step returned the future, and the record waits for its result.
    Awaited(Arc<dyn Awaiter>),
    /// Another thread gave the result before the step returned the future.
    Settled(Result<Handle, Raised>),
    /// The step itself gave the result before it returned the future. RedisGears loses such a result.
    Lost,
    /// The record has the result.
    Done,
    /// The execution of the record has ended. A result that comes later is for nobody.
    GivenUp,
}

/// What a record waits for.
#[derive(Debug)]
pub(crate) enum Awaited {
    /// The task of a coroutine.
    Task(Handle),
    /// A future, as long as Python has it.
    Future(Weak<Mutex<Future>>),
}

fn locked(future: &Mutex<Future>) -> MutexGuard<'_, Future> {
    future.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The error of a record that nothing can continue any more, as RedisGears words it.
fn lost() -> Raised {
    flat("Async record did not called continue")
}

#[pymethods]
impl GearsFuture {
    #[pyo3(name = "continueRun", signature = (*args, **kwargs))]
    fn continue_run(
        &self,
        args: &Bound<'_, PyTuple>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<()> {
        let result = only("continueRun", args, kwargs, "result")?;
        self.settle(Ok(result.unbind().into()))
    }

    #[pyo3(name = "continueFailed", signature = (*args, **kwargs))]
    fn continue_failed(
        &self,
        args: &Bound<'_, PyTuple>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<()> {
        let error = only("continueFailed", args, kwargs, "error")?;
        self.settle(Err(flat(&error.str()?.to_string_lossy())))
    }
}

/// Fails an execution whose future was dropped: nothing can continue the future any more.
impl Drop for GearsFuture {
    fn drop(&mut self) {
        let future = std::mem::replace(&mut *self.future(), Future::Done);
        if let Future::Awaited(awaiter) = future {
            awaiter.ended(Err(lost()));
        }
    }
}

impl GearsFuture {
    /// The future of the step that runs on this thread.
    ///
    /// # Errors
    /// If no step runs, or if it may not wait, or if it has made a future already.
    pub(crate) fn of_step() -> Result<GearsFuture, Raised> {
        claim_future()?;
        Ok(GearsFuture::new())
    }

    pub(crate) fn new() -> GearsFuture {
        GearsFuture {
            state: Arc::new(Mutex::new(Future::New)),
            maker: thread::current().id(),
        }
    }

    fn future(&self) -> MutexGuard<'_, Future> {
        locked(&self.state)
    }

    fn settle(&self, outcome: Result<Handle, Raised>) -> PyResult<()> {
        let awaiter = {
            let mut future = self.future();
            match std::mem::replace(&mut *future, Future::Done) {
                Future::New => {
                    let is_early = self.maker == thread::current().id();
                    *future = if is_early {
                        Future::Lost
                    } else {
                        Future::Settled(outcome)
                    };
                    return Ok(());
                }
                Future::Awaited(awaiter) => awaiter,
                Future::GivenUp => {
                    *future = Future::GivenUp;
                    return Ok(());
                }
                unchanged @ (Future::Settled(_) | Future::Lost | Future::Done) => {
                    *future = unchanged;
                    return Err(GearsError::new_err("the future was continued already"));
                }
            }
        };
        awaiter.ended(outcome);
        Ok(())
    }

    fn await_for(&self, awaiter: Arc<dyn Awaiter>) -> PyResult<()> {
        let outcome = {
            let mut future = self.future();
            match std::mem::replace(&mut *future, Future::Done) {
                Future::New => {
                    *future = Future::Awaited(awaiter);
                    return Ok(());
                }
                Future::Settled(outcome) => outcome,
                Future::Lost => Err(lost()),
                unchanged @ (Future::Awaited(_) | Future::Done | Future::GivenUp) => {
                    *future = unchanged;
                    return Err(GearsError::new_err(
                        "Can not create async record twice on the same step",
                    ));
                }
            }
        };
        awaiter.ended(outcome);
        Ok(())
    }
}

/// Returns the error for a coroutine in a place where coroutines are not allowed. Closes the coroutine, because Python
/// warns of a coroutine that was never awaited.
pub(crate) fn coroutine_refused(coroutine: &Object<'_>, place: &str) -> Raised {
    // A future has no method `close`, and needs none.
    let _ = coroutine.call_method0("close");
    flat(&format!("coroutine are not allow on {place}"))
}

thread_local! {
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// `true` while this thread runs a coroutine.
pub(super) fn inside_coroutine() -> bool {
    INSIDE.get()
}

/// The record that waits for a coroutine, as the event loop sees it.
#[pyclass(frozen, module = "redgrease_engine")]
#[derive(Debug)]
struct Continuation {
    awaiter: Arc<dyn Awaiter>,
    event_loop: Option<Arc<EventLoop>>,
    /// The context of the coroutine has what the gear hands on.
    is_marked: AtomicBool,
}

#[pymethods]
impl Continuation {
    /// Runs the coroutine up to its next suspension.
    fn step<'py>(
        &self,
        coroutine: &Bound<'py, PyAny>,
        value: &Bound<'py, PyAny>,
    ) -> PyResult<Object<'py>> {
        self.advance(coroutine, "send", value)
    }

    /// Raises an exception in the coroutine and runs it up to its next suspension.
    fn throw<'py>(
        &self,
        coroutine: &Bound<'py, PyAny>,
        raised: &Bound<'py, PyAny>,
    ) -> PyResult<Object<'py>> {
        self.advance(coroutine, "throw", raised)
    }

    /// The coroutine has returned.
    fn done(&self, result: &Bound<'_, PyAny>) {
        Arc::clone(&self.awaiter).ended(Ok(result.clone().unbind().into()));
    }

    /// The coroutine has failed. The text of the exception can be Python of the gear.
    fn failed(&self, exception: &Bound<'_, PyAny>) {
        let mut error = None;
        self.awaiter.surround_end(&mut || {
            let raised = PyErr::from_value(exception.clone());
            error = Some(of_coroutine(exception.py(), &raised));
        });
        let raised = error.unwrap_or_else(not_continued);
        Arc::clone(&self.awaiter).ended(Err(raised));
    }
}

impl Continuation {
    fn advance<'py>(
        &self,
        coroutine: &Bound<'py, PyAny>,
        method: &str,
        argument: &Bound<'py, PyAny>,
    ) -> PyResult<Object<'py>> {
        let py = coroutine.py();
        if self.awaiter.is_aborting() {
            return self.raise(coroutine, GearsError::force_stopped(py).as_any());
        }
        let step = || {
            let outer = INSIDE.replace(true);
            let outcome = in_gear(
                || true,
                || {
                    // In the surroundings of the gear, and in the context of the task, which is a copy of its own.
                    if !self.is_marked.swap(true, Ordering::Relaxed) {
                        mark_context(py)?;
                    }
                    coroutine.call_method1(method, (argument,))
                },
            );
            INSIDE.set(outer);
            outcome
        };
        let surrounded = || self.surround(py, step);
        let (outcome, left_atomic) = match &self.event_loop {
            Some(event_loop) => event_loop.step(surrounded),
            None => surrounded(),
        };
        let outcome = outcome.unwrap_or_else(|| Err(not_continued()))?;
        // An open block would keep the server's lock while this thread runs other coroutines.
        if left_atomic {
            let refused = GearsError::new_err("await is not allow inside atomic block");
            return self.raise(coroutine, refused.value(py));
        }
        Ok(outcome)
    }

    /// Raises an exception in the coroutine, whose handlers of exceptions are Python of the gear, too.
    fn raise<'py>(
        &self,
        coroutine: &Bound<'py, PyAny>,
        raised: &Bound<'py, PyAny>,
    ) -> PyResult<Object<'py>> {
        let mut outcome = None;
        self.awaiter.surround_end(&mut || {
            outcome = Some(coroutine.call_method1("throw", (raised,)));
        });
        outcome.unwrap_or_else(|| Err(not_continued()))
    }

    /// Runs `body` in the surroundings of the gear. `None` if it was not run. The flag says that `body` has left an atomic block
    /// open.
    fn surround<R>(&self, py: Gil<'_>, body: impl FnOnce() -> R) -> (Option<R>, bool) {
        let mut body = Some(body);
        let mut outcome = None;
        let mut step = || outcome = body.take().map(|body| body());
        let left_atomic = self.awaiter.surround(py, &mut step);
        (outcome, left_atomic)
    }
}

fn not_continued() -> PyErr {
    GearsError::new_err("the coroutine was not continued")
}

/// Starts to await a coroutine or a future. Calls [`Awaiter::ended`] in the end. Returns what is awaited, for [`cancel`].
pub(crate) fn schedule(
    py: Gil<'_>,
    coroutine: &Object<'_>,
    awaiter: Arc<dyn Awaiter>,
) -> Result<Awaited, Raised> {
    if let Ok(future) = coroutine.cast::<GearsFuture>() {
        let future = future.get();
        future.await_for(awaiter)?;
        return Ok(Awaited::Future(Arc::downgrade(&future.state)));
    }
    let schedule = namespace::runtime(py, "_schedule")?;
    let event_loop = awaiter.event_loop();
    let number = event_loop.as_ref().map_or(0, |one| one.number());
    let continuation = Continuation {
        awaiter,
        event_loop,
        is_marked: AtomicBool::new(false),
    };
    let task = schedule.call1((coroutine, continuation, number))?;
    Ok(Awaited::Task(task.unbind().into()))
}

/// Nothing waits for the result any more. A coroutine is woken, and sees that it must stop, whatever it waits for. A future lets
/// go of the record: the script may keep the future, and with it everything that the execution has.
pub(crate) fn cancel(py: Gil<'_>, awaited: &Awaited) {
    match awaited {
        // A task that has ended cannot be cancelled, and need not be.
        Awaited::Task(task) => drop(task.bind(py).call_method0("cancel")),
        Awaited::Future(future) => {
            let Some(future) = future.upgrade() else {
                return;
            };
            let mut state = locked(&future);
            if let Future::Awaited(_) = &*state {
                let given_up = std::mem::replace(&mut *state, Future::GivenUp);
                // The record is dropped without the lock.
                drop(state);
                drop(given_up);
            }
        }
    }
}
