//! The native half of the runtime: the module that scripts know as `redgrease_engine` (and, for scripts written for RedisGears,
//! as `redisgears`).

use super::builder::FlatExecution;
use super::{atomic, bundled, execute, session, time_events};
use crate::config;
use crate::execution::{Waiter, executions};
use crate::id::Id;
use crate::python::{
    Callback, GearsError, GearsFuture, Object, flat, from_bytes, inside_coroutine, keep_globals,
};
use crate::redis::{self, Level};
use crate::scope::{self, Scope};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyModule, PyString};

/// The Python half: names for tracebacks and sources, in the order in which they run.
const RUNTIME: &[(&str, &str)] = &[
    (
        "redgrease_engine/output.py",
        include_str!("runtime/output.py"),
    ),
    (
        "redgrease_engine/packages.py",
        include_str!("runtime/packages.py"),
    ),
    (
        "redgrease_engine/pickling.py",
        include_str!("runtime/pickling.py"),
    ),
    (
        "redgrease_engine/profiling.py",
        include_str!("runtime/profiling.py"),
    ),
    (
        "redgrease_engine/builder.py",
        include_str!("runtime/builder.py"),
    ),
    (
        "redgrease_engine/coroutines.py",
        include_str!("runtime/coroutines.py"),
    ),
    (
        "redgrease_engine/names.py",
        include_str!("runtime/names.py"),
    ),
    (
        "redgrease_engine/bundled.py",
        include_str!("runtime/bundled.py"),
    ),
    // Last: it publishes the names that the other files define.
    ("redgrease_engine/main.py", include_str!("runtime/main.py")),
];

/// Makes the module importable and runs the Python half of the runtime.
pub(crate) fn install(py: Python<'_>) -> PyResult<()> {
    let native = PyModule::new(py, "redisgears")?;
    native.add_class::<FlatExecution>()?;
    native.add_class::<GearsFuture>()?;
    native.add_class::<session::ExecutionSession>()?;
    native.add_function(wrap_pyfunction!(execute::execute_command, &native)?)?;
    native.add_function(wrap_pyfunction!(log, &native)?)?;
    native.add_function(wrap_pyfunction!(write_log, &native)?)?;
    native.add_function(wrap_pyfunction!(gears_ctx, &native)?)?;
    native.add_function(wrap_pyfunction!(flat_error, &native)?)?;
    native.add_function(wrap_pyfunction!(hashtag, &native)?)?;
    native.add_function(wrap_pyfunction!(shard_id, &native)?)?;
    native.add_function(wrap_pyfunction!(config_get, &native)?)?;
    native.add_function(wrap_pyfunction!(atomic::atomic_enter, &native)?)?;
    native.add_function(wrap_pyfunction!(atomic::atomic_exit, &native)?)?;
    native.add_function(wrap_pyfunction!(atomic::is_in_atomic_block, &native)?)?;
    native.add_function(wrap_pyfunction!(time_events::register_time_event, &native)?)?;
    native.add_function(wrap_pyfunction!(session::get_gears_session, &native)?)?;
    native.add_function(wrap_pyfunction!(session::set_gears_session, &native)?)?;
    native.add_function(wrap_pyfunction!(session::register_gears_thread, &native)?)?;
    native.add_function(wrap_pyfunction!(execute::call_next, &native)?)?;
    native.add_function(wrap_pyfunction!(gears_future, &native)?)?;
    native.add_function(wrap_pyfunction!(when_done, &native)?)?;
    native.add_function(wrap_pyfunction!(execute::get_command, &native)?)?;
    native.add_function(wrap_pyfunction!(execute::override_reply, &native)?)?;
    native.add_function(wrap_pyfunction!(is_async_allow, &native)?)?;
    for (name, kind) in GearsError::types(py) {
        native.add(name, kind)?;
    }
    let modules = py.import("sys")?.getattr("modules")?;
    modules.set_item("redisgears", &native)?;

    let globals = PyDict::new(py);
    globals.set_item("__builtins__", py.import("builtins")?)?;
    globals.set_item("__name__", "redgrease_engine")?;
    globals.set_item("redisgears", &native)?;
    globals.set_item("rg", &native)?;
    globals.set_item("_bundled_sources", bundled::sources(py)?)?;
    for (name, source) in RUNTIME {
        let compile = py.import("builtins")?.getattr("compile")?;
        let code = compile.call1((*source, *name, "exec"))?;
        py.import("builtins")?
            .getattr("exec")?
            .call1((code, &globals))?;
    }
    keep_globals(py, &globals)
}

