//! `registerTE`: functions that run at intervals.

use super::asked;
use super::execute::Argument;
use crate::python::{Callback, GearsError};
use pyo3::prelude::*;
use std::time::Duration;

/// `registerTE(seconds, function, key)`: runs a function at intervals, for as long as the session exists, or the key if
/// one is given. Returns `False` if the key exists already.
#[pyfunction]
#[pyo3(name = "registerTimeEvent", signature = (seconds, function, key = None))]
pub(super) fn register_time_event(
    py: Python<'_>,
    seconds: &Bound<'_, PyAny>,
    function: &Bound<'_, PyAny>,
    key: Option<&Bound<'_, PyAny>>,
) -> PyResult<bool> {
    let interval = seconds.extract::<u64>().ok().filter(|&seconds| seconds > 0);
    let Some(interval) = interval else {
        return Err(GearsError::new_err(
            "time interval must be a positive number of seconds",
        ));
    };
    if !function.is_callable() {
        return Err(GearsError::new_err("callback must be a function"));
    }
    let (function, interval) = (Callback::new(function), Duration::from_secs(interval));
    match key.filter(|key| !key.is_none()) {
        None => asked::add_timer(py, function, interval).map(|()| true),
        Some(key) => {
            let key = Argument::new(key)?;
            asked::add_keyed_timer(py, key.bytes()?, function, interval)
        }
    }
}
