//! `registerTE`: functions that run at intervals.

use super::argument::{Argument, Form};
use super::asked;
use crate::python::{Callback, GearsError, Given};
use crate::registration::timers::{NewTimer, Place};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyInt, PyTuple};
use std::time::Duration;

/// `registerTE(seconds, function, key, *, per_shard)`: runs a function at intervals, for as long as the session exists, or the key if
/// one is given. Returns `False` if the key exists already. In a cluster one shard runs the function, or each one with
/// `per_shard=True`.
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
    if args.len() > 3 {
        // `per_shard` is given by its name.
        given.placed(["seconds", "function", "key"], 0)?;
    }
    let [seconds, function, key, per_shard] =
        given.placed(["seconds", "function", "key", "per_shard"], 0)?;
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
    let per_shard = match per_shard {
        Some(flag) => flag
            .extract::<bool>()
            .map_err(|_| GearsError::new_err("per_shard must be True or False"))?,
        None => false,
    };
    match key.filter(|key| !key.is_none()) {
        None => {
            let place = if per_shard {
                Place::EachShard
            } else {
                Place::OneShard
            };
            let timer = NewTimer {
                function,
                interval,
                place,
            };
            asked::add_timer(py, timer).map(|()| true)
        }
        Some(_) if per_shard => Err(GearsError::new_err(
            "a time event with a key runs on the shard of the key: remove per_shard, or the key",
        )),
        Some(key) => {
            let key = Argument::new(key, Form::Text)?;
            asked::add_keyed_timer(py, key.bytes()?, function, interval)
        }
    }
}
