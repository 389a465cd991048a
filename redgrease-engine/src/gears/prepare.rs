//! Sessions of other shards: their script runs, and what it registers is put in force later, or never.

use super::asked::{check_again, check_restored};
use super::packages::{ask_for_packages, has_installed, install, make_importable};
use super::restore::{Again, replaced, reserve_ids};
use super::scope::Collected;
use crate::execution::{Body, Ending, Once, bodies};
use crate::id::Id;
use crate::python::Gil;
use crate::redis::{Context, User, locked};
use crate::registration::stored::StoredSession;
use crate::registration::streams::Begin;
use crate::registration::tell_session;
use crate::scope::SessionInfo;
use std::thread;

/// A session whose script has run.
pub(crate) struct Prepared {
    stored: StoredSession,
    again: Again,
    collected: Collected,
}

/// The function that hears what became of a script.
type Then = Box<dyn FnOnce(Result<Prepared, String>) + Send>;

/// The session that a script has made, before it is in force. The answers of the server to the script are those of `session`.
pub(crate) fn stored_of(
    session: &SessionInfo,
    collected: &Collected,
    replaces: Option<&str>,
) -> StoredSession {
    let registrations = &collected.registrations;
    let name = |one: &crate::registration::NewRegistration| Some((one.id, one.name()?));
    StoredSession {
        made: collected.made.clone(),
        registrations: registrations.iter().map(|one| one.id).collect(),
        names: Some(registrations.iter().filter_map(name).collect()),
        replaces: replaces.map(str::to_owned),
        ..StoredSession::of(session)
    }
}

/// Runs the script of a session in the mode in which it can only register. What it asks to be called when it is registered is called
/// when the session is in force. Missing packages are installed first. `then` must not
/// wait: it may be called with the server's lock.
pub(crate) fn prepare(
    context: &Context,
    stored: StoredSession,
    then: impl FnOnce(Result<Prepared, String>) + Send + 'static,
) {
    if has_installed(&stored.requirements) {
        return run(context, stored, Box::new(then));
    }
    let then = Once::new(then);
    let installing = then.clone();
    let work = move || match install(&stored.requirements) {
        Ok(()) => {
            let then: Then = Box::new(move |outcome| installing.call(outcome));
            locked(|context| run(context, stored, then));
        }
        Err(why) => installing.call(Err(why)),
    };
    if let Err(failure) = thread::Builder::new().name("rg-install".into()).spawn(work) {
        then.call(Err(format!("its packages get no thread: {failure}")));
    }
}

fn run(context: &Context, stored: StoredSession, then: Then) {
    let then = Once::new(then);
    reserve_ids(&stored);
    ask_for_packages(context, &stored.requirements);
    let again = Again::new(context, &stored);
    let (session, replaces) = (stored.id.clone(), again.replaces.clone());
    let user = stored.user.as_deref().map(User::named);
    let (ended, refused) = (then.clone(), then.clone());
    let work = move |py: Gil<'_>| -> Ending {
        if !stored.requirements.is_empty() {
            make_importable();
        }
        let collected = again.run_beside(py, &stored);
        Box::new(move |stopped| {
            let prepared = stopped.map_or(collected, Err).map(|collected| Prepared {
                stored,
                again,
                collected,
            });
            ended.call(prepared);
        })
    };
    let refuse = move |why: String| refused.call(Err(why));
    let body = Body::new(session, replaces, user, Box::new(work), Box::new(refuse));
    if let Err(why) = bodies().push(&body) {
        then.call(Err(why));
    }
}

impl Prepared {
    /// The session as another shard has stored it.
    pub(crate) fn stored(&self) -> &StoredSession {
        &self.stored
    }

    /// Checks that the session can be put in force. `takes` are registrations of other sessions that leave with it.
    pub(crate) fn check(&self, context: &Context, takes: &[Id]) -> Result<(), String> {
        let replaces = replaced(context, &self.stored);
        check_again(context, &self.collected, replaces.as_deref(), takes)
    }

    /// Checks that the names of a session that was missed are free. It was accepted before.
    pub(crate) fn check_missed(&self, context: &Context) -> Result<(), String> {
        let replaces = replaced(context, &self.stored);
        check_restored(context, &self.collected, replaces.as_deref())
    }

    /// Puts the session in force, and tells replicas and the AOF. After an error nothing has changed.
    pub(crate) fn activate(mut self, context: &Context, begin: Begin) -> Result<(), String> {
        self.again.replaces = replaced(context, &self.stored);
        self.again
            .activate(context, &self.stored, self.collected, begin)?;
        tell_session(context, &self.stored.id, self.again.replaces.as_deref());
        Ok(())
    }
}
