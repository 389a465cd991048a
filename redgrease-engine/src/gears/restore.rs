//! Activating stored sessions again: from the RDB, or as a master or the AOF tells of them.
//!
//! A session that cannot be restored yet is kept as it was stored, and tried again after pauses that grow.

use super::activate::activate_silently;
use super::asked::check_restored;
use super::packages::{ask_for_packages, has_installed, install, make_importable, use_packages};
use super::room::make_room;
use super::scope::{Collected, Restored};
use super::script::{Script, announce_all, restore_beside, restore_script};
use crate::encoding::Damaged;
use crate::execution::{Body, Ending, bodies};
use crate::id::Id;
use crate::python::{Gil, Ledger};
use crate::redis::{
    Context, Level, User, after, locked, locked_to_write, log, unreadable, will_save,
};
use crate::registration::stored::{Stored, StoredSession, decode};
use crate::registration::streams::{self, Begin};
use crate::registration::{
    self, Attempt, NewRegistration, Pending, Registration, Registry, add_stored, end_executions,
    registry, tell_added,
};
use crate::scope::{self, Scope, SessionId, SessionInfo};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// The reason of a session that was not tried yet.
const INSTALLING: &str = "its packages are being installed";

/// The reason of a session whose packages were installed and are gone again.
const REPLACED: &str = "another server with the same PythonInstallationDir has replaced its packages: give each server a \
                        directory of its own";

/// Replaces all sessions by the stored ones. The Python of a session begins anew, also if the session stays the same.
pub(crate) fn restore_all(context: &Context, bytes: &[u8]) -> Result<(), String> {
    let Stored { sessions, marks } = decode(bytes).map_err(Damaged::message)?;
    let gone: Vec<Arc<Registration>> = registry().write(context, |registry| {
        registry.unrestored.clear();
        registry.ledger.replace(marks);
        let lasting = registry.sessions().filter(|session| session.lasts());
        let ids: Vec<SessionId> = lasting.map(|session| session.info.id.clone()).collect();
        ids.iter()
            .flat_map(|id| registry.remove_session(id))
            .collect()
    });
    streams::all_are_gone(context);
    // Executions that run end as they would without the loading: a message that is handled meanwhile is handled once.
    end_executions(&gone, Pending::Withdraw);
    for session in sessions {
        restore(context, session);
    }
    Ok(())
}

/// Restores sessions that a master or the AOF tells of.
pub(crate) fn restore_sessions(context: &Context, bytes: &[u8]) -> Result<(), String> {
    let Stored { sessions, marks } =
        decode(bytes).map_err(|why| unreadable(context, why.message()))?;
    for session in sessions {
        restore(context, session);
    }
    registry().write(context, |registry| {
        for (session, mark) in marks {
            registry.ledger.take(&session, mark);
        }
    });
    Ok(())
}