/// `log(text, level)`: writes a text to the server's log.
#[pyfunction]
#[pyo3(signature = (msg, level = "notice"))]
fn log(msg: &Bound<'_, PyAny>, level: &str) -> PyResult<()> {
    let level =
        Level::parse(level).ok_or_else(|| GearsError::new_err(format!("bad log level {level}")))?;
    let Ok(text) = msg.cast::<PyString>() else {
        return Err(GearsError::new_err("log argument must be a string"));
    };
    redis::log(level, &format!("GEARS: {}", text.to_string_lossy()));
    Ok(())
}

/// Writes a line of a script's standard output or standard error to the server's log.
#[pyfunction]
#[pyo3(name = "_write_log")]
fn write_log(line: &Bound<'_, PyString>, warning: bool) {
    let level = if warning {
        Level::Warning
    } else {
        Level::Notice
    };
    redis::log(level, &line.to_string_lossy());
}

/// `gearsCtx(reader, description)`: begins a chain.
#[pyfunction]
#[pyo3(name = "gearsCtx", signature = (reader = "KeysReader", desc = None))]
fn gears_ctx(reader: &str, desc: Option<String>) -> PyResult<FlatExecution> {
    FlatExecution::new(reader, desc)
}

/// `flat_error(text)`: raises an error whose text reaches the client unchanged.
#[pyfunction]
#[pyo3(name = "flatError")]
fn flat_error(message: &Bound<'_, PyAny>) -> PyResult<()> {
    Err(flat(&message.str()?.to_string_lossy()))
}

/// `hashtag()`: a short text whose hash slot belongs to this shard.
#[pyfunction]
#[pyo3(name = "getMyHashTag")]
fn hashtag() -> &'static str {
    // Without a cluster the server owns every slot. This is the tag of the first slot.
    "06S"
}

/// The record of `ShardsIDReader`: the id of this shard, which is `1` without a cluster.
#[pyfunction]
#[pyo3(name = "_shard_id")]
fn shard_id() -> &'static str {
    "1"
}

/// `configGet(name)`: the value that a user stored under a name that the engine does not know. `None` if no value is
/// stored.
#[pyfunction]
#[pyo3(name = "config_get")]
fn config_get<'py>(py: Python<'py>, key: &Bound<'py, PyAny>) -> PyResult<Option<Object<'py>>> {
    let Ok(key) = key.cast::<PyString>() else {
        return Err(GearsError::new_err("config key must be a string"));
    };
    let value = config::get().user(key.to_str()?.as_bytes());
    Ok(value.map(|value| from_bytes(py, &value)))
}

/// `gearsFuture()`: a record that another thread provides later.
#[pyfunction]
#[pyo3(name = "gearsFutureCtx")]
fn gears_future() -> GearsFuture {
    GearsFuture::default()
}

/// Calls a function with the results and errors of an execution when it ends, or at once if it has ended already.
#[pyfunction]
#[pyo3(name = "_when_done")]
fn when_done(id: &str, function: &Bound<'_, PyAny>) -> PyResult<()> {
    let execution = Id::parse(id.as_bytes())
        .and_then(|id| executions().get(id))
        .ok_or_else(|| GearsError::new_err("execution plan does not exist"))?;
    let waiter = Waiter::Function(Callback::new(function));
    if let Err(waiter) = execution.wait_for_outcome(waiter) {
        execution.answer(waiter);
    }
    Ok(())
}

/// `isAsyncAllow()`: `true` if the step that runs on this thread may return a coroutine or a future. It may not while the
/// thread holds the server's lock, nor inside of a coroutine.
#[pyfunction]
#[pyo3(name = "isAsyncAllow")]
fn is_async_allow() -> bool {
    let runs = || scope::look(Scope::execution, Option::is_some);
    !redis::is_locked() && !inside_coroutine() && runs()
}
