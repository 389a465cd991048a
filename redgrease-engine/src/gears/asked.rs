//! Runs, registrations and time events that Python asks for: a script, or a gear that runs.
//!
//! A script gets them when it has ended; a running gear gets them at once, in its own session.

use super::handed_on::with_rights_if_any;
use super::scope::{self, Collected, PendingRun, ScriptScope, with_script};
use super::script::announce;
use super::script_run::ScriptRun;
use super::session::{with_lock, with_lock_to_write};
use crate::distribution::{Reads, on_all_shards};
use crate::execution::{self, Execution, launch};
use crate::id::Id;
use crate::plan::Mode;
use crate::python::{Callback, GearsError, Gil, flat, pickle_ahead};
use crate::redis::{Context, READ_ONLY};
use crate::registration::{
    self, Event, NOT_ON_TOP, NewRegistration, Owner, Registry, activate_dynamic, keyed_timers,
    registry,
    timers::{self, NewTimer},
};
use pyo3::{PyErr, PyResult};
use std::sync::Arc;
use std::time::Duration;

/// The owner of the code on this thread, which is no script.
fn owner() -> PyResult<Owner> {
    Owner::current().ok_or_else(|| {
        GearsError::new_err(
            "only scripts and gears can run and register something: give a thread of your own the session of its gear with setGearsSession(getGearsSession())",
        )
    })
}

/// Changes the scope of the script that runs on this thread.
fn collect<R>(add: impl FnOnce(&mut ScriptScope) -> PyResult<R>) -> PyResult<R> {
    with_script(|script| (!script.only_timers).then(|| add(script)))
        .flatten()
        .unwrap_or_else(|| {
            Err(GearsError::new_err(
                "run and register are possible while a script runs only, on this version of the engine",
            ))
        })
}

/// The exception for a refusal. A replica refuses in the words of the server, without a traceback.
fn refused(message: String) -> PyErr {
    if message == READ_ONLY {
        flat(READ_ONLY)
    } else {
        GearsError::new_err(message)
    }
}

/// `true` if the script on this thread may ask for something on a replica: a session that the master tells of, or a file, is
/// restored there.
fn is_told() -> bool {
    with_script(|script| script.restored.is_some() || script.only_timers) == Some(true)
}

/// The id of the next registration: a new one, or in a restored session the one that it had.
pub(super) fn registration_id() -> Id {
    let had = with_script(|script| script.restored.as_mut()?.made.pop_front()).flatten();
    let ids = registration::ids();
    had.inspect(|&id| ids.reserve(id))
        .unwrap_or_else(|| ids.next())
}

/// `run()`: collects the run of a script, or begins the run of a gear. Returns the id of the execution.
pub(super) fn add_run(py: Gil<'_>, run: PendingRun) -> PyResult<Id> {
    if !scope::runs_here() {
        return with_rights_if_any(py, || run_at_once(py, &owner()?, run));
    }
    collect(|script| {
        if script.collected.run.is_some() {
            return Err(GearsError::new_err(
                "Can not run more then 1 executions in a single script",
            ));
        }
        let id = execution::ids().next();
        if script.restored.is_none() {
            script.collected.run = Some((id, run));
        }
        Ok(id)
    })
}

fn run_at_once(py: Gil<'_>, owner: &Owner, run: PendingRun) -> PyResult<Id> {
    let id = execution::ids().next();
    let (user, session) = with_lock(py, |context| (owner.user(context), owner.session(context)))?;
    let cause = Arc::new(ScriptRun::new(session, user));
    let execution = Execution::new(id, run.plan, run.source, cause);
    if run.mode == Mode::Async {
        on_all_shards(&execution, Reads::Everywhere);
    }
    launch(execution).map_err(GearsError::new_err)?;
    Ok(id)
}

fn activate_at_once(py: Gil<'_>, registration: NewRegistration) -> PyResult<Id> {
    let owner = owner()?;
    for function in registration.plan.functions() {
        pickle_ahead(py, function);
    }
    let announce = |function| drop(announce(&[function]));
    let activate = |context: &Context| activate_dynamic(context, &owner, registration, announce);
    with_lock_to_write(py, activate)?.map_err(refused)
}

/// `register()`: collects the registration of a script, or activates the registration of a gear. Returns its id.
pub(super) fn add_registration(py: Gil<'_>, registration: NewRegistration) -> PyResult<Id> {
    let id = registration.id;
    if !scope::runs_here() {
        return with_rights_if_any(py, || activate_at_once(py, registration));
    }
    let still_registered = collect(|script| {
        script.collected.made.push(id);
        let restored = script.restored.as_ref();
        if restored.is_some_and(|restored| !restored.registrations.contains(&id)) {
            // The registration was unregistered since.
            return Ok(false);
        }
        check_in_script(script, &registration.event)?;
        Ok(true)
    })?;
    if !still_registered {
        return Ok(id);
    }
    let is_told = is_told();
    let beside = |script: &mut ScriptScope| {
        let (replaces, takes) = (script.replaces.clone(), script.takes.clone());
        let names_later = script
            .restored
            .as_ref()
            .map(|restored| restored.names_later);
        (names_later, replaces, takes)
    };
    let (names_later, replaced, takes) = with_script(beside).unwrap_or_default();
    with_lock(py, |context| {
        if !is_told && context.is_read_only() {
            return Err(READ_ONLY.to_owned());
        }
        let replaced = replaced.as_deref();
        registry().read(context, |registry| match &registration.event {
            // A stored script was accepted once, and the age of hooks decides their order, not the order of restoring.
            event if names_later.is_none() => check_event(registry, event, replaced, &takes),
            Event::Command { trigger, .. } if names_later == Some(false) => {
                registry.check_free(trigger, replaced)
            }
            _ => Ok(()),
        })
    })?
    .map_err(refused)?;
    collect(|script| {
        if let Event::Command { trigger, .. } = &registration.event {
            script.triggers.insert(trigger.clone());
        }
        script.collected.registrations.push(registration);
        Ok(id)
    })
}

