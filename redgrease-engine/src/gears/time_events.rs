//! `registerTE`: functions that run at intervals.

use super::argument::{Argument, Form};
use super::asked;
use crate::python::{Callback, GearsError, Given};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyInt, PyTuple};
use std::time::Duration;

/// `registerTE(seconds, function, key)`: runs a function at intervals, for as long as the session exists, or the key if
/// one is given. Returns `False` if the key exists already.
#[pyfunction]
#[pyo3(name = "registerTimeEvent", signature = (*args, **kwargs))]
pub(super) fn register_time_event(
    py: Python<'_>,
    args: &Bound<'_, PyTuple>,
    kwargs: Option<&Bound<'_, PyDict>>,
) -> PyResult<bool> {
    let given = Given {
        function: "registerTE",
        args,
        kwargs,
    };
    let [seconds, function, key] = given.placed(["seconds", "function", "key"], 0)?;
    let (Some(seconds), Some(function)) = (seconds, function) else {
        return Err(GearsError::new_err("not enough arguments for time event"));
    };
    if !seconds.is_instance_of::<PyInt>() {
        return Err(GearsError::new_err("time argument must be a long"));
    }
    let interval = seconds.extract::<u64>().ok().filter(|&seconds| seconds > 0);
    let Some(interval) = interval else {
        return Err(GearsError::new_err(
            "time interval must be a positive number of seconds",
        ));
    };
    if !function.is_callable() {
        return Err(GearsError::new_err("callback must be a function"));
    }
    let (function, interval) = (Callback::new(&function), Duration::from_secs(interval));
    match key.filter(|key| !key.is_none()) {
        None => asked::add_timer(py, function, interval).map(|()| true),
        Some(key) => {
            let key = Argument::new(&key, Form::Text)?;
            asked::add_keyed_timer(py, key.bytes()?, function, interval)
        }
    }
}
