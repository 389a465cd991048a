//! The rights of the code that calls the engine, which may run on a thread of Python.

use crate::python::{GearsError, Gil};
use crate::scope;
use pyo3::PyResult;

const OF_NOBODY: &str = "this code belongs to no gear, so it has no rights to run commands: start its thread in a gear, or give the thread the session of a gear with setGearsSession(getGearsSession())";

/// Runs `body` with the rights of the code on this thread.
///
/// # Errors
/// If the code belongs to nobody.
pub(super) fn with_rights<R>(py: Gil<'_>, body: impl FnOnce() -> R) -> PyResult<R> {
    scope::with_rights(py, body).map_err(|_| GearsError::new_err(OF_NOBODY))
}

/// The same for a body that decides itself what it does if the code belongs to nobody.
pub(super) fn with_rights_if_any<R>(py: Gil<'_>, body: impl FnOnce() -> R) -> R {
    scope::with_rights(py, body).unwrap_or_else(|body| body())
}
