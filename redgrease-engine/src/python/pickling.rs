//! Functions as bytes. `gears/runtime/pickling.py` describes the format.
//!
//! Only the minor version of Python that wrote the bytes can read them. The bytes contain that version.

use super::errors::{GearsError, describe};
use super::hold::{Holder, hold};
use super::{Callback, Gil, attached, namespace};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};

/// Encodes a function with the closure, the globals and the classes that it uses.
///
/// # Errors
/// The reason why the function cannot be stored, as a text for the client.
pub(crate) fn pickle(function: &Callback) -> Result<Vec<u8>, String> {
    if let Some(bytes) = function.take_pickled() {
        return Ok(bytes);
    }
    attached(|py| {
        pickle_with(py, function).map_err(|raised| refusal(py, function.bind(py), &raised))
    })
}

/// Encodes a function for a later [`pickle`]. The Python of what the function refers to takes as long as it likes, so this is for
/// threads that do not hold the server's lock. `pickle` tells of a failure.
pub(crate) fn pickle_ahead(py: Gil<'_>, function: &Callback) {
    if let Ok(bytes) = pickle_with(py, function) {
        function.keep_pickled(bytes);
    }
}

/// Decodes a function that [`pickle`] encoded. The thread holds the server's lock, for as long as the limit of `holder` allows.
///
/// # Errors
/// The reason as a text: damaged bytes, another minor version of Python, a package that is not installed, or the limit.
pub(crate) fn unpickle(bytes: &[u8], holder: Holder) -> Result<Callback, String> {
    attached(|py| {
        let (function, stopped) = hold(
            py,
            holder,
            None,
            None,
            |_| String::new(),
            || {
                read(py, bytes)
                    .and_then(|function| callback(&function))
                    .map_err(|raised| unreadable(py, &raised))
            },
        );
        function.map_err(|why| stopped.unwrap_or(why))
    })
}

/// Encodes functions together: what they share (a class, a global variable, an object) they share again when they are read.
///
/// # Errors
/// The error of the first function that cannot be encoded.
pub(crate) fn pickle_together(py: Gil<'_>, functions: &[&Callback]) -> Result<Vec<u8>, String> {
    let together = || PyList::new(py, functions.iter().map(|one| one.bind(py)));
    together()
        .and_then(|list| write(list.as_any()))
        .map_err(|raised| {
            let alone = functions.iter().find_map(|one| {
                let function = one.bind(py);
                Some(refusal(py, function, &write(function).err()?))
            });
            alone.unwrap_or_else(|| describe(py, &raised))
        })
}

/// Decodes the functions that [`pickle_together`] encoded. They are code of the user who sent them: they import modules, and
/// they take as long as they like. So this is for threads that do not hold the server's lock.
///
/// # Errors
/// The reason as a text: damaged bytes, another minor version of Python, or a package that is not installed.
pub(crate) fn unpickle_together(py: Gil<'_>, bytes: &[u8]) -> Result<Vec<Callback>, String> {
    let functions = || -> PyResult<Vec<Callback>> {
        let list: Vec<Bound<'_, PyAny>> = read(py, bytes)?.extract()?;
        list.iter().map(callback).collect()
    };
    functions().map_err(|raised| unreadable(py, &raised))
}

/// Checks that a function can be encoded. Scripts for RedisGears know the error of a function that cannot.
pub(crate) fn check_picklable(py: Gil<'_>, function: &Callback) -> PyResult<()> {
    let function = function.bind(py);
    namespace::runtime(py, "_check_callback")?
        .call1((function,))
        .map(drop)
        .map_err(|raised| GearsError::new_err(refusal(py, function, &raised)))
}

fn pickle_with(py: Gil<'_>, function: &Callback) -> PyResult<Vec<u8>> {
    write(function.bind(py))
}

fn write(value: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    namespace::runtime(value.py(), "_write_callback")?
        .call1((value,))?
        .extract()
}

fn read<'py>(py: Gil<'py>, bytes: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    namespace::runtime(py, "_read_callback")?.call1((PyBytes::new(py, bytes),))
}

fn callback(value: &Bound<'_, PyAny>) -> PyResult<Callback> {
    if value.is_callable() {
        Ok(Callback::new(value))
    } else {
        Err(GearsError::new_err("what was stored is no function"))
    }
}

/// The error for bytes that cannot be decoded.
fn unreadable(py: Gil<'_>, raised: &PyErr) -> String {
    let kind = raised.get_type(py).name().map(|name| name.to_string());
    format!("{}: {}", kind.unwrap_or_default(), raised.value(py))
}

/// The error for a function that cannot be encoded.
fn refusal(py: Gil<'_>, function: &Bound<'_, PyAny>, raised: &PyErr) -> String {
    let name = function
        .getattr("__name__")
        .and_then(|name| Ok(name.str()?.to_string()))
        .unwrap_or_default();
    format!(
        "Error occured when serialized a python callback, callback={name} error={}",
        describe(py, raised)
    )
}
