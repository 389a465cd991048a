//! Identity functions such as `lambda x: x`. Gears have many of them, and they need not be called.

use super::{Gil, Handle};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::{ffi, intern};

/// The code of `lambda x: x`. `None` if it could not be compiled.
static IDENTITY: PyOnceLock<Option<Py<PyAny>>> = PyOnceLock::new();

/// The attributes of a code object that decide what it does with one positional argument.
const DECISIVE: [&str; 4] = ["co_code", "co_argcount", "co_kwonlyargcount", "co_nlocals"];

/// The flags of functions with `*args` or `**kwargs`, of generators and of coroutines.
const OTHER_KINDS: i64 = 0x4 | 0x8 | 0x20 | 0x80 | 0x100 | 0x200;

/// The code of a function, if the function only returns its argument.
pub(super) fn code(function: &Bound<'_, PyAny>) -> Option<Py<PyAny>> {
    let py = function.py();
    let own = function_code(py, function.as_ptr())?;
    let wanted = IDENTITY.get_or_init(py, || compile(py)).as_ref()?.bind(py);
    let alike = |name: &&str| match (own.getattr(*name), wanted.getattr(*name)) {
        (Ok(one), Ok(other)) => one.eq(other).unwrap_or(false),
        _ => false,
    };
    let flags: i64 = own.getattr(intern!(py, "co_flags")).ok()?.extract().ok()?;
    (flags & OTHER_KINDS == 0 && DECISIVE.iter().all(alike)).then(|| own.unbind())
}

/// `true` if a function still has this code: Python code may replace it.
pub(super) fn has_code(function: &Handle, code: &Handle) -> bool {
    // SAFETY: `code` was taken from this function, so the object is a function. Only a pointer is read.
    unsafe { ffi::PyFunction_GetCode(function.as_ptr()) == code.as_ptr() }
}

fn compile(py: Gil<'_>) -> Option<Py<PyAny>> {
    let function = py.eval(c"lambda x: x", None, None).ok()?;
    function
        .getattr(intern!(py, "__code__"))
        .ok()
        .map(Bound::unbind)
}

fn function_code(py: Gil<'_>, function: *mut ffi::PyObject) -> Option<Bound<'_, PyAny>> {
    // SAFETY: the object is live; the code is borrowed from the function.
    unsafe {
        if ffi::PyFunction_Check(function) == 0 {
            return None;
        }
        Bound::from_borrowed_ptr_or_opt(py, ffi::PyFunction_GetCode(function))
    }
}
