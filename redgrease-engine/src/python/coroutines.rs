//! Awaiting coroutines: on one thread with one event loop, for all gears.

use super::errors::{GearsError, flat};
use super::{Gil, Handle, Object, Raised, namespace};
use pyo3::ffi;
use pyo3::prelude::*;
use std::cell::Cell;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// The waiting side of a coroutine: an execution that was set aside until the coroutine has ended.
pub(crate) trait Awaiter: fmt::Debug + Send + Sync {
    /// `true` if the coroutine must stop.
    fn is_aborting(&self) -> bool;

    /// Runs one step of the coroutine in the surroundings of the gear. Returns `true` if the step left an `atomic()`
    /// block open, which has been closed then.
    fn surround(&self, py: Gil<'_>, step: &mut dyn FnMut()) -> bool;

    /// The coroutine has ended. Called once.
    fn ended(self: Arc<Self>, outcome: Result<Handle, Raised>);
}

/// Whether a function has given something to wait for instead of a value: a coroutine, or what
/// `gearsFuture()` makes.
pub(crate) fn is_coroutine(value: &Object<'_>) -> bool {
    // SAFETY: only reads the type of a live object.
    let coroutine = unsafe { ffi::PyCoro_CheckExact(value.as_ptr()) != 0 };
    coroutine || value.is_exact_instance_of::<GearsFuture>()
}

/// A result that another thread gives: `f = gearsFuture()`, `return f`, and later
/// `f.continueRun(x)` or `f.continueFailed(x)`.
#[pyclass(name = "PyFuture", module = "redisgears", frozen)]
#[derive(Debug, Default)]
pub(crate) struct GearsFuture(Mutex<Future>);

#[derive(Debug, Default)]
enum Future {
    #[default]
    New,
    /// Returned from a step.
    Awaited(Arc<dyn Awaiter>),
    /// Settled before it was returned.
    Settled(Result<Handle, Raised>),
    Done,
}

#[pymethods]
impl GearsFuture {
    #[pyo3(name = "continueRun")]
    fn continue_run(&self, result: &Bound<'_, PyAny>) -> PyResult<()> {
        self.settle(Ok(result.clone().unbind()))
    }

    #[pyo3(name = "continueFailed")]
    fn continue_failed(&self, error: &Bound<'_, PyAny>) -> PyResult<()> {
        self.settle(Err(flat(&error.str()?.to_string_lossy())))
    }
}

/// Nobody can continue it any more.
impl Drop for GearsFuture {
    fn drop(&mut self) {
        let future = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Future::Awaited(awaiter) = std::mem::take(future) {
            let lost = GearsError::new_err("Async record did not called continue");
            awaiter.ended(Err(lost));
        }
    }
}

impl GearsFuture {
    fn settle(&self, outcome: Result<Handle, Raised>) -> PyResult<()> {
        let awaiter = {
            let mut future = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            match std::mem::replace(&mut *future, Future::Done) {
                Future::New => {
                    *future = Future::Settled(outcome);
                    return Ok(());
                }
                Future::Awaited(awaiter) => awaiter,
                Future::Settled(_) | Future::Done => {
                    return Err(GearsError::new_err("the future was continued already"));
                }
            }
        };
        awaiter.ended(outcome);
        Ok(())
    }

    fn await_for(&self, awaiter: Arc<dyn Awaiter>) -> PyResult<()> {
        let outcome = {
            let mut future = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            match std::mem::replace(&mut *future, Future::Done) {
                Future::New => {
                    *future = Future::Awaited(awaiter);
                    return Ok(());
                }
                Future::Settled(outcome) => outcome,
                Future::Awaited(_) | Future::Done => {
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

/// The error for a coroutine where there must be none. Closes it, so that nothing complains that
/// it was never awaited.
pub(crate) fn coroutine_refused(coroutine: &Object<'_>, place: &str) -> Raised {
    // A future has no such method, and needs none.
    let _ = coroutine.call_method0("close");
    GearsError::new_err(format!("coroutine are not allow on {place}"))
}

thread_local! {
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Whether a coroutine runs on this thread.
pub(crate) fn inside_coroutine() -> bool {
    INSIDE.get()
}

/// Goes on with an execution when its coroutine has ended.
#[pyclass(frozen, module = "redgrease_engine")]
#[derive(Debug)]
struct Continuation {
    awaiter: Arc<dyn Awaiter>,
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

    /// The same with an exception in place of a value.
    fn throw<'py>(
        &self,
        coroutine: &Bound<'py, PyAny>,
        raised: &Bound<'py, PyAny>,
    ) -> PyResult<Object<'py>> {
        self.advance(coroutine, "throw", raised)
    }

    fn done(&self, result: &Bound<'_, PyAny>) {
        Arc::clone(&self.awaiter).ended(Ok(result.clone().unbind()));
    }

    /// Clients see the text of the exception and nothing else.
    fn failed(&self, exception: &Bound<'_, PyAny>) {
        let text = exception
            .str()
            .map(|text| text.to_string_lossy().into_owned());
        let raised = flat(text.as_deref().unwrap_or("the coroutine failed").trim_end());
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
            let stopped = GearsError::force_stopped(py);
            return coroutine.call_method1("throw", (stopped,));
        }
        let mut outcome = None;
        let left_atomic = self.awaiter.surround(py, &mut || {
            let outer = INSIDE.replace(true);
            outcome = Some(coroutine.call_method1(method, (argument,)));
            INSIDE.set(outer);
        });
        let outcome = outcome
            .unwrap_or_else(|| Err(GearsError::new_err("the coroutine was not continued")))?;
        // A block that is left open would keep the server's lock while other coroutines run here.
        if left_atomic {
            let refused = GearsError::new_err("await is not allow inside atomic block");
            return coroutine.call_method1("throw", (refused,));
        }
        Ok(outcome)
    }
}

/// Starts awaiting a coroutine or a future. `awaiter` is told when it has ended.
pub(crate) fn schedule(
    py: Gil<'_>,
    coroutine: &Object<'_>,
    awaiter: Arc<dyn Awaiter>,
) -> Result<(), Raised> {
    if let Ok(future) = coroutine.cast::<GearsFuture>() {
        return future.get().await_for(awaiter);
    }
    namespace::runtime(py, "_schedule")?.call1((coroutine, Continuation { awaiter }))?;
    Ok(())
}
