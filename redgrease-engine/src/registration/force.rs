//! Putting the registrations of a script in force, all at once; now, or again after a restart.

use super::stored::{self, Damaged, StoredSession};
use super::timers::TimeEvent;
use super::{
    Event, Origin, Owner, Registration, Registry, Session, Stats, addition, hooks, streams, timers,
};
use crate::execution::Id;
use crate::python::{
    Callback, Kept, KeptWord, PendingRegistration, Script, ScriptResult, announce, restore_script,
};
use crate::redis::filter::look_at_commands;
use crate::redis::{Context, Level, User, locked, log, replicate};
use crate::steps::is_straight;
use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::thread;

/// The command that tells replicas and the AOF of a session.
const REGISTER: &std::ffi::CStr = c"rg.innerregister";
/// The command that tells them of one registration more.
const ADD: &std::ffi::CStr = c"rg.inneraddregistration";
/// The command that tells them that a registration is gone.
const UNREGISTER: &std::ffi::CStr = c"rg.innerunregister";

/// Registers what a script asked for, in place of `replaces`, and tells replicas.
pub(crate) fn put_in_force(
    context: &Context,
    origin: &Arc<Origin>,
    result: ScriptResult,
    replaces: Option<&str>,
) {
    let engine = crate::engine();
    install(context, origin, result, replaces);
    // Clients of Gears see that telling the other shards uses up one id of each kind.
    engine.registration_ids.next();
    engine.execution_ids.next();
    let session = engine.registry.read(context, |registry| {
        registry.session(&origin.id).map(|session| StoredSession {
            replaces: replaces.map(str::to_owned),
            ..session.store(registry)
        })
    });
    if let Some(session) = session {
        replicate(context, REGISTER, &stored::encode(&[session]));
    }
}

/// Tells replicas that a registration is gone.
pub(crate) fn tell_removed(context: &Context, id: &str) {
    replicate(context, UNREGISTER, id.as_bytes());
}

fn install(context: &Context, origin: &Arc<Origin>, result: ScriptResult, replaces: Option<&str>) {
    let engine = crate::engine();
    let mut pending = result.registrations;
    let callbacks: Vec<Callback> = pending
        .iter_mut()
        .filter_map(|one| one.on_registered.take())
        .collect();
    let registrations: Vec<Arc<Registration>> = pending
        .into_iter()
        .map(|one| Arc::new(make(one, origin, origin.user.clone())))
        .collect();
    let session = Session::with_registrations(origin, result.made);
    if registrations.iter().any(|one| one.takes_commands_over()) {
        look_at_commands(context);
    }
    let of_streams: Vec<Arc<Registration>> = registrations
        .iter()
        .filter(|one| matches!(one.event, Event::Streams(_)))
        .cloned()
        .collect();
    let old = engine.registry.write(context, |registry| {
        registry.insert(session, registrations, replaces)
    });
    for registration in old {
        registration.end_executions();
    }
    let mut asked_for = result.timers;
    asked_for.extend(User::run(origin.user.as_ref(), || announce(&callbacks)));
    for (function, interval) in asked_for {
        let event = TimeEvent::new(
            function,
            interval,
            Some(Arc::clone(origin)),
            origin.user.clone(),
        );
        engine.registry.write(context, |registry| {
            registry.own_timer(&origin.id, Arc::clone(&event));
        });
        timers::start(context, event);
    }
    for registration in of_streams {
        streams::start(context, &registration);
    }
}

