//! Awaiting coroutines: on one thread with one event loop, for all gears.

use super::errors::{GearsError, flat};
use super::{Gil, Handle, Object, Raised, module, profiled, script};
use crate::execution::Execution;
use pyo3::ffi;
use pyo3::prelude::*;
use std::cell::Cell;
use std::sync::{Arc, Mutex, PoisonError};

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
pub(super) struct GearsFuture(Mutex<Future>);

#[derive(Debug, Default)]
enum Future {
    #[default]
    New,
    /// Returned from a step.
    Awaited(Arc<Execution>),
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
        if let Future::Awaited(execution) = std::mem::take(future) {
            let lost = GearsError::new_err("Async record did not called continue");
            execution.coroutine_ended(Err(lost));
        }
    }
}

impl GearsFuture {
    fn settle(&self, outcome: Result<Handle, Raised>) -> PyResult<()> {
        let execution = {
            let mut future = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            match std::mem::replace(&mut *future, Future::Done) {
                Future::New => {
                    *future = Future::Settled(outcome);
                    return Ok(());
                }
                Future::Awaited(execution) => execution,
                Future::Settled(_) | Future::Done => {
                    return Err(GearsError::new_err("the future was continued already"));
                }
            }
        };
        execution.coroutine_ended(outcome);
        Ok(())
    }

    fn await_for(&self, execution: Arc<Execution>) -> PyResult<()> {
        let outcome = {
            let mut future = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            match std::mem::replace(&mut *future, Future::Done) {
                Future::New => {
                    *future = Future::Awaited(execution);
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
        execution.coroutine_ended(outcome);
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
pub(super) fn is_inside() -> bool {
    INSIDE.get()
}

/// Goes on with an execution when its coroutine has ended.
#[pyclass(frozen, module = "redgrease_engine")]
#[derive(Debug)]
struct Continuation {
    execution: Arc<Execution>,
}

#[pymethods]
impl Continuation {
    /// Runs the coroutine up to its next suspension, as whoever caused the execution.
    fn step<'py>(
        &self,
        coroutine: &Bound<'py, PyAny>,
        value: &Bound<'py, PyAny>,
    ) -> PyResult<Object<'py>> {
        self.go_on(coroutine, "send", value)
    }

    /// The same with an exception in place of a value.
    fn throw<'py>(
        &self,
        coroutine: &Bound<'py, PyAny>,
        raised: &Bound<'py, PyAny>,
    ) -> PyResult<Object<'py>> {
        self.go_on(coroutine, "throw", raised)
    }

    fn done(&self, result: &Bound<'_, PyAny>) {
        self.execution.coroutine_ended(Ok(result.clone().unbind()));
    }

    /// Clients see the text of the exception and nothing else.
    fn failed(&self, exception: &Bound<'_, PyAny>) {
        let text = exception
            .str()
            .map(|text| text.to_string_lossy().into_owned());
        let raised = flat(text.as_deref().unwrap_or("the coroutine failed").trim_end());
        self.execution.coroutine_ended(Err(raised));
    }
}

impl Continuation {
    fn go_on<'py>(
        &self,
        coroutine: &Bound<'py, PyAny>,
        method: &str,
        argument: &Bound<'py, PyAny>,
    ) -> PyResult<Object<'py>> {
        let py = coroutine.py();
        if self.execution.is_aborting() {
            let stopped = GearsError::force_stopped(py);
            return coroutine.call_method1("throw", (stopped,));
        }
        let go_on = || {
            let outer = INSIDE.replace(true);
            let outcome = self
                .execution
                .occupy(py, || coroutine.call_method1(method, (argument,)));
            INSIDE.set(outer);
            // A block that is left open would keep the server's lock while others run here.
            if module::leave_atomic() && outcome.is_ok() {
                let refused = GearsError::new_err("await is not allow inside atomic block");
                return coroutine.call_method1("throw", (refused,));
            }
            outcome
        };
        profiled(
            coroutine.py(),
            || self.execution.origin(),
            || self.execution.with_surroundings(go_on),
        )
    }
}

/// Starts awaiting: `execution` is gone on with on a worker thread.
pub(crate) fn schedule(
    py: Gil<'_>,
    coroutine: &Object<'_>,
    execution: Arc<Execution>,
) -> Result<(), Raised> {
    if let Ok(future) = coroutine.cast::<GearsFuture>() {
        return future.get().await_for(execution);
    }
    let schedule = script::globals(py)?
        .get_item("_schedule")?
        .ok_or_else(|| GearsError::new_err("the runtime is not complete"))?;
    schedule.call1((coroutine, Continuation { execution }))?;
    Ok(())
}
