//! The native half of the runtime: the module that scripts know as `redgrease_engine` (and, for
//! scripts written for RedisGears, as `redisgears`).

use super::coroutines::{self, GearsFuture};
use super::errors::GearsError;
use super::plan_builder::FlatExecution;
use super::{Callback, Object, bundled, detached, errors, script, session, values};
use crate::execution::{Id, Waiter};
use crate::redis::{self, HeldLock, Level, OwnedReply, Rights};
use crate::registration::{held, hooks};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyDict, PyModule, PyString, PyTuple};
use smallvec::SmallVec;
use std::cell::RefCell;
use std::time::Duration;

/// The Python half, in the order it is run.
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
    // The last one: it shows what the others made.
    ("redgrease_engine/main.py", include_str!("runtime/main.py")),
];

/// Makes the modules importable and runs the Python half.
pub(super) fn install(py: Python<'_>) -> PyResult<()> {
    let native = PyModule::new(py, "redisgears")?;
    native.add_class::<FlatExecution>()?;
    native.add_class::<GearsFuture>()?;
    native.add_class::<session::ExecutionSession>()?;
    native.add_function(wrap_pyfunction!(execute_command, &native)?)?;
    native.add_function(wrap_pyfunction!(log, &native)?)?;
    native.add_function(wrap_pyfunction!(write_log, &native)?)?;
    native.add_function(wrap_pyfunction!(gears_ctx, &native)?)?;
    native.add_function(wrap_pyfunction!(flat_error, &native)?)?;
    native.add_function(wrap_pyfunction!(hashtag, &native)?)?;
    native.add_function(wrap_pyfunction!(shard_id, &native)?)?;
    native.add_function(wrap_pyfunction!(config_get, &native)?)?;
    native.add_function(wrap_pyfunction!(atomic_enter, &native)?)?;
    native.add_function(wrap_pyfunction!(atomic_exit, &native)?)?;
    native.add_function(wrap_pyfunction!(is_in_atomic_block, &native)?)?;
    native.add_function(wrap_pyfunction!(register_time_event, &native)?)?;
    native.add_function(wrap_pyfunction!(session::get_gears_session, &native)?)?;
    native.add_function(wrap_pyfunction!(session::set_gears_session, &native)?)?;
    native.add_function(wrap_pyfunction!(session::register_gears_thread, &native)?)?;
    native.add_function(wrap_pyfunction!(call_next, &native)?)?;
    native.add_function(wrap_pyfunction!(gears_future, &native)?)?;
    native.add_function(wrap_pyfunction!(when_done, &native)?)?;
    native.add_function(wrap_pyfunction!(get_command, &native)?)?;
    native.add_function(wrap_pyfunction!(override_reply, &native)?)?;
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
    super::script::remember_globals(py, &globals)
}

/// A text in the server's log.
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

/// A line of a script's standard output or error.
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

#[pyfunction]
#[pyo3(name = "gearsCtx", signature = (reader = "KeysReader", desc = None))]
fn gears_ctx(reader: &str, desc: Option<String>) -> PyResult<FlatExecution> {
    FlatExecution::new(reader, desc)
}

/// Raises an error whose text reaches the client as it is.
#[pyfunction]
#[pyo3(name = "flatError")]
fn flat_error(message: &Bound<'_, PyAny>) -> PyResult<()> {
    Err(errors::flat_error::new_err(
        message.str()?.to_string_lossy().into_owned(),
    ))
}

/// A short text whose hash slot this shard owns.
#[pyfunction]
#[pyo3(name = "getMyHashTag")]
fn hashtag() -> &'static str {
    // Alone, this server owns every slot: the tag of the first one.
    "06S"
}

/// What `ShardsIDReader` gives: `1` for a server on its own.
#[pyfunction]
#[pyo3(name = "_shard_id")]
fn shard_id() -> &'static str {
    "1"
}

/// A setting that the user made up, or `None`.
#[pyfunction]
#[pyo3(name = "config_get")]
fn config_get<'py>(py: Python<'py>, key: &Bound<'py, PyAny>) -> PyResult<Option<Object<'py>>> {
    let Ok(key) = key.cast::<PyString>() else {
        return Err(GearsError::new_err("config key must be a string"));
    };
    let value = crate::engine().config.user(key.to_str()?.as_bytes());
    Ok(value.map(|value| values::from_bytes(py, &value)))
}

