//! Functions as bytes. `gears/runtime/pickling.py` describes the format.
//!
//! Only the minor version of Python that wrote the bytes can read them. The bytes contain that version.

use super::errors::{GearsError, describe};
use super::hold::{Holder, hold};
use super::{Callback, Gil, attached, namespace};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

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
                let read = || -> PyResult<Callback> {
                    let bytes = PyBytes::new(py, bytes);
                    let function = namespace::runtime(py, "_read_callback")?.call1((bytes,))?;
                    if function.is_callable() {
                        Ok(Callback::new(&function))
                    } else {
                        Err(GearsError::new_err("what was stored is no function"))
                    }
                };
                read().map_err(|raised| {
                    let kind = raised.get_type(py).name().map(|name| name.to_string());
                    format!("{}: {}", kind.unwrap_or_default(), raised.value(py))
                })
            },
        );
        function.map_err(|why| stopped.unwrap_or(why))
    })
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
    namespace::runtime(py, "_write_callback")?
        .call1((function.bind(py),))?
        .extract()
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
