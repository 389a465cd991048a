//! An interpreter in the process of the unit tests.

use crate::gears;
use crate::python::{self, Callback, Gil, Object, attached};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use std::ffi::CString;
use std::sync::OnceLock;

/// Runs `body` with an interpreter that has the runtime of gears.
pub(crate) fn with_python<R>(body: impl FnOnce(Gil<'_>) -> R) -> R {
    static STARTED: OnceLock<()> = OnceLock::new();
    STARTED.get_or_init(|| {
        // A thread of its own: the thread that starts the interpreter counts as the server's main thread.
        let started = std::thread::spawn(|| python::start(None, gears::install).map(drop));
        started.join().unwrap().unwrap();
    });
    attached(body)
}

/// The value of a Python expression, which sees the names of the runtime.
pub(crate) fn eval<'py>(py: Gil<'py>, expression: &str) -> Object<'py> {
    let globals = python::globals(py).unwrap();
    let expression = CString::new(expression).unwrap();
    py.eval(&expression, Some(globals), None).unwrap()
}

/// A function from its Python expression, such as `lambda x: x + 1`.
pub(crate) fn function(py: Gil<'_>, expression: &str) -> Callback {
    Callback::new(&eval(py, expression))
}

/// The value that `name` has after some Python statements have run.
pub(crate) fn run<'py>(py: Gil<'py>, statements: &str, name: &str) -> Object<'py> {
    let globals: Bound<'py, PyDict> = python::initial_names(py).unwrap();
    // As in a script: the runtime has builtins of its own.
    let builtins = python::runtime(py, "_builtins").unwrap();
    globals.set_item("__builtins__", builtins).unwrap();
    let statements = CString::new(statements).unwrap();
    py.run(&statements, Some(&globals), None).unwrap();
    globals.get_item(name).unwrap().unwrap()
}

/// The text that Python's `repr` shows of a value.
pub(crate) fn repr(value: &Object<'_>) -> String {
    value.repr().unwrap().to_string()
}