/// A client that waits for attempts to restore sessions: called when they have ended.
#[derive(Clone)]
pub(crate) struct Attempts(#[allow(dead_code, reason = "dropped, not read")] Arc<AtEnd>);

struct AtEnd(Mutex<Option<Box<dyn FnOnce() + Send>>>);

impl Attempts {
    pub(crate) fn then(job: impl FnOnce() + Send + 'static) -> Attempts {
        Attempts(Arc::new(AtEnd(Mutex::new(Some(Box::new(job))))))
    }
}

impl Drop for AtEnd {
    fn drop(&mut self) {
        let job = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(job) = job.take() {
            job();
        }
    }
}

/// Tries again now what could not be restored. `attempts` end when the scripts have run whose packages are installed.
pub(crate) fn restore_again(context: &Context, attempts: Option<&Attempts>) {
    let waiting = registry().read(context, |registry| registry.unrestored.waiting());
    for (id, attempt) in waiting {
        try_again(context, &id, attempt, attempts.cloned());
    }
    let gears = registry().write(context, Registry::take_unrestored);
    for (session, gears) in gears {
        for gear in gears {
            add(context, &session, gear.id, gear.bytes);
        }
    }
}

/// Runs the script of a session again. Missing packages are installed first, in the background.
fn restore(context: &Context, session: StoredSession) {
    // A session that cannot be restored is saved, too.
    will_save(context);
    reserve_ids(&session);
    let id = session.id.clone();
    if !has_installed(&session.requirements) {
        let attempt = keep(context, session, INSTALLING);
        return try_again(context, &id, attempt, None);
    }
    let began = Instant::now();
    if let Err(why) = run_again(context, &session) {
        let attempt = keep(context, session, &why);
        failed(context, &id, attempt, &why, began.elapsed());
    }
}

/// Keeps the ids of the session for it until it is restored. This server may become a master before that.
pub(super) fn reserve_ids(session: &StoredSession) {
    let of_script = session.made.iter().chain(&session.registrations);
    let of_gears = session.dynamic.iter().map(|(id, _)| id);
    for &id in of_script.chain(of_gears) {
        registration::ids().reserve(id);
    }
}

/// Keeps a session that could not be restored, and plans the next attempt.
pub(crate) fn keep_unrestored(context: &Context, session: StoredSession, why: &str) {
    will_save(context);
    reserve_ids(&session);
    let id = session.id.clone();
    let attempt = keep(context, session, why);
    failed(context, &id, attempt, why, Duration::ZERO);
}

/// Keeps a session that cannot be restored now. The session that it replaces is gone: its master or its file does not have
/// it either.
fn keep(context: &Context, session: StoredSession, why: &str) -> Attempt {
    let (attempt, gone) = registry().write(context, |registry| {
        let mut gone = registry.remove_session(&session.id);
        if let Some(replaced) = &session.replaces {
            gone.extend(registry.remove_session(replaced));
            registry.unrestored.remove(replaced);
        }
        (registry.unrestored.keep(session, why), gone)
    });
    end_executions(&gone, Pending::Abort);
    attempt
}

/// Makes an attempt to restore a session that is kept, unless the attempt was overtaken.
fn try_again(context: &Context, id: &str, attempt: Attempt, attempts: Option<Attempts>) {
    let requirements = registry().write(context, |registry| {
        let stored = registry.unrestored.begin(id, attempt)?;
        Some(stored.requirements.clone())
    });
    let Some(requirements) = requirements else {
        return;
    };
    if has_installed(&requirements) {
        return finish(context, id, attempt, attempts);
    }
    let session = id.to_owned();
    let work = move || {
        let installed = install(&requirements);
        locked(|context| match installed {
            Ok(()) if has_installed(&requirements) => finish(context, &session, attempt, None),
            Ok(()) => failed(context, &session, attempt, REPLACED, Duration::ZERO),
            Err(why) => failed(context, &session, attempt, &why, Duration::ZERO),
        });
    };
    if let Err(failure) = thread::Builder::new().name("rg-install".into()).spawn(work) {
        failed(context, id, attempt, &failure.to_string(), Duration::ZERO);
    }
}

/// Restores a kept session, whose packages are installed. The server is at work: the script runs as that of a client does.
fn finish(context: &Context, id: &str, attempt: Attempt, attempts: Option<Attempts>) {
    let Some(stored) = tried(context, id, attempt) else {
        return;
    };
    ask_for_packages(context, &stored.requirements);
    let began = Instant::now();
    let again = Again::new(context, &stored);
    let user = stored.user.as_deref().map(User::named);
    let session = id.to_owned();
    let refused = session.clone();
    // Taken by the end that comes: Python that is given up must not keep it.
    let attempts = Arc::new(Mutex::new(attempts));
    let none_left = Arc::clone(&attempts);
    let ends = |attempts: &Mutex<Option<Attempts>>| {
        drop(
            attempts
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take(),
        );
    };
    let work = move |py: Gil<'_>| -> Ending {
        make_importable();
        let mut collected = again.run_beside(py, &stored);
        if let Ok(collected) = &mut collected {
            let user = again.session.user.clone();
            scope::with(Scope::user, user, || announce_all(py, collected));
        }
        Box::new(move |stopped| {
            let collected = stopped.map_or(collected, Err);
            // Replicas are told of a session that has lost its names.
            locked_to_write(|context| {
                has_run(context, &session, attempt, again, collected, began);
            });
            ends(&attempts);
        })
    };
    let refuse = move |why: String| {
        locked(|context| failed(context, &refused, attempt, &why, began.elapsed()));
        ends(&none_left);
    };
    let body = Body::new(id.to_owned(), None, user, Box::new(work), Box::new(refuse));
    if let Err(why) = bodies().push(&body) {
        failed(context, id, attempt, &why, Duration::ZERO);
    }
}

/// The session as it is now. `None` if the attempt was overtaken.
fn tried(context: &Context, id: &str, attempt: Attempt) -> Option<StoredSession> {
    registry().read(context, |registry| {
        registry.unrestored.tried(id, attempt).cloned()
    })
}

/// Activates what the script of a kept session has registered.
fn has_run(
    context: &Context,
    id: &str,
    attempt: Attempt,
    mut again: Again,
    collected: Result<Collected, String>,
    began: Instant,
) {
    let Some(stored) = tried(context, id, attempt) else {
        return;
    };
    let activated = collected.and_then(|mut collected| {
        // Some may have been unregistered while the script ran.
        let is_stored = |one: &NewRegistration| stored.registrations.contains(&one.id);
        collected.registrations.retain(is_stored);
        again.replaces = replaced(context, &stored);
        // In a cluster, an older session may have a name of this one.
        let stamp = registry().read(context, |registry| registry.ledger.stamp(id));
        let displaced = stamp.map(|stamp| make_room(context, &stored, stamp));
        let activated = check_restored(context, &collected, again.replaces.as_deref())
            .and_then(|()| again.activate(context, &stored, collected, Begin::Again));
        if let Some(displaced) = displaced {
            displaced.keep(context);
        }
        activated
    });
    match activated {
        Ok(()) => log(Level::Notice, &format!("session {id} is restored")),
        Err(why) => failed(context, id, attempt, &why, began.elapsed()),
    }
}

