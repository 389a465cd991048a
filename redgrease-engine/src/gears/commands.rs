//! The commands of `cmd`: as `execute`, with the types and the exceptions of redis-py.

use super::argument::Form;
use super::execute::run_command;
use crate::python::{GearsError, Object};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

/// `command(*words)`: runs a command with texts, bytes and numbers as arguments. The reply has bytes for texts.
#[pyfunction]
#[pyo3(signature = (*words))]
pub(super) fn command<'py>(py: Python<'py>, words: &Bound<'py, PyTuple>) -> PyResult<Object<'py>> {
    run(py, words, Form::Bytes)
}

/// As `command`, with arguments of any type.
#[pyfunction]
#[pyo3(signature = (*words))]
pub(super) fn command_of_any<'py>(
    py: Python<'py>,
    words: &Bound<'py, PyTuple>,
) -> PyResult<Object<'py>> {
    run(py, words, Form::AnyToBytes)
}

fn run<'py>(py: Python<'py>, words: &Bound<'py, PyTuple>, form: Form) -> PyResult<Object<'py>> {
    let mut words = words.iter();
    let name = words
        .next()
        .and_then(|name| name.cast_into::<PyString>().ok());
    let Some(name) = name else {
        return Err(PyTypeError::new_err(
            "a command begins with its name, a str",
        ));
    };
    run_command(py, name.to_str()?.as_bytes(), words, form).map_err(|error| translated(py, error))
}

/// The exception of `cmd` for an error of the runtime.
fn translated(py: Python<'_>, error: PyErr) -> PyErr {
    if !GearsError::is(py, &error) {
        return error;
    }
    let translate = || -> PyResult<PyErr> {
        let errors = py.import("redgrease_commands.errors")?;
        let text = error.value(py).str()?;
        Ok(PyErr::from_value(
            errors.call_method1("own_error_of", (text,))?,
        ))
    };
    translate().unwrap_or(error)
}
