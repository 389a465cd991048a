//! Running a script: the text that `RG.PYEXECUTE` sends.
//!
//! The script of a client runs without the server's lock. The script of a stored session runs with it.

use super::scope::{Collected, Restored, ScriptScope, collect};
use crate::execution::hold_for_call;
use crate::id::Id;
use crate::python::{self, Callback, Gil, Holder, attached, charge_session, describe};
use crate::redis::{Context, Hold, Level, log};
use crate::registration::timers::NewTimer;
use crate::scope::{SessionInfo, leave_atomic};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::sync::Arc;

/// A script and its options.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Script<'a> {
    pub(crate) text: &'a [u8],
    /// The session whose registrations the script will replace.
    pub(crate) replaces: Option<&'a str>,
    /// Registrations of other sessions that the script will replace.
    pub(crate) takes: &'a [Id],
    /// The session that the script becomes.
    pub(crate) session: &'a Arc<SessionInfo>,
}

/// Runs a script.
///
/// # Errors
/// The text for the client.
pub(crate) fn run_script(py: Gil<'_>, script: Script<'_>) -> Result<Collected, String> {
    run(py, script, ScriptScope::of(script))
}

/// Runs the script of a stored session again, without the server's lock. It can do nothing but register: `execute` returns the
/// answer that it returned before, `run` does nothing, and the registrations get the ids that they had.
pub(super) fn restore_beside(
    py: Gil<'_>,
    script: Script<'_>,
    restored: Restored,
) -> Result<Collected, String> {
    run(py, script, ScriptScope::restoring(script, restored))
}

/// The same while the server loads, or a master tells of the session: with the server's lock.
pub(super) fn restore_script(
    _: &Context,
    script: Script<'_>,
    restored: Restored,
) -> Result<Collected, String> {
    let _hold = Hold::begin();
    attached(|py| {
        let run = || run(py, script, ScriptScope::restoring(script, restored));
        let (outcome, reason) =
            hold_for_call(py, Holder::Restored, Some(&script.session.memory), run);
        outcome.map_err(|error| reason.unwrap_or(error))
    })
}

fn run(py: Gil<'_>, script: Script<'_>, scope: ScriptScope) -> Result<Collected, String> {
    charge_session(&script.session.memory);
    let (outcome, collected) = collect(scope, || {
        let outcome = execute(py, script.text, &script.session.id);
        leave_atomic();
        // The text of an exception can be Python of the script.
        outcome.map_err(|raised| describe(py, &raised))
    });
    outcome.map(|()| collected)
}

impl ScriptScope {
    fn of(script: Script<'_>) -> ScriptScope {
        ScriptScope {
            replaces: script.replaces.map(str::to_owned),
            takes: script.takes.to_vec(),
            session: Some(Arc::clone(script.session)),
            ..ScriptScope::default()
        }
    }

    fn restoring(script: Script<'_>, restored: Restored) -> ScriptScope {
        ScriptScope {
            restored: Some(restored),
            ..ScriptScope::of(script)
        }
    }
}

fn execute(py: Gil<'_>, text: &[u8], session: &str) -> PyResult<()> {
    let globals = python::initial_names(py)?;
    globals.set_item("__name__", "not_main")?;
    // The runtime has builtins of its own.
    globals.set_item("__builtins__", python::runtime(py, "_builtins")?)?;
    python::runtime(py, "_mark_script")?.call1((&globals,))?;
    python::runtime(py, "_forget_redirects")?.call1((session,))?;
    let put_back = python::runtime(py, "_put_back")?;
    put_back.call0()?;
    let compile = python::runtime(py, "_compile")?;
    let outcome = compile
        .call1((PyBytes::new(py, text), "<string>", "exec"))
        .and_then(|code| python::runtime(py, "_exec")?.call1((code, globals)));
    // Also after a script that failed.
    let tidied = put_back.call0();
    outcome.and(tidied).map(drop)
}

/// Calls the `onRegistered` functions of a script. Their exceptions are logged. What they ask for is added to the collection.
pub(crate) fn announce_all(py: Gil<'_>, collected: &mut Collected) {
    let functions: Vec<Callback> = collected
        .registrations
        .iter_mut()
        .filter_map(|one| one.on_registered.take())
        .collect();
    let scope = ScriptScope {
        only_timers: true,
        ..ScriptScope::default()
    };
    let ((), asked) = collect(scope, || {
        for function in functions {
            if let Err(raised) = function.call0(py) {
                log_failure(&describe(py, &raised));
            }
            leave_atomic();
        }
    });
    collected.timers.extend(asked.timers);
}

fn log_failure(why: &str) {
    log(Level::Warning, &format!("onRegistered failed: {why}"));
}

/// Calls the `onRegistered` functions of registrations, with the server's lock held. Their exceptions are logged. Returns the
/// time events that they asked for.
pub(super) fn announce(functions: &[Callback]) -> Vec<NewTimer> {
    if functions.is_empty() {
        return Vec::new();
    }
    let scope = ScriptScope {
        only_timers: true,
        ..ScriptScope::default()
    };
    let call_all = || {
        attached(|py| {
            for function in functions {
                let call = || function.call0(py).map_err(|raised| describe(py, &raised));
                let (outcome, reason) = hold_for_call(py, Holder::Call, None, call);
                if let Err(error) = outcome {
                    log_failure(&reason.unwrap_or(error));
                }
            }
        });
    };
    let ((), collected) = collect(scope, call_all);
    collected.timers
}