/// Notes why an attempt has failed, and plans the next one.
fn failed(context: &Context, id: &str, attempt: Attempt, why: &str, took: Duration) {
    let next = registry().write(context, |registry| {
        registry.unrestored.failed(id, attempt, why, took)
    });
    let Some((next, pause)) = next else {
        return;
    };
    log(
        Level::Warning,
        &format!(
            "session {id} is not restored, its gears do not run: {why}: it stays stored and is tried again in {} s; \
             RG.REFRESHCLUSTER tries at once",
            pause.as_secs()
        ),
    );
    let id = id.to_owned();
    after(context, pause, move |context| {
        try_again(context, &id, next, None);
    });
}

/// Runs the script of a stored session, with the server's lock held, and activates what it registers. After an error nothing
/// has changed.
fn run_again(context: &Context, stored: &StoredSession) -> Result<(), String> {
    use_packages(context, &stored.requirements);
    let again = Again::new(context, stored);
    let collected = again.run(stored, |script, restored| {
        restore_script(context, script, restored)
    })?;
    again.activate(context, stored, collected, Begin::Again)
}

/// A stored session that is restored.
pub(super) struct Again {
    session: Arc<SessionInfo>,
    /// The session in whose place it comes.
    pub(super) replaces: Option<String>,
}

impl Again {
    pub(super) fn new(context: &Context, stored: &StoredSession) -> Again {
        let session = Arc::new(SessionInfo {
            id: stored.id.clone(),
            description: stored.description.clone(),
            requirements: stored.requirements.clone(),
            script: stored.script.as_slice().into(),
            user: stored.user.as_deref().map(User::named),
            replies: stored.replies.clone().into(),
            event_loop: std::sync::OnceLock::new(),
            memory: Ledger::of_session(&stored.id),
        });
        let replaces = replaced(context, stored);
        Again { session, replaces }
    }

    /// Runs the script as the body of a client's script, without the server's lock. The names of its registrations are not checked,
    /// and its `onRegistered` functions are not called yet.
    pub(super) fn run_beside(
        &self,
        py: Gil<'_>,
        stored: &StoredSession,
    ) -> Result<Collected, String> {
        self.run(stored, |script, restored| {
            let names_later = true;
            restore_beside(
                py,
                script,
                Restored {
                    names_later,
                    ..restored
                },
            )
        })
    }

    fn run(
        &self,
        stored: &StoredSession,
        run: impl FnOnce(Script<'_>, Restored) -> Result<Collected, String>,
    ) -> Result<Collected, String> {
        let script = Script {
            text: &self.session.script,
            replaces: self.replaces.as_deref(),
            takes: &[],
            session: &self.session,
        };
        let restored = Restored {
            made: stored.made.iter().copied().collect(),
            registrations: stored.registrations.iter().copied().collect(),
            replies: stored.replies.iter().cloned().collect(),
            names_later: false,
        };
        let user = self.session.user.clone();
        scope::with(Scope::user, user, || run(script, restored))
            .map_err(|error| format!("its script failed: {error}"))
    }

    pub(super) fn activate(
        &self,
        context: &Context,
        stored: &StoredSession,
        collected: Collected,
        begin: Begin,
    ) -> Result<(), String> {
        let is_dynamic = |id| stored.dynamic.iter().any(|(one, _)| one == id);
        let mut of_script = stored.registrations.iter();
        if collected.registrations.is_empty() && of_script.any(|id| !is_dynamic(id)) {
            return Err("its script registered nothing, other than before".to_owned());
        }
        activate_silently(
            context,
            &self.session,
            collected,
            self.replaces.as_deref(),
            begin,
        );
        for (id, bytes) in &stored.dynamic {
            add(context, &self.session, *id, Arc::clone(bytes));
        }
        Ok(())
    }
}

/// The session in whose place a stored session comes.
pub(super) fn replaced(context: &Context, stored: &StoredSession) -> Option<SessionId> {
    let exists = registry().read(context, |registry| registry.session(&stored.id).is_some());
    let itself = || exists.then(|| stored.id.clone());
    stored.replaces.clone().or_else(itself)
}

/// Adds a registration of a running gear of another shard, and tells replicas and the AOF.
pub(crate) fn add_gear(context: &Context, session: &Arc<SessionInfo>, id: Id, bytes: &Arc<[u8]>) {
    add(context, session, id, Arc::clone(bytes));
    tell_added(context, &session.id, id, bytes);
}

/// Activates a registration that a running gear made. One that cannot be activated stays stored.
fn add(context: &Context, session: &Arc<SessionInfo>, id: Id, bytes: Arc<[u8]>) {
    let Err(why) = add_stored(context, session, id, Arc::clone(&bytes)) else {
        return;
    };
    registry().write(context, |registry| {
        registry.keep_unrestored(&session.id, id, bytes);
    });
    log(
        Level::Warning,
        &format!(
            "session {}: a registration that a running gear made is not restored, it stays stored: {why}; \
             RG.REFRESHCLUSTER tries it again",
            session.id
        ),
    );
}
