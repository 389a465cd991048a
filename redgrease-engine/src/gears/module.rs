//! The native half of the runtime: the module that scripts know as `redgrease_engine` (and, for scripts written for RedisGears,
//! as `redisgears`), and the functions that only the Python half calls.

use super::builder::FlatExecution;
use super::{atomic, bundled, commands, execute, log, packages, session, time_events};
use crate::cluster::topology;
use crate::config;
use crate::execution::{Waiter, executions};
use crate::id::Id;
use crate::python::{
    Callback, GearsError, GearsFuture, Given, Nil, Object, add_native_functions, flat, from_bytes,
    hand_on, hand_on_with, keep_globals, may_await, no_arguments, only,
};
use crate::scope;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyModule, PyString, PyTuple};
use std::sync::Arc;

/// The Python half: names for tracebacks and sources, in the order in which they run.
const RUNTIME: &[(&str, &str)] = &[
    (
        "redgrease_engine/standard.py",
        include_str!("runtime/standard.py"),
    ),
    (
        "redgrease_engine/output.py",
        include_str!("runtime/output.py"),
    ),
    (
        "redgrease_engine/guarded.py",
        include_str!("runtime/guarded.py"),
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
        "redgrease_engine/moving.py",
        include_str!("runtime/moving.py"),
    ),
    (
        "redgrease_engine/arguments.py",
        include_str!("runtime/arguments.py"),
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
        "redgrease_engine/threads.py",
        include_str!("runtime/threads.py"),
    ),
    (
        "redgrease_engine/event_loop.py",
        include_str!("runtime/event_loop.py"),
    ),
    (
        "redgrease_engine/coroutines.py",
        include_str!("runtime/coroutines.py"),
    ),
    (
        "redgrease_engine/process.py",
        include_str!("runtime/process.py"),
    ),
    (
        "redgrease_engine/names.py",
        include_str!("runtime/names.py"),
    ),
    (
        "redgrease_engine/bundled.py",
        include_str!("runtime/bundled.py"),
    ),
    (
        "redgrease_engine/switching.py",
        include_str!("runtime/switching.py"),
    ),
    (
        "redgrease_engine/shared.py",
        include_str!("runtime/shared.py"),
    ),
    // Last: it publishes the names that the other files define.
    ("redgrease_engine/main.py", include_str!("runtime/main.py")),
];

/// Makes the module importable and runs the Python half of the runtime.
pub(crate) fn install(py: Python<'_>) -> PyResult<()> {
    hand_on_with(scope::captured, Arc::new(scope::Nobody));
    let native = PyModule::new(py, "redisgears")?;
    native.add_class::<FlatExecution>()?;
    native.add_class::<GearsFuture>()?;
    native.add_class::<session::ExecutionSession>()?;
    native.add_function(wrap_pyfunction!(execute::execute_command, &native)?)?;
    native.add_function(wrap_pyfunction!(log::log, &native)?)?;
    native.add_function(wrap_pyfunction!(gears_ctx, &native)?)?;
    native.add_function(wrap_pyfunction!(flat_error, &native)?)?;
    native.add_function(wrap_pyfunction!(hashtag, &native)?)?;
    native.add_function(wrap_pyfunction!(config_get, &native)?)?;
    native.add_function(wrap_pyfunction!(atomic::is_in_atomic_block, &native)?)?;
    native.add_function(wrap_pyfunction!(time_events::register_time_event, &native)?)?;
    native.add_function(wrap_pyfunction!(session::get_gears_session, &native)?)?;
    native.add_function(wrap_pyfunction!(session::set_gears_session, &native)?)?;
    native.add_function(wrap_pyfunction!(session::register_gears_thread, &native)?)?;
    native.add_function(wrap_pyfunction!(execute::call_next, &native)?)?;
    native.add_function(wrap_pyfunction!(gears_future, &native)?)?;
    native.add_function(wrap_pyfunction!(execute::get_command, &native)?)?;
    native.add_function(wrap_pyfunction!(execute::override_reply, &native)?)?;
    native.add_function(wrap_pyfunction!(is_async_allow, &native)?)?;
    for (name, kind) in GearsError::types(py) {
        native.add(name, kind)?;
    }
    let modules = py.import("sys")?.getattr("modules")?;
    modules.set_item("redisgears", &native)?;
    // The module `redisgears` has the names of RedisGears only.
    let own = PyModule::new(py, "redgrease_native")?;
    own.add_function(wrap_pyfunction!(log::write_log, &own)?)?;
    own.add_function(wrap_pyfunction!(shard_id, &own)?)?;
    own.add_function(wrap_pyfunction!(commands::command, &own)?)?;
    own.add_function(wrap_pyfunction!(commands::command_of_any, &own)?)?;
    own.add_function(wrap_pyfunction!(atomic::atomic_enter, &own)?)?;
    own.add_function(wrap_pyfunction!(atomic::atomic_exit, &own)?)?;
    own.add_function(wrap_pyfunction!(when_done, &own)?)?;
    own.add_function(wrap_pyfunction!(session::event_loop, &own)?)?;
    own.add("nil", Py::new(py, Nil)?)?;
    own.add_function(wrap_pyfunction!(packages::is_required, &own)?)?;
    own.add_function(wrap_pyfunction!(packages::requires_here, &own)?)?;
    add_native_functions(&own)?;

    let globals = PyDict::new(py);
    // A copy: what gears assign to builtins does not reach the engine.
    let builtins = py.import("builtins")?;
    globals.set_item("__builtins__", builtins.dict().copy()?)?;
    globals.set_item("__name__", "redgrease_engine")?;
    globals.set_item("redisgears", &native)?;
    globals.set_item("rg", &native)?;
    globals.set_item("_native", &own)?;
    globals.set_item("_bundled_sources", bundled::sources(py)?)?;
    for (name, source) in RUNTIME {
        let code = builtins
            .getattr("compile")?
            .call1((*source, *name, "exec"))?;
        builtins.getattr("exec")?.call1((code, &globals))?;
    }
    keep_globals(py, &globals)
}

