//! Activating stored sessions again: from the RDB, or as a master or the AOF tells of them.

use super::activate::activate_silently;
use super::packages::{has_installed, use_packages};
use super::scope::Restored;
use super::script::{Script, restore_script};
use crate::encoding::Damaged;
use crate::redis::{Context, Level, User, locked, log, will_save};
use crate::registration::stored::{StoredSession, decode};
use crate::registration::streams::Begin;
use crate::registration::{self, Pending, Registration, add_stored, end_executions, registry};
use crate::requirements;
use crate::scope::{self, Scope, SessionInfo};
use std::collections::HashSet;
use std::sync::Arc;
use std::thread;

/// Replaces all sessions by the stored ones. A session that exists exactly as it was stored stays as it is.
pub(crate) fn restore_all(context: &Context, bytes: &[u8]) -> Result<(), String> {
    let sessions = decode(bytes).map_err(Damaged::message)?;
    let stored: HashSet<&str> = sessions.iter().map(|session| session.id.as_str()).collect();
    let gone: Vec<Arc<Registration>> = registry().write(context, |registry| {
        let ids: Vec<String> = registry
            .sessions()
            .map(|session| session.info.id.clone())
            .collect();
        ids.iter()
            .filter(|id| !stored.contains(id.as_str()))
            .flat_map(|id| registry.remove_session(id))
            .collect()
    });
    // The data is another one: also executions that run stop.
    end_executions(&gone, Pending::Abort);
    for session in sessions {
        let unchanged = registry().read(context, |registry| {
            registry
                .session(&session.id)
                .is_some_and(|current| current.store(registry) == session)
        });
        if !unchanged {
            restore(context, session);
        }
    }
    Ok(())
}

/// Restores sessions that a master or the AOF tells of.
pub(crate) fn restore_sessions(context: &Context, bytes: &[u8]) -> Result<(), String> {
    for session in decode(bytes).map_err(Damaged::message)? {
        restore(context, session);
    }
    Ok(())
}

/// Runs the script of a session again. Missing packages are installed first, in the background.
fn restore(context: &Context, session: StoredSession) {
    // A session whose packages are still missing is saved, too.
    will_save(context);
    reserve_ids(&session);
    if has_installed(&session.requirements) {
        use_packages(context, &session.requirements);
        return run_again(context, session);
    }
    let id = session.id.clone();
    let work = move || match install(&session.requirements) {
        Ok(()) => locked(|context| {
            use_packages(context, &session.requirements);
            run_again(context, session);
        }),
        Err(failure) => not_restored(&session.id, &failure),
    };
    if let Err(failure) = thread::Builder::new().name("rg-install".into()).spawn(work) {
        not_restored(&id, &failure.to_string());
    }
}

/// Keeps the ids of the session for it while its packages are installed. This server may become a master before that ends.
fn reserve_ids(session: &StoredSession) {
    let of_script = session.made.iter().chain(&session.registrations);
    let of_gears = session.dynamic.iter().map(|(number, _)| number);
    for &number in of_script.chain(of_gears) {
        registration::ids().reserve(number);
    }
}

fn install(names: &[String]) -> Result<(), String> {
    let store = requirements::store().ok_or("the engine is not ready")?;
    store
        .install(names, false)
        .map_err(|failure| failure.to_string())
}

fn not_restored(session: &str, why: &str) {
    log(
        Level::Warning,
        &format!("session {session} is not restored, its gears are not registered: {why}"),
    );
}

fn run_again(context: &Context, stored: StoredSession) {
    let session = Arc::new(SessionInfo {
        id: stored.id,
        description: stored.description,
        requirements: stored.requirements,
        script: stored.script.into(),
        user: stored.user.map(|name| User::named(&name)),
        replies: stored.replies.into(),
    });
    let exists = registry().read(context, |registry| registry.session(&session.id).is_some());
    let replaces = stored
        .replaces
        .or_else(|| exists.then(|| session.id.clone()));
    let script = Script {
        text: &session.script,
        replaces: replaces.as_deref(),
        session: &session,
    };
    let restored = Restored {
        made: stored.made.into(),
        registrations: stored.registrations.into_iter().collect(),
        replies: session.replies.get().cloned().unwrap_or_default().into(),
    };
    let ran = scope::with(Scope::user, session.user.clone(), || {
        restore_script(context, script, restored)
    });
    match ran {
        Ok(collected) => {
            activate_silently(
                context,
                &session,
                collected,
                replaces.as_deref(),
                Begin::Again,
            );
        }
        Err(error) => return not_restored(&session.id, &error),
    }
    for (number, bytes) in stored.dynamic {
        if let Err(why) = add_stored(context, &session, number, bytes) {
            log(
                Level::Warning,
                &format!(
                    "session {}: a registration that a running gear made is not restored: {why}",
                    session.id
                ),
            );
        }
    }
}
