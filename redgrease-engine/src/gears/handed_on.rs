//! The rights of the code that calls the engine, which may run on a thread of Python.

use crate::python::{GearsError, Gil};
use crate::scope::{self, NoRights};
use pyo3::{PyErr, PyResult};

const OF_NOBODY: &str = "this code belongs to no gear, so it has no rights to run commands: start its thread in a gear, or give the thread the session of a gear with setGearsSession(getGearsSession())";

const CALLBACK: &str = "this callback of an event loop belongs to no gear, so it has no rights to run commands: give it to the loop with call_soon or call_soon_threadsafe and without a context, or make it a coroutine for asyncio.run_coroutine_threadsafe";

fn refused<F>(reason: &NoRights<F>) -> PyErr {
    GearsError::new_err(match reason {
        NoRights::NoSession(_) => OF_NOBODY,
        NoRights::OfNobody => CALLBACK,
    })
}

/// Runs `body` with the rights of the code on this thread.
///
/// # Errors
/// If the code belongs to nobody.
pub(super) fn with_rights<R>(py: Gil<'_>, body: impl FnOnce() -> R) -> PyResult<R> {
    scope::with_rights(py, body).map_err(|reason| refused(&reason))
}

/// The same for a body that decides itself what it does on a thread without a gear and without a session.
pub(super) fn with_rights_if_any<R>(
    py: Gil<'_>,
    body: impl FnOnce() -> PyResult<R>,
) -> PyResult<R> {
    match scope::with_rights(py, body) {
        Ok(outcome) => outcome,
        Err(NoRights::NoSession(body)) => body(),
        Err(reason) => Err(refused(&reason)),
    }
}