/// Runs a function every so many seconds.
#[pyfunction]
#[pyo3(name = "registerTimeEvent", signature = (seconds, function, key = None))]
fn register_time_event(
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
        None => script::add_timer(py, function, interval).map(|()| true),
        Some(key) => {
            let key = Argument::new(key)?;
            script::add_keyed_timer(py, key.bytes()?, function, interval)
        }
    }
}

/// `execute(command, *args)`: runs a Redis command.
#[pyfunction]
#[pyo3(name = "executeCommand", signature = (*args))]
fn execute_command<'py>(py: Python<'py>, args: &Bound<'py, PyTuple>) -> PyResult<Object<'py>> {
    let mut items = args.iter();
    let Some(command) = items.next() else {
        return Ok(pyo3::types::PyList::empty(py).into_any());
    };
    let Ok(command) = command.cast_into::<PyString>() else {
        return Err(GearsError::new_err("the given command must be a string"));
    };
    run_command(py, command.to_str()?.as_bytes(), items)
}

/// In a hook: goes on with the next older hook, at last with the command itself.
#[pyfunction]
#[pyo3(name = "callNext", signature = (*args))]
fn call_next<'py>(py: Python<'py>, args: &Bound<'py, PyTuple>) -> PyResult<Object<'py>> {
    let command =
        hooks::next_command().ok_or_else(|| GearsError::new_err("Can not get CommandHook ctx"))?;
    run_command(py, command.as_bytes(), args.iter())
}

fn run_command<'py>(
    py: Python<'py>,
    command: &[u8],
    args: impl Iterator<Item = Object<'py>>,
) -> PyResult<Object<'py>> {
    // Gears that only answer calls are not to pay for what scripts need.
    let by_script = script::runs_here();
    if by_script && let Some(reply) = script::answer_again() {
        // What the script did, it did when it ran first.
        return values::from_owned(py, &reply);
    }
    // Most commands have few arguments: those need no memory of their own.
    let items: SmallVec<[Argument<'py>; 4]> = args
        .map(|item| Argument::new(&item))
        .collect::<PyResult<_>>()?;
    let words: SmallVec<[&[u8]; 4]> = items.iter().map(Argument::bytes).collect::<PyResult<_>>()?;
    let words = words.as_slice();
    let call = || redis::locked(|context| redis::call(context, Rights::Caller, command, words));
    let run = || {
        if by_script {
            script::set_aside(call)
        } else {
            call()
        }
    };
    // Lock order: the server's lock before the interpreter. Whoever has the former may keep the
    // latter.
    let outcome = if redis::is_locked() {
        run()
    } else {
        detached(py, run)
    };
    if by_script && script::keeps_answers() {
        script::keep_answer(match &outcome {
            Ok(reply) => OwnedReply::of(reply),
            Err(failure) => OwnedReply::Error(failure.message()),
        });
    }
    match outcome {
        Ok(reply) => values::from_reply(py, &reply),
        Err(failure) => Err(GearsError::new_err(failure.message())),
    }
}