/// `gearsCtx(reader, description)`: begins a chain.
#[pyfunction]
#[pyo3(name = "gearsCtx", signature = (*args, **kwargs))]
fn gears_ctx(
    args: &Bound<'_, PyTuple>,
    kwargs: Option<&Bound<'_, PyDict>>,
) -> PyResult<FlatExecution> {
    let given = Given {
        function: "gearsCtx",
        args,
        kwargs,
    };
    let [reader, description] = given.placed(["reader", "desc"], 0)?;
    if !session::may_build() {
        return Err(GearsError::new_err(
            "Can not create a gearsCtx on a python created thread: give the thread the session of its gear with setGearsSession(getGearsSession())",
        ));
    }
    let reader = reader.map_or_else(
        || Ok("KeysReader".to_owned()),
        |reader| text(&reader, "reader argument must be a string"),
    )?;
    let description = description
        .filter(|description| !description.is_none())
        .map(|description| text(&description, "desc argument must be a string"))
        .transpose()?;
    FlatExecution::new(&reader, description)
}

fn text(value: &Object<'_>, wrong: &'static str) -> PyResult<String> {
    let text = value
        .cast::<PyString>()
        .map_err(|_| GearsError::new_err(wrong))?;
    Ok(text.to_str()?.to_owned())
}

/// `flat_error(text)`: raises an error whose text reaches the client unchanged.
#[pyfunction]
#[pyo3(name = "flatError", signature = (*args, **kwargs))]
fn flat_error(args: &Bound<'_, PyTuple>, kwargs: Option<&Bound<'_, PyDict>>) -> PyResult<()> {
    let message = only("flat_error", args, kwargs, "msg")?;
    Err(flat(&message.str()?.to_string_lossy()))
}

/// `hashtag()`: a short text whose hash slot belongs to this shard, and is not on its way to another one.
#[pyfunction]
#[pyo3(name = "getMyHashTag", signature = (*args, **kwargs))]
fn hashtag(args: &Bound<'_, PyTuple>, kwargs: Option<&Bound<'_, PyDict>>) -> PyResult<String> {
    no_arguments("hashtag", args, kwargs)?;
    Ok(topology::own_tag())
}

/// The record of `ShardsIDReader`: the id of this shard, which is `1` without a cluster.
#[pyfunction]
fn shard_id() -> String {
    topology::own_id().unwrap_or_else(|| "1".to_owned())
}

/// `configGet(name)`: the value that a user stored under a name that the engine does not know. `None` if no value is
/// stored.
#[pyfunction]
#[pyo3(name = "config_get", signature = (*args, **kwargs))]
fn config_get<'py>(
    py: Python<'py>,
    args: &Bound<'py, PyTuple>,
    kwargs: Option<&Bound<'py, PyDict>>,
) -> PyResult<Option<Object<'py>>> {
    let key = only("configGet", args, kwargs, "key")?;
    let Ok(key) = key.cast::<PyString>() else {
        return Err(GearsError::new_err("get_config key must be a string"));
    };
    let value = config::get().user(key.to_str()?.as_bytes());
    value.map(|value| from_bytes(py, &value)).transpose()
}

/// `gearsFuture()`: a record that another thread provides later.
#[pyfunction]
#[pyo3(name = "gearsFutureCtx", signature = (*args, **names))]
fn gears_future(
    args: &Bound<'_, PyTuple>,
    names: Option<&Bound<'_, PyDict>>,
) -> PyResult<GearsFuture> {
    if !args.is_empty() || names.is_some_and(|names| !names.is_empty()) {
        return Err(GearsError::new_err("Future gets no arguments"));
    }
    GearsFuture::of_step()
}

/// Calls a function with the results and errors of an execution when it ends, or at once if it has ended already.
#[pyfunction]
fn when_done(id: &str, function: &Bound<'_, PyAny>) -> PyResult<()> {
    let execution = Id::parse(id.as_bytes())
        .and_then(|id| executions().get(id))
        .ok_or_else(|| GearsError::new_err("execution plan does not exist"))?;
    let waiter = Waiter::Function(Callback::new(&hand_on(function)?));
    if let Err(waiter) = execution.wait_for_outcome(waiter) {
        execution.answer(waiter);
    }
    Ok(())
}

/// `isAsyncAllow()`: `true` if the step that runs on this thread may return a coroutine or a future. It may not inside of
/// MULTI and Lua, where no client can wait, and not inside of an atomic block or a coroutine.
#[pyfunction]
#[pyo3(name = "isAsyncAllow", signature = (*args, **kwargs))]
fn is_async_allow(args: &Bound<'_, PyTuple>, kwargs: Option<&Bound<'_, PyDict>>) -> PyResult<bool> {
    no_arguments("isAsyncAllow", args, kwargs)?;
    Ok(may_await() && !scope::is_atomic())
}