/// Registers what a running gear asks for, in the session it belongs to.
pub(crate) fn add_to_session(
    context: &Context,
    owner: &Owner,
    mut pending: PendingRegistration,
) -> Result<(), String> {
    let engine = crate::engine();
    let Some(origin) = owner.origin(context) else {
        return Err("this gear belongs to no session: nothing can be registered".to_owned());
    };
    let gone = |registry: &Registry| match registry.session(&origin.id) {
        Some(session) => !Arc::ptr_eq(&session.origin, &origin),
        None => owner.has_registration(),
    };
    if engine.registry.read(context, gone) {
        return Err("the session of this gear is gone: nothing can be registered".to_owned());
    }
    engine
        .registry
        .read(context, |registry| match &pending.event {
            Event::Command { trigger, .. } => registry
                .check_trigger(trigger, None)
                .map_err(|_| "trigger already registered".to_owned()),
            Event::Hook(hook) => hooks::check(registry, &hook.command, None)
                .map_err(|()| "Can not override a none sync registration".to_owned()),
            Event::Keys(_) | Event::Streams(_) => Ok(()),
        })?;
    let id = pending.id;
    let callback = pending.on_registered.take();
    let mut registration = make(pending, &origin, owner.user(context));
    match addition::encode(&registration) {
        Ok(bytes) => registration.addition = Some(bytes.into()),
        Err(why) => log(
            Level::Warning,
            &format!("a registration that a running gear made is gone after a restart: {why}"),
        ),
    }
    let is_first = add(context, &origin, registration);
    engine.execution_ids.next();
    if let Some(callback) = callback {
        announce(&[callback]);
    }
    tell_added(context, &origin, id, is_first);
    Ok(())
}

/// Files a registration in a session, which is made if it is the first one. `true` if it is.
fn add(context: &Context, origin: &Arc<Origin>, registration: Registration) -> bool {
    let registration = Arc::new(registration);
    if registration.takes_commands_over() {
        look_at_commands(context);
    }
    let is_first = crate::engine().registry.write(context, |registry| {
        let is_first = registry
            .session(&origin.id)
            .is_none_or(|session| !session.lasts());
        if registry.session(&origin.id).is_none() {
            registry.insert(Session::new(origin), Vec::new(), None);
        }
        registry.add(&origin.id, Arc::clone(&registration));
        is_first
    });
    if let Event::Streams(_) = registration.event {
        streams::start(context, &registration);
    }
    is_first
}

/// Tells replicas and the AOF of a registration that a running gear made; of the whole session if
/// they do not know that yet.
fn tell_added(context: &Context, origin: &Origin, id: Id, is_first: bool) {
    let told = crate::engine().registry.read(context, |registry| {
        if is_first {
            let session = registry.session(&origin.id)?.store(registry);
            return Some((REGISTER, stored::encode(&[session])));
        }
        let kept = registry.registration(id)?.addition.as_ref()?;
        let bytes = stored::encode_addition(&origin.id, id.number(), kept);
        Some((ADD, bytes))
    });
    if let Some((command, bytes)) = told {
        replicate(context, command, &bytes);
    }
}

/// A registration of a running gear that a master or the AOF tells of.
pub(crate) fn restore_addition(context: &Context, bytes: &[u8]) -> Result<(), String> {
    let (session, number, kept) = stored::decode_addition(bytes).map_err(Damaged::message)?;
    let origin = crate::engine().registry.read(context, |registry| {
        registry
            .session(&session)
            .map(|session| Arc::clone(&session.origin))
    });
    let origin = origin.ok_or_else(|| format!("there is no session {session} to add to"))?;
    add_again(context, &origin, number, kept)
}

fn add_again(
    context: &Context,
    origin: &Arc<Origin>,
    number: u64,
    kept: Arc<[u8]>,
) -> Result<(), String> {
    let id = crate::engine().registration_ids.reserve(number);
    let (pending, user) = addition::decode(context, id, &kept)?;
    let mut registration = make(pending, origin, user);
    registration.addition = Some(kept);
    add(context, origin, registration);
    Ok(())
}

fn make(pending: PendingRegistration, origin: &Arc<Origin>, user: Option<User>) -> Registration {
    let in_order = match &pending.event {
        Event::Command { in_order, .. } => *in_order,
        Event::Hook(hook) => hook.in_order,
        Event::Keys(_) | Event::Streams(_) => true,
    };
    Registration {
        id: pending.id,
        description: pending.description,
        straight: is_straight(&pending.plan.steps),
        word: KeptWord::new(),
        plan: pending.plan,
        mode: pending.mode,
        event: pending.event,
        order: in_order.then(Arc::default),
        origin: Arc::clone(origin),
        user,
        addition: None,
        stats: Stats::default(),
        finished: Mutex::default(),
    }
}