/// One argument of a command, kept alive while its bytes are lent.
enum Argument<'py> {
    Text(Bound<'py, PyString>),
    Bytes(Bound<'py, PyBytes>),
}

impl<'py> Argument<'py> {
    fn new(value: &Object<'py>) -> PyResult<Argument<'py>> {
        if let Ok(text) = value.cast::<PyString>() {
            return Ok(Argument::Text(text.clone()));
        }
        if let Ok(bytes) = value.cast::<PyBytes>() {
            return Ok(Argument::Bytes(bytes.clone()));
        }
        if let Ok(array) = value.cast::<PyByteArray>() {
            return Ok(Argument::Bytes(PyBytes::new(value.py(), &array.to_vec())));
        }
        Ok(Argument::Text(value.str()?))
    }

    fn bytes(&self) -> PyResult<&[u8]> {
        match self {
            Argument::Text(text) => Ok(text.to_str()?.as_bytes()),
            Argument::Bytes(bytes) => Ok(bytes.as_bytes()),
        }
    }
}

/// Why nothing else runs meanwhile.
enum Atomic {
    /// The server's lock was held anyway.
    AlreadyLocked,
    /// The block took it, and gives it back at its end.
    Locked(#[allow(dead_code, reason = "held, not read")] HeldLock),
}

thread_local! {
    /// The `atomic()` block this thread is in.
    static ATOMIC: RefCell<Option<Atomic>> = const { RefCell::new(None) };
}

#[pyfunction]
#[pyo3(name = "_atomic_enter")]
fn atomic_enter(py: Python<'_>) -> PyResult<()> {
    if ATOMIC.with_borrow(Option::is_some) {
        return Err(GearsError::new_err("Already inside an atomic block"));
    }
    if redis::is_locked() {
        ATOMIC.set(Some(Atomic::AlreadyLocked));
    } else {
        // The lock belongs to this thread, which is the one the closure runs on.
        detached(py, || ATOMIC.set(Some(Atomic::Locked(HeldLock::acquire()))));
    }
    Ok(())
}

#[pyfunction]
#[pyo3(name = "_atomic_exit")]
fn atomic_exit() {
    drop(ATOMIC.take());
}

#[pyfunction]
#[pyo3(name = "isInAtomicBlock")]
fn is_in_atomic_block() -> bool {
    ATOMIC.with_borrow(Option::is_some)
}

/// The command whose reply waits for what runs here: its words.
#[pyfunction]
#[pyo3(name = "getCommand")]
fn get_command(py: Python<'_>) -> PyResult<Object<'_>> {
    let held = held::current().ok_or_else(|| GearsError::new_err("Can not get command ctx"))?;
    values::list_of(py, held.words().iter().map(Vec::as_slice))
}

/// Answers that command with something else.
#[pyfunction]
#[pyo3(name = "overrideReply")]
fn override_reply(reply: Bound<'_, PyAny>) -> PyResult<()> {
    let held = held::current().ok_or_else(|| GearsError::new_err("Can not get command ctx"))?;
    if held.answer_instead(reply.unbind()) {
        Ok(())
    } else {
        Err(GearsError::new_err("Can only override reply once"))
    }
}

/// A result that another thread gives.
#[pyfunction]
#[pyo3(name = "gearsFutureCtx")]
fn gears_future() -> GearsFuture {
    GearsFuture::default()
}

/// Calls a function with results and errors of an execution, once it has ended.
#[pyfunction]
#[pyo3(name = "_when_done")]
fn when_done(id: &str, function: &Bound<'_, PyAny>) -> PyResult<()> {
    let execution = Id::parse(id.as_bytes())
        .and_then(|id| crate::engine().executions.get(id))
        .ok_or_else(|| GearsError::new_err("execution plan does not exist"))?;
    let waiter = Waiter::Function(Callback::new(function));
    if let Err(waiter) = execution.wait_for_outcome(waiter) {
        execution.answer(waiter);
    }
    Ok(())
}

/// Whether what runs here may give a coroutine or a future: not with the server's lock held.
#[pyfunction]
#[pyo3(name = "isAsyncAllow")]
fn is_async_allow() -> bool {
    !redis::is_locked() && !coroutines::is_inside() && crate::execution::current().is_some()
}

/// Runs `body`, an execution that may have been caused by a command of another one on this thread,
/// apart from the atomic block of that one: it begins in none, and what it ends is its own.
pub(crate) fn apart_from_atomic<R>(body: impl FnOnce() -> R) -> R {
    struct Restore(Option<Atomic>);

    impl Drop for Restore {
        fn drop(&mut self) {
            // Given back while the cell is free: giving back the lock can run handlers.
            drop(ATOMIC.replace(self.0.take()));
        }
    }

    let _restore = Restore(ATOMIC.take());
    body()
}

/// Ends an atomic block that a script left open (its thread would keep the server's lock). `true`
/// if there was one.
pub(crate) fn leave_atomic() -> bool {
    ATOMIC.take().is_some()
}
