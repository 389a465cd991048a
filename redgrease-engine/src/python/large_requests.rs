//! Large requests for memory that do not reach Python's allocators: they are refused before they are made, as those to the
//! allocators are.
//!
//! Python audits some events and calls a hook for each. The hook here looks at anonymous maps, at the import of NumPy,
//! and at sockets, for `child.rs`.

use super::budget::over_budget;
use super::{child, numpy};
use pyo3::exceptions::PyMemoryError;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use pyo3::{Borrowed, ffi};
use std::ffi::{CStr, c_char, c_int, c_void};

type AuditHook = unsafe extern "C" fn(*const c_char, *mut ffi::PyObject, *mut c_void) -> c_int;

unsafe extern "C" {
    /// A function of Python that PyO3 does not declare.
    fn PySys_AddAuditHook(hook: AuditHook, data: *mut c_void) -> c_int;
}

/// Begins to look at large requests.
pub(super) fn watch(_: Python<'_>) -> PyResult<()> {
    // SAFETY: the hook has the type that Python wants, and lives as long as the process.
    let outcome = unsafe { PySys_AddAuditHook(audit, std::ptr::null_mut()) };
    if outcome < 0 {
        // The hook of another embedder has refused it with an exception.
        // SAFETY: the caller holds the interpreter's lock.
        return Err(PyErr::fetch(unsafe { Python::assume_attached() }));
    }
    Ok(())
}

/// Called for every event that Python audits. A negative number means that an exception was set.
unsafe extern "C" fn audit(
    event: *const c_char,
    arguments: *mut ffi::PyObject,
    _: *mut c_void,
) -> c_int {
    // SAFETY: Python passes a text that is NUL-terminated.
    let event = unsafe { CStr::from_ptr(event) }.to_bytes();
    let look: fn(&Bound<'_, PyTuple>) -> PyResult<()> = match event {
        b"mmap.__new__" => check_map,
        b"import" => look_at_import,
        b"socket.bind" => child::remember_bound,
        _ => return 0,
    };
    let caught = std::panic::catch_unwind(|| {
        // SAFETY: Python audits with the interpreter's lock held, and the arguments live until the hook returns.
        let (py, arguments) = unsafe {
            let py = Python::assume_attached();
            (py, Borrowed::from_ptr_or_opt(py, arguments))
        };
        let looked = match arguments
            .as_ref()
            .map(|arguments| arguments.cast::<PyTuple>())
        {
            Some(Ok(arguments)) => look(&arguments),
            // Python ends, or the event has other arguments.
            _ => Ok(()),
        };
        match looked {
            Ok(()) => 0,
            Err(raised) => {
                raised.restore(py);
                -1
            }
        }
    });
    caught.unwrap_or(0)
}

/// `mmap.mmap(-1, length)`.
fn check_map(arguments: &Bound<'_, PyTuple>) -> PyResult<()> {
    let file: i64 = arguments.get_item(0)?.extract()?;
    // The system takes the pages of a file back when it needs memory.
    if file != -1 {
        return Ok(());
    }
    let length: usize = arguments.get_item(1)?.extract()?;
    match over_budget(length) {
        None => Ok(()),
        Some(limit) => Err(PyMemoryError::new_err(format!(
            "a map of {length} bytes would take more memory than ExecutionMaxMemory, {limit} bytes"
        ))),
    }
}

/// The event comes before each module is imported. NumPy imports many modules after the one that has its allocator.
fn look_at_import(arguments: &Bound<'_, PyTuple>) -> PyResult<()> {
    let name = arguments.get_item(0)?;
    if let Ok(name) = name.extract::<&str>()
        && name.starts_with("numpy.")
    {
        numpy::count(arguments.py());
    }
    Ok(())
}
