//! Functions that gears have very often, and that need not be called: `lambda x: x`, `lambda x: x['value'].split()`. Their code is
//! compared with that of such a function, whatever the names of the function and its parameter are.

use super::{Gil, Handle};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::{ffi, intern};
use std::ffi::CStr;

/// What a function does with its argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// It returns the argument.
    Identity,
    /// It returns the words of the value of a record: `x['value'].split()`.
    WordsOfValue,
}

/// A function of each shape. The code of a lambda and that of a `def` may keep different constants.
const KNOWN: [(Shape, &CStr, &CStr); 2] = [
    (Shape::Identity, c"lambda x: x", c"def f(x):\n return x"),
    (
        Shape::WordsOfValue,
        c"lambda x: x['value'].split()",
        c"def f(x):\n return x['value'].split()",
    ),
];

/// The codes of these functions. Empty if they could not be compiled.
static CODES: PyOnceLock<Vec<(Shape, Py<PyAny>)>> = PyOnceLock::new();

/// The attributes of a code object that decide what it does with one positional argument.
const DECISIVE: [&str; 5] = [
    "co_code",
    "co_names",
    "co_argcount",
    "co_kwonlyargcount",
    "co_nlocals",
];

/// The flags of functions with `*args` or `**kwargs`, of generators and of coroutines.
const OTHER_KINDS: i64 = 0x4 | 0x8 | 0x20 | 0x80 | 0x100 | 0x200;

/// The shape of a function, and its code.
pub(super) fn of(function: &Bound<'_, PyAny>) -> Option<(Shape, Py<PyAny>)> {
    let py = function.py();
    let own = function_code(py, function.as_ptr())?;
    let flags: i64 = own.getattr(intern!(py, "co_flags")).ok()?.extract().ok()?;
    if flags & OTHER_KINDS != 0 {
        return None;
    }
    let known = CODES.get_or_init(py, || compile(py)).iter();
    let (shape, _) = known.clone().find(|(shape, code)| {
        let code = code.bind(py);
        let same = |name: &str| are_alike(&own, code, name);
        DECISIVE.iter().all(|name| same(name)) && (*shape == Shape::Identity || same("co_consts"))
    })?;
    Some((*shape, own.unbind()))
}

fn are_alike(one: &Bound<'_, PyAny>, other: &Bound<'_, PyAny>, name: &str) -> bool {
    match (one.getattr(name), other.getattr(name)) {
        (Ok(one), Ok(other)) => one.eq(other).unwrap_or(false),
        _ => false,
    }
}

/// `true` if a function still has this code: Python code may replace it.
pub(super) fn has_code(function: &Handle, code: &Handle) -> bool {
    // SAFETY: `code` was taken from this function, so the object is a function. Only a pointer is read.
    unsafe { ffi::PyFunction_GetCode(function.as_ptr()) == code.as_ptr() }
}

fn compile(py: Gil<'_>) -> Vec<(Shape, Py<PyAny>)> {
    let defined = |source: &CStr| {
        let names = pyo3::types::PyDict::new(py);
        py.run(source, Some(&names), None)?;
        names.as_any().get_item("f")
    };
    let functions = KNOWN.iter().flat_map(|(shape, lambda, definition)| {
        let lambda = py.eval(lambda, None, None);
        [(*shape, lambda), (*shape, defined(definition))]
    });
    let codes = functions.filter_map(|(shape, function)| {
        let code = function.ok()?.getattr(intern!(py, "__code__")).ok()?;
        Some((shape, code.unbind()))
    });
    codes.collect()
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
