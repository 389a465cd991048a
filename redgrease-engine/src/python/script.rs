//! Running a script: what `RG.PYEXECUTE` sends.
//!
//! Runs with the server's lock held. What the script asks for, a run and registrations, is
//! collected and done by the caller when the script has ended without an error: a script that
//! fails changes nothing.

use super::errors::{GearsError, describe};
use super::session::with_lock;
use super::{Callback, Gil, attached, module};
use crate::execution::{self, Execution, Id, SyncCall};
use crate::plan::{Mode, Plan, Source};
use crate::redis::{self, Context, Level, OwnedReply, log};
use crate::registration::{
    Event, Origin, Owner, Registry, add_to_session, hooks, keyed_timers, timers,
};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// What runs and in whose place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Script<'a> {
    pub(crate) text: &'a [u8],
    /// The session whose registrations this script's will replace.
    pub(crate) replaces: Option<&'a str>,
    /// The session that it becomes.
    pub(crate) origin: &'a Arc<Origin>,
}

/// `run()` of a script.
#[derive(Debug)]
pub(crate) struct PendingRun {
    pub(crate) plan: Arc<Plan>,
    pub(crate) source: Source,
}

/// `register()` of a script.
#[derive(Debug)]
pub(crate) struct PendingRegistration {
    pub(crate) id: Id,
    pub(crate) description: Option<String>,
    pub(crate) plan: Arc<Plan>,
    pub(crate) mode: Mode,
    pub(crate) event: Event,
    pub(crate) on_registered: Option<Callback>,
}

/// Calls the `onRegistered` functions of registrations; their exceptions are only logged. Gives
/// the time events they asked for.
pub(crate) fn announce(functions: &[Callback]) -> Vec<(Callback, Duration)> {
    let current = Current {
        replaces: None,
        restored: None,
        origin: None,
        only_timers: true,
        kept_bytes: 0,
        result: ScriptResult::new(),
    };
    CURRENT.set(Some(current));
    attached(|py| {
        for function in functions {
            if let Err(raised) = function.call0(py) {
                log(
                    Level::Warning,
                    &format!("onRegistered failed: {}", describe(py, &raised)),
                );
            }
        }
    });
    CURRENT
        .take()
        .map(|current| current.result.timers)
        .unwrap_or_default()
}

/// What a script asked for.
#[derive(Debug)]
pub(crate) struct ScriptResult {
    pub(crate) registrations: Vec<PendingRegistration>,
    pub(crate) timers: Vec<(Callback, Duration)>,
    /// With the id it was promised.
    pub(crate) run: Option<(Id, PendingRun)>,
    /// The ids of everything it registered, in its order.
    pub(crate) made: Vec<Id>,
    /// What the server answered it, in its order.
    pub(crate) replies: Vec<OwnedReply>,
}

impl ScriptResult {
    fn new() -> ScriptResult {
        ScriptResult {
            registrations: Vec::new(),
            timers: Vec::new(),
            run: None,
            made: Vec::new(),
            replies: Vec::new(),
        }
    }
}

/// What was kept of a script that ran before.
#[derive(Debug)]
pub(crate) struct Kept {
    /// The numbers of the registrations it made.
    pub(crate) made: VecDeque<u64>,
    /// Those that are still registered.
    pub(crate) registrations: Vec<u64>,
    /// What the server answered it.
    pub(crate) replies: VecDeque<OwnedReply>,
}

/// Answers beyond this many bytes are not kept: restoring a script must not cost more than its
/// data.
const MAX_KEPT: usize = 1 << 20;

struct Current {
    replaces: Option<String>,
    /// Set when a stored session is restored.
    restored: Option<Kept>,
    origin: Option<Arc<Origin>>,
    /// `onRegistered` runs: the script has ended.
    only_timers: bool,
    /// The size of the answers that were kept.
    kept_bytes: usize,
    result: ScriptResult,
}

thread_local! {
    static CURRENT: RefCell<Option<Current>> = const { RefCell::new(None) };
}

static GLOBALS: PyOnceLock<Py<PyDict>> = PyOnceLock::new();

/// What each script's globals are a copy of.
pub(super) fn remember_globals(py: Gil<'_>, globals: &Bound<'_, PyDict>) -> PyResult<()> {
    GLOBALS
        .set(py, globals.clone().unbind())
        .map_err(|_| GearsError::new_err("the runtime was installed twice"))
}

/// The runtime's names.
pub(super) fn globals(py: Gil<'_>) -> PyResult<&Bound<'_, PyDict>> {
    GLOBALS
        .get(py)
        .map(|globals| globals.bind(py))
        .ok_or_else(|| GearsError::new_err("the gears runtime is not there"))
}

/// One of the runtime's own names.
pub(super) fn runtime<'py>(py: Gil<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    globals(py)?
        .get_item(name)?
        .ok_or_else(|| GearsError::new_err("the runtime is not complete"))
}

