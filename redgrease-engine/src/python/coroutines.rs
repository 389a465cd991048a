//! Awaiting coroutines: on one thread with one event loop, for all gears.

use super::errors::{GearsError, flat};
use super::{Gil, Object, Raised, module, script};
use crate::execution::Execution;
use crate::redis::User;
use crate::registration::hooks;
use pyo3::ffi;
use pyo3::prelude::*;
use std::sync::Arc;

/// Whether a function has given a coroutine instead of a value.
pub(crate) fn is_coroutine(value: &Object<'_>) -> bool {
    // SAFETY: only reads the type of a live object.
    unsafe { ffi::PyCoro_CheckExact(value.as_ptr()) != 0 }
}

/// The error for a coroutine where there must be none. Closes it, so that nothing complains that
/// it was never awaited.
pub(crate) fn coroutine_refused(coroutine: &Object<'_>, place: &str) -> Raised {
    let _ = coroutine.call_method0("close");
    GearsError::new_err(format!("coroutine are not allow on {place}"))
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
        let raised = flat(text.as_deref().unwrap_or("the coroutine failed"));
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
        let go_on = || {
            let outcome = coroutine.call_method1(method, (argument,));
            // A block that is left open would keep the server's lock while others run here.
            if module::leave_atomic() && outcome.is_ok() {
                let refused = GearsError::new_err("await is not allow inside atomic block");
                return coroutine.call_method1("throw", (refused,));
            }
            outcome
        };
        User::run(self.execution.user(), || {
            match &self.execution.registration {
                Some(registration) => hooks::inside(registration, go_on),
                None => go_on(),
            }
        })
    }
}

/// Starts awaiting: `execution` is gone on with on a worker thread.
pub(crate) fn schedule(
    py: Gil<'_>,
    coroutine: &Object<'_>,
    execution: Arc<Execution>,
) -> Result<(), Raised> {
    let schedule = script::globals(py)?
        .get_item("_schedule")?
        .ok_or_else(|| GearsError::new_err("the runtime is not complete"))?;
    schedule.call1((coroutine, Continuation { execution }))?;
    Ok(())
}
