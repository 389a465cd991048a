//! The namespace of the runtime, and the names of it with which every script begins.

use super::Gil;
use super::errors::GearsError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;

static GLOBALS: PyOnceLock<Py<PyDict>> = PyOnceLock::new();

/// Keeps the namespace. Called once, when the runtime has been installed.
pub(crate) fn keep_globals(py: Gil<'_>, globals: &Bound<'_, PyDict>) -> PyResult<()> {
    GLOBALS
        .set(py, globals.clone().unbind())
        .map_err(|_| GearsError::new_err("the runtime was installed twice"))
}

/// The namespace.
pub(crate) fn globals(py: Gil<'_>) -> PyResult<&Bound<'_, PyDict>> {
    GLOBALS
        .get(py)
        .map(|globals| globals.bind(py))
        .ok_or_else(|| GearsError::new_err("the gears runtime is not there"))
}

/// A new namespace for a script: the names of the runtime that scripts may use.
pub(crate) fn initial_names(py: Gil<'_>) -> PyResult<Bound<'_, PyDict>> {
    runtime(py, "_initial")?
        .cast_into::<PyDict>()
        .map_err(PyErr::from)?
        .copy()
}

/// The value of a name of the runtime.
pub(crate) fn runtime<'py>(py: Gil<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    globals(py)?
        .get_item(name)?
        .ok_or_else(|| GearsError::new_err("the runtime is not complete"))
}