/// Checks a registration against the others that the script has asked for.
fn check_in_script(script: &ScriptScope, event: &Event) -> PyResult<()> {
    match event {
        Event::Command { trigger, .. } if script.triggers.contains(trigger) => Err(
            GearsError::new_err("trigger already registered in this session"),
        ),
        // A stored script was accepted once.
        Event::Hook(hook) if script.restored.is_none() => {
            let blocks = |other: &NewRegistration| match &other.event {
                Event::Hook(other_hook) => {
                    other_hook.command == hook.command && other.mode != Mode::Sync
                }
                _ => false,
            };
            if script.collected.registrations.iter().any(blocks) {
                return Err(GearsError::new_err(NOT_ON_TOP));
            }
            Ok(())
        }
        Event::Command { .. } | Event::Hook(_) | Event::Keys(_) | Event::Streams(_) => Ok(()),
    }
}

/// Checks that a script may wait for an event. It replaces the session `replaced` and the registrations `takes`.
fn check_event(
    registry: &Registry,
    event: &Event,
    replaced: Option<&str>,
    takes: &[Id],
) -> Result<(), String> {
    if let Event::Command { trigger, .. } = event
        && let Some(owner) = registry.by_trigger(trigger)
        && takes.contains(&owner.id)
    {
        return Ok(());
    }
    registry.check_event(event, replaced)
}

/// Checks again what a script asked for: other clients may have registered something while it ran.
///
/// # Errors
/// The text for the client.
pub(crate) fn check_again(
    context: &Context,
    collected: &Collected,
    replaced: Option<&str>,
    takes: &[Id],
) -> Result<(), String> {
    if context.is_read_only() {
        return Err(READ_ONLY.to_owned());
    }
    registry().read(context, |registry| {
        for registration in &collected.registrations {
            let event = &registration.event;
            check_event(registry, event, replaced, takes).map_err(|why| {
                let name = name_of(event);
                format!("{why}: {name} was taken while the script ran: use another name, or unregister the other registration")
            })?;
        }
        Ok(())
    })
}

/// Checks what the script of a stored session asked for: others may have taken a trigger of it before this engine reserved them.
pub(super) fn check_restored(
    context: &Context,
    collected: &Collected,
    replaced: Option<&str>,
) -> Result<(), String> {
    registry().read(context, |registry| {
        let mut all = collected.registrations.iter();
        all.try_for_each(|one| match &one.event {
            Event::Command { trigger, .. } => registry.check_free(trigger, replaced),
            Event::Hook(_) | Event::Keys(_) | Event::Streams(_) => Ok(()),
        })
    })
}

/// The name of an event that one registration has at a time.
fn name_of(event: &Event) -> String {
    match event {
        Event::Command { trigger, .. } => {
            format!("the trigger {}", String::from_utf8_lossy(trigger))
        }
        Event::Hook(hook) => format!("the command {}", hook.command),
        Event::Keys(_) | Event::Streams(_) => "an event".to_owned(),
    }
}

/// `registerTE()` without a key: collects the time event of a script, or starts the time event of a gear.
pub(super) fn add_timer(py: Gil<'_>, timer: NewTimer) -> PyResult<()> {
    if !scope::runs_here() {
        return with_rights_if_any(py, || {
            let owner = owner()?;
            let begin =
                |context: &Context| timers::begin(context, &owner, timer.function, timer.interval);
            with_lock(py, begin)?.map_err(refused)
        });
    }
    if !is_told() && with_lock(py, Context::is_read_only)? {
        return Err(flat(READ_ONLY));
    }
    let added = with_script(|script| {
        timers::check_another(script.collected.timers.len())?;
        script.collected.timers.push(timer);
        Ok(())
    });
    added.unwrap_or(Ok(())).map_err(refused)
}

/// `registerTE()` with a key: makes the key, whose time event starts at once. Returns `false` if the key exists.
pub(super) fn add_keyed_timer(
    py: Gil<'_>,
    key: &[u8],
    function: Callback,
    interval: Duration,
) -> PyResult<bool> {
    if scope::is_restoring() {
        // The key is restored with the data.
        return Ok(true);
    }
    with_rights_if_any(py, || {
        let owner = match scope::script_session() {
            Some(session) => Owner::Session(session),
            None => Owner::current().ok_or_else(|| {
                GearsError::new_err("only scripts and gears can register a time event")
            })?,
        };
        pickle_ahead(py, &function);
        let create =
            |context: &Context| keyed_timers::create(context, key, function, interval, &owner);
        with_lock_to_write(py, create)?.map_err(refused)
    })
}