/// Runs a script. An error is the text for the client.
pub(crate) fn run_script(_: &Context, script: Script<'_>) -> Result<ScriptResult, String> {
    run(script, None)
}

/// Runs the script of a stored session again. It can do nothing but register: `execute` gives what
/// it gave before, a `run` is left out, and the registrations get the ids they had.
pub(crate) fn restore_script(
    _: &Context,
    script: Script<'_>,
    kept: Kept,
) -> Result<ScriptResult, String> {
    run(script, Some(kept))
}

fn run(script: Script<'_>, restored: Option<Kept>) -> Result<ScriptResult, String> {
    let replaces = script.replaces.map(str::to_owned);
    let current = Current {
        replaces,
        restored,
        origin: Some(Arc::clone(script.origin)),
        only_timers: false,
        kept_bytes: 0,
        result: ScriptResult::new(),
    };
    // A script that runs another one would find its own collection gone: the server refuses that
    // (no blocking inside a call), so there is never one to keep.
    CURRENT.set(Some(current));
    let limited = SyncCall::watched(crate::engine().config.limits());
    let outcome = attached(|py| {
        let outcome = match &limited {
            None => execute(py, script.text),
            Some(call) => call.run(py, || execute(py, script.text)),
        };
        module::leave_atomic();
        outcome.map_err(|raised| {
            let reason = limited.as_ref().and_then(|call| call.reason());
            reason.unwrap_or_else(|| describe(py, &raised))
        })
    });
    let collected = CURRENT.take().map(|current| current.result);
    outcome?;
    collected.ok_or_else(|| "the script's registrations were lost: please report it".to_owned())
}

/// The session of the script that this thread runs.
pub(super) fn origin() -> Option<Arc<Origin>> {
    CURRENT.with_borrow(|current| current.as_ref()?.origin.clone())
}

/// Whether this thread restores a stored session.
pub(super) fn is_restoring() -> bool {
    CURRENT.with_borrow(|current| current.as_ref().is_some_and(|one| one.restored.is_some()))
}

/// What the server answered when the script asked the same before, if a stored session is
/// restored.
pub(super) fn answer_again() -> Option<OwnedReply> {
    CURRENT.with_borrow_mut(|current| {
        let kept = current.as_mut()?.restored.as_mut()?;
        Some(kept.replies.pop_front().unwrap_or(OwnedReply::Null))
    })
}

/// Whether a script runs on this thread, or ran until its `onRegistered` began.
pub(super) fn runs_here() -> bool {
    CURRENT.with_borrow(Option::is_some)
}

/// Runs `body`, a command, which may cause other gears to run on this thread: what they do is not
/// what the script does.
pub(super) fn set_aside<R>(body: impl FnOnce() -> R) -> R {
    struct Restore(Option<Current>);
    impl Drop for Restore {
        fn drop(&mut self) {
            CURRENT.set(self.0.take());
        }
    }
    let _restore = Restore(CURRENT.take());
    body()
}

/// Whether a script runs on this thread whose answers are kept.
pub(super) fn keeps_answers() -> bool {
    CURRENT.with_borrow(|current| current.as_ref().is_some_and(|one| !one.only_timers))
}

/// Keeps what the server answered the script.
pub(super) fn keep_answer(reply: OwnedReply) {
    CURRENT.with_borrow_mut(|current| {
        let Some(current) = current else { return };
        let before = current.kept_bytes;
        current.kept_bytes = before.saturating_add(reply.size());
        if current.kept_bytes <= MAX_KEPT {
            current.result.replies.push(reply);
        } else if before <= MAX_KEPT {
            log(
                Level::Warning,
                "a script read more than 1 MiB from the server: if it registers something, what it reads from there on is None when it runs again after a restart",
            );
        }
    });
}

/// The id of the next registration: a new one, or the one it had.
pub(super) fn registration_id() -> Id {
    let ids = &crate::engine().registration_ids;
    CURRENT.with_borrow_mut(|current| {
        let Some(current) = current else {
            return ids.next();
        };
        let had = current
            .restored
            .as_mut()
            .and_then(|kept| kept.made.pop_front());
        had.map_or_else(|| ids.next(), |number| ids.reserve(number))
    })
}

fn execute(py: Gil<'_>, text: &[u8]) -> PyResult<()> {
    let globals = globals(py)?.copy()?;
    globals.set_item("__name__", "not_main")?;
    let builtins = py.import("builtins")?;
    let code = builtins
        .getattr("compile")?
        .call1((PyBytes::new(py, text), "<string>", "exec"))?;
    builtins.getattr("exec")?.call1((code, globals))?;
    Ok(())
}

fn collect<R>(add: impl FnOnce(&mut Current) -> PyResult<R>) -> PyResult<R> {
    CURRENT.with_borrow_mut(|current| match current {
        Some(current) if !current.only_timers => add(current),
        _ => Err(GearsError::new_err(
            "run and register are possible while a script runs only, on this version of the engine",
        )),
    })
}

