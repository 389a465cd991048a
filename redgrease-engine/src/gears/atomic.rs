//! `atomic()`: a block in which nothing else runs on the server.

use crate::config;
use crate::execution::lost_the_lock;
use crate::python::{GearsError, Holder, begin_hold, detached, no_arguments};
use crate::redis::NeverFree;
use crate::scope::{self, NotAtomic};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

#[pyfunction]
pub(super) fn atomic_enter(py: Python<'_>) -> PyResult<()> {
    // Lock order: the server's lock before the interpreter.
    let locks = scope::locks_for_atomic();
    let limit = config::get().lock_max_time();
    let enter = || scope::enter_atomic(limit);
    let entered = if locks { detached(py, enter) } else { enter() };
    entered.map_err(|why| {
        GearsError::new_err(match why {
            NotAtomic::Already => "Already inside an atomic block",
            NotAtomic::NeverFree => NeverFree::MESSAGE,
            NotAtomic::GivenUp => {
                "the execution was aborted, its block does not begin: end the function"
            }
        })
    })?;
    if locks {
        begin_hold(py, Holder::Execution);
    }
    Ok(())
}

/// The error for what needs the server's lock in a block that has lost it.
pub(super) fn lost_lock() -> PyErr {
    GearsError::new_err(lost_the_lock(config::get().lock_max_time()))
}

#[pyfunction]
pub(super) fn atomic_exit() {
    scope::leave_atomic();
}

#[pyfunction]
#[pyo3(name = "isInAtomicBlock", signature = (*args, **kwargs))]
pub(super) fn is_in_atomic_block(
    args: &Bound<'_, PyTuple>,
    kwargs: Option<&Bound<'_, PyDict>>,
) -> PyResult<bool> {
    no_arguments("isInAtomicBlock", args, kwargs)?;
    Ok(scope::is_atomic())
}
