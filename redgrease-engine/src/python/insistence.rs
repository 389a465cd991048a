//! An interruption that cannot be caught for long.
//!
//! Python code that catches `gears.forcestopped` in a loop would run for ever. The exception of this file calls the engine
//! when the code catches it, on the thread of the code. From then on the thread is traced, and the trace raises the exception
//! in every line, also in the lines that handle exceptions. So all blocks end, from the inside out.

use super::errors::GearsError;
use super::{Gil, namespace};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyType;
use std::cell::Cell;
use std::ffi::c_int;
use std::ptr;

thread_local! {
    static INSISTS: Cell<bool> = const { Cell::new(false) };
}

/// The exception. It looks as `gears.forcestopped` does.
pub(super) fn exception(py: Gil<'_>) -> Bound<'_, PyType> {
    namespace::runtime(py, "_Insistent")
        .ok()
        .and_then(|found| found.cast_into::<PyType>().ok())
        .unwrap_or_else(|| GearsError::force_stopped(py))
}

/// Traces this thread from now on.
#[pyfunction]
pub(crate) fn insist(_py: Python<'_>) {
    INSISTS.set(true);
    // SAFETY: this thread holds the interpreter's lock. `raise` lives as long as the process and takes no argument.
    unsafe { ffi::PyEval_SetTrace(Some(raise), ptr::null_mut()) };
}

/// Ends the trace of this thread.
pub(super) fn stop(_: Gil<'_>) {
    if INSISTS.replace(false) {
        // SAFETY: this thread holds the interpreter's lock.
        unsafe { ffi::PyEval_SetTrace(None, ptr::null_mut()) };
    }
}

unsafe extern "C" fn raise(
    _argument: *mut ffi::PyObject,
    _frame: *mut ffi::PyFrameObject,
    event: c_int,
    _value: *mut ffi::PyObject,
) -> c_int {
    // The other events come while an exception is raised already.
    if event != ffi::PyTrace_LINE && event != ffi::PyTrace_CALL {
        return 0;
    }
    // SAFETY: Python calls this with its lock held, and expects an exception with the result -1.
    unsafe {
        let py = Python::assume_attached();
        ffi::PyErr_SetNone(GearsError::force_stopped(py).as_ptr());
    }
    -1
}