/// `run()` of a script waits for its end; of an execution it begins at once.
pub(super) fn add_run(py: Gil<'_>, run: PendingRun) -> PyResult<Id> {
    if let Some(owner) = outside_of_scripts()? {
        return begin_at_once(py, &owner, run);
    }
    collect(|current| {
        if current.result.run.is_some() {
            return Err(GearsError::new_err(
                "Can not run more then 1 executions in a single script",
            ));
        }
        let id = crate::engine().execution_ids.next();
        if current.restored.is_none() {
            current.result.run = Some((id, run));
        }
        Ok(id)
    })
}

/// Who this thread acts for, if it runs no script.
fn outside_of_scripts() -> PyResult<Option<Owner>> {
    if CURRENT.with_borrow(Option::is_some) {
        return Ok(None);
    }
    Owner::current().map(Some).ok_or_else(|| {
        GearsError::new_err(
            "only scripts and gears can run and register something: give a thread of your own the session of its gear with setGearsSession(getGearsSession())",
        )
    })
}

fn begin_at_once(py: Gil<'_>, owner: &Owner, run: PendingRun) -> PyResult<Id> {
    let engine = crate::engine();
    let id = engine.execution_ids.next();
    let (user, origin) = with_lock(py, |context| (owner.user(context), owner.origin(context)));
    let execution = Execution::new(id, run.plan, run.source, None, user);
    if let Some(origin) = origin {
        execution.belongs_to(origin);
    }
    engine
        .executions
        .insert(Arc::clone(&execution), engine.config.max_executions());
    if engine
        .pool
        .submit(execution, engine.config.queue_size())
        .is_err()
    {
        engine.executions.remove(id);
        let limit = engine.config.queue_size();
        return Err(GearsError::new_err(execution::queue_is_full(limit)));
    }
    Ok(id)
}

/// `register()` of a script is done at its end, with all others; of an execution at once, in the
/// session that the execution belongs to.
pub(super) fn add_registration(py: Gil<'_>, registration: PendingRegistration) -> PyResult<Id> {
    if let Some(owner) = outside_of_scripts()? {
        let id = registration.id;
        let added = with_lock(py, |context| add_to_session(context, &owner, registration));
        return added.map(|()| id).map_err(GearsError::new_err);
    }
    collect(|current| {
        let id = registration.id;
        current.result.made.push(id);
        if let Some(kept) = &current.restored
            && !kept.registrations.contains(&id.number())
        {
            // It was unregistered since.
            return Ok(id);
        }
        if let Event::Command { trigger, .. } = &registration.event {
            check_trigger(current, trigger)?;
        }
        if let Event::Hook(hook) = &registration.event {
            let replaced = current.replaces.as_deref();
            let check = |registry: &Registry| hooks::check(registry, &hook.command, replaced);
            redis::locked(|context| crate::engine().registry.read(context, check))
                .map_err(|()| GearsError::new_err("Can not override a none sync registration"))?;
        }
        current.result.registrations.push(registration);
        Ok(id)
    })
}

/// A time event of a script begins when that has ended well; of a running gear at once.
pub(super) fn add_timer(py: Gil<'_>, function: Callback, interval: Duration) -> PyResult<()> {
    if let Some(owner) = outside_of_scripts()? {
        let begin = |context: &Context| timers::begin(context, &owner, function, interval);
        return with_lock(py, begin).map_err(GearsError::new_err);
    }
    CURRENT.with_borrow_mut(|current| {
        if let Some(current) = current {
            current.result.timers.push((function, interval));
        }
    });
    Ok(())
}

/// A time event that lives as long as a key begins at once. `false` if there is such a key.
pub(super) fn add_keyed_timer(
    py: Gil<'_>,
    key: &[u8],
    function: Callback,
    interval: Duration,
) -> PyResult<bool> {
    if is_restoring() {
        // The key is restored with the data.
        return Ok(true);
    }
    let owner = match origin() {
        Some(origin) => Owner::Session(origin),
        None => Owner::current().ok_or_else(|| {
            GearsError::new_err("only scripts and gears can register a time event")
        })?,
    };
    let create = |context: &Context| keyed_timers::create(context, key, function, interval, &owner);
    with_lock(py, create).map_err(GearsError::new_err)
}

fn check_trigger(current: &Current, wanted: &[u8]) -> PyResult<()> {
    let same = |other: &PendingRegistration| match &other.event {
        Event::Command { trigger, .. } => trigger == wanted,
        _ => false,
    };
    if current.result.registrations.iter().any(same) {
        return Err(GearsError::new_err(
            "trigger already registered in this session",
        ));
    }
    let replaced = current.replaces.as_deref();
    let check = |registry: &Registry| registry.check_trigger(wanted, replaced);
    redis::locked(|context| crate::engine().registry.read(context, check))
        .map_err(|_| GearsError::new_err("trigger already registered"))
}
