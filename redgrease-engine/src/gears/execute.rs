//! Redis commands of scripts and gears: `execute`, `call_next`, `get_command` and `override_reply`.

use super::argument::{Argument, Form};
use super::atomic::lost_lock;
use super::handed_on::with_rights;
use super::scope::{self as script, keep_answer, keeps_answers, set_aside};
use crate::cluster::{self, topology};
use crate::execution::too_much_memory;
use crate::python::{
    GearsError, Given, Object, detached, is_child, list_of, may_take, no_arguments, no_names,
    over_budget, server_grew,
};
use crate::redis::{self, CallError, CallReply, OwnedReply, ReplyKind};
use crate::registration::hooks;
use crate::scope::{self, ForCommand, Scope, WithheldReply};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};
use smallvec::SmallVec;
use std::sync::Arc;

/// `execute(command, *args)`: runs a Redis command.
#[pyfunction]
#[pyo3(name = "executeCommand", signature = (*args, **kwargs))]
pub(super) fn execute_command<'py>(
    py: Python<'py>,
    args: &Bound<'py, PyTuple>,
    kwargs: Option<&Bound<'py, PyDict>>,
) -> PyResult<Object<'py>> {
    no_names("execute", kwargs)?;
    let mut items = args.iter();
    let Some(command) = items.next() else {
        return Ok(pyo3::types::PyList::empty(py).into_any());
    };
    let Ok(command) = command.cast_into::<PyString>() else {
        return Err(GearsError::new_err("the given command must be a string"));
    };
    run_command(py, command.to_str()?.as_bytes(), items, Form::Text)
}

/// `call_next(*args)` of a hook: runs the next older hook, or the command itself if there is no older one.
#[pyfunction]
#[pyo3(name = "callNext", signature = (*args, **kwargs))]
pub(super) fn call_next<'py>(
    py: Python<'py>,
    args: &Bound<'py, PyTuple>,
    kwargs: Option<&Bound<'py, PyDict>>,
) -> PyResult<Object<'py>> {
    no_names("call_next", kwargs)?;
    let command =
        hooks::next_command().ok_or_else(|| GearsError::new_err("Can not get CommandHook ctx"))?;
    run_command(py, command.as_bytes(), args.iter(), Form::Text)
}

/// Runs a command with the rights of the code that runs.
pub(super) fn run_command<'py>(
    py: Python<'py>,
    command: &[u8],
    args: impl Iterator<Item = Object<'py>>,
    form: Form,
) -> PyResult<Object<'py>> {
    if is_child() {
        return Err(GearsError::new_err(
            "a child process of a gear cannot run commands: let the gear run them, with what the child has written to a pipe",
        ));
    }
    // Gears that only answer calls must not pay for the needs of scripts and threads.
    let ForCommand {
        by_script,
        user,
        is_of_gear,
    } = scope::for_command();
    if !is_of_gear && !scope::is_of_gear() {
        return with_rights(py, || run_command(py, command, args, form))?;
    }
    if by_script && let Some(reply) = script::answer_again() {
        // The command had its effect when the script ran for the first time.
        return form.of_kept(py, &reply);
    }
    // Most commands have few arguments, which then need no allocation.
    let mut items: SmallVec<[Argument<'py>; 4]> = SmallVec::new();
    for item in args {
        items.push(Argument::new(item, form)?);
    }
    let mut words: SmallVec<[&[u8]; 4]> = SmallVec::new();
    for item in &items {
        words.push(item.bytes()?);
    }
    let words = words.as_slice();
    check_budget(words.iter().map(|word| word.len()).sum())?;
    let user = user.as_ref();
    let is_given_up = scope::is_given_up;
    let call = || {
        let outcome =
            redis::call_for_gear(user, command, words, is_given_up, may_take, server_grew)?;
        Some(with_named_shard(command, words, outcome))
    };
    let run = || {
        if by_script { set_aside(call) } else { call() }
    };
    // Lock order: the server's lock before the interpreter. A thread that holds the former may keep the latter.
    let outcome = match redis::keep() {
        Some(_kept) => run(),
        None if scope::has_lost_lock() => return Err(lost_lock()),
        None => detached(py, run),
    };
    let Some(outcome) = outcome else {
        return Err(GearsError::new_err(
            "the execution was aborted, its commands are not run: end the function",
        ));
    };
    check_budget(outcome.as_ref().map_or(0, CallReply::size))?;
    if by_script && keeps_answers() {
        keep_answer(match &outcome {
            Ok(reply) => OwnedReply::of(reply.borrow()),
            Err(failure) => OwnedReply::Error(failure.clone().message()),
        });
    }
    if is_denial(&outcome) {
        scope::note_denial();
    }
    match outcome {
        Ok(reply) => form.of_reply(py, reply.borrow()),
        // With the line end of the protocol, as `from_reply` raises an error.
        Err(failure) => Err(GearsError::new_err(format!("{}\r\n", failure.message()))),
    }
}

/// The outcome of a command. If this server does not serve the keys of the command, the error names the shard that does.
fn with_named_shard(
    command: &[u8],
    words: &[&[u8]],
    outcome: Result<CallReply, CallError>,
) -> Result<CallReply, CallError> {
    if cluster::hub().is_none() || !redis::is_refused_for_keys(&outcome) {
        return outcome;
    }
    let keys = redis::locked(|context| {
        // A slot may have begun to move: then `hashtag()` names another one from now on.
        topology::refresh(context);
        redis::keys_of(context, command, words)
    });
    let error = topology::current().refused_keys(&keys);
    Err(CallError::new(error))
}

/// `true` if the user of the command has no right to it, or is gone.
fn is_denial(outcome: &Result<CallReply, CallError>) -> bool {
    match outcome {
        Ok(reply) => reply.kind() == ReplyKind::Error && reply.bytes().starts_with(b"NOPERM"),
        Err(failure) => failure.is_denial(),
    }
}

/// Fails if the gear has taken too much memory, or would with `more` bytes.
fn check_budget(more: usize) -> PyResult<()> {
    match over_budget(more) {
        None => Ok(()),
        Some(limit) => Err(GearsError::new_err(too_much_memory(limit))),
    }
}

fn withheld() -> PyResult<Arc<WithheldReply>> {
    scope::look(Scope::withheld, Clone::clone)
        .ok_or_else(|| GearsError::new_err("Can not get command ctx"))
}

/// `get_command()`: the words of the command whose reply waits for this gear.
#[pyfunction]
#[pyo3(name = "getCommand", signature = (*args, **kwargs))]
pub(super) fn get_command<'py>(
    py: Python<'py>,
    args: &Bound<'py, PyTuple>,
    kwargs: Option<&Bound<'py, PyDict>>,
) -> PyResult<Object<'py>> {
    no_arguments("get_command", args, kwargs)?;
    list_of(py, withheld()?.words().iter().map(Vec::as_slice))
}

/// `override_reply(reply)`: replaces the reply of the command that waits for this gear.
#[pyfunction]
#[pyo3(name = "overrideReply", signature = (*args, **kwargs))]
pub(super) fn override_reply(
    args: &Bound<'_, PyTuple>,
    kwargs: Option<&Bound<'_, PyDict>>,
) -> PyResult<()> {
    let given = Given {
        function: "override_reply",
        args,
        kwargs,
    };
    let [reply] = given.all(["reply"])?;
    if withheld()?.replace(reply.unbind().into()) {
        Ok(())
    } else {
        Err(GearsError::new_err("Can only override reply once"))
    }
}