/// All sessions as bytes; nothing at all if there are none. Runs in the child of a fork, too.
pub(crate) fn store(context: &Context) -> Vec<u8> {
    let sessions: Vec<StoredSession> = crate::engine().registry.read(context, |registry| {
        let lasting = registry.sessions().filter(|session| session.lasts());
        lasting.map(|session| session.store(registry)).collect()
    });
    if sessions.is_empty() {
        Vec::new()
    } else {
        stored::encode(&sessions)
    }
}

/// Makes the sessions those that were stored. One that is there already, as it was stored, stays
/// as it is.
pub(crate) fn restore_all(context: &Context, bytes: &[u8]) -> Result<(), String> {
    let sessions = stored::decode(bytes).map_err(Damaged::message)?;
    let engine = crate::engine();
    let kept: HashSet<&str> = sessions.iter().map(|session| session.id.as_str()).collect();
    let gone: Vec<Arc<Registration>> = engine.registry.write(context, |registry| {
        let ids: Vec<String> = registry
            .sessions()
            .map(|session| session.origin.id.clone())
            .collect();
        ids.iter()
            .filter(|id| !kept.contains(id.as_str()))
            .flat_map(|id| registry.remove_session(id))
            .collect()
    });
    for registration in gone {
        registration.end_executions();
    }
    for session in sessions {
        let unchanged = engine.registry.read(context, |registry| {
            registry
                .session(&session.id)
                .is_some_and(|there| there.store(registry) == session)
        });
        if !unchanged {
            restore(context, session);
        }
    }
    Ok(())
}

/// One session that a master or the AOF tells of.
pub(crate) fn restore_told(context: &Context, bytes: &[u8]) -> Result<(), String> {
    for session in stored::decode(bytes).map_err(Damaged::message)? {
        restore(context, session);
    }
    Ok(())
}

/// Runs the script of a session again. Packages that are not here are installed first, in the
/// background.
fn restore(context: &Context, session: StoredSession) {
    let engine = crate::engine();
    if engine.has_installed(&session.requirements) {
        engine.use_packages(context, &session.requirements);
        return run_again(context, session);
    }
    let id = session.id.clone();
    let work = move || match engine.requirements.install(&session.requirements, false) {
        Ok(()) => locked(|context| {
            engine.use_packages(context, &session.requirements);
            run_again(context, session);
        }),
        Err(failure) => not_restored(&session.id, &failure.to_string()),
    };
    if let Err(failure) = thread::Builder::new().name("rg-install".into()).spawn(work) {
        not_restored(&id, &failure.to_string());
    }
}

fn not_restored(session: &str, why: &str) {
    log(
        Level::Warning,
        &format!("session {session} is not restored, its gears are not registered: {why}"),
    );
}

fn run_again(context: &Context, session: StoredSession) {
    let origin = Arc::new(Origin {
        id: session.id,
        description: session.description,
        requirements: session.requirements,
        script: session.script.into(),
        user: session.user.map(|name| User::named(&name)),
        replies: session.replies.into(),
    });
    let exists = crate::engine()
        .registry
        .read(context, |registry| registry.session(&origin.id).is_some());
    let replaces = session
        .replaces
        .or_else(|| exists.then(|| origin.id.clone()));
    let script = Script {
        text: &origin.script,
        replaces: replaces.as_deref(),
        origin: &origin,
    };
    let kept = Kept {
        made: session.made.into(),
        registrations: session.registrations,
        replies: origin.replies.get().cloned().unwrap_or_default().into(),
    };
    let ran = User::run(origin.user.as_ref(), || {
        restore_script(context, script, kept)
    });
    match ran {
        Ok(result) => install(context, &origin, result, replaces.as_deref()),
        Err(error) => return not_restored(&origin.id, &error),
    }
    for (number, kept) in session.additions {
        if let Err(why) = add_again(context, &origin, number, kept) {
            log(
                Level::Warning,
                &format!(
                    "session {}: a registration that a running gear made is not restored: {why}",
                    origin.id
                ),
            );
        }
    }
}
