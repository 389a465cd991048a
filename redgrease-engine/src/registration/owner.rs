//! The session that running code belongs to, outside of scripts: a run or a registration that a running gear makes, or a
//! thread that a gear has started.

use super::registry;
use crate::config;
use crate::id::Id;
use crate::redis::{Context, User};
use crate::scope::{self, Running, Scope, SessionInfo};
use std::sync::{Arc, Weak};

/// The code that runs on a thread.
#[derive(Debug, Clone)]
pub(crate) enum Owner {
    Execution(Running),
    /// The registration of a sync call, which makes no execution.
    SyncCall(Id),
    /// A thread that was given a session.
    Session(Arc<SessionInfo>),
}

impl Owner {
    /// The owner of the code that runs on this thread. `None` on a thread that a gear started and gave no session.
    pub(crate) fn current() -> Option<Owner> {
        if let Some(session) = scope::look(Scope::given_session, Clone::clone) {
            return Some(Owner::Session(session));
        }
        if let Some(running) = scope::look(Scope::execution, Clone::clone) {
            return Some(Owner::Execution(running));
        }
        scope::sync_call().map(Owner::SyncCall)
    }

    /// The user whose rights the code has.
    pub(crate) fn user(&self, context: &Context) -> Option<User> {
        match self {
            Owner::Execution(running) => running.user.clone(),
            Owner::SyncCall(id) => user_of_sync_call(context, *id),
            Owner::Session(session) => user_of_thread(context, session),
        }
    }

    /// The session of the code. `None` if it is gone.
    pub(crate) fn session(&self, context: &Context) -> Option<Arc<SessionInfo>> {
        match self {
            Owner::Session(session) => Some(Arc::clone(session)),
            Owner::Execution(running) => running.session.as_ref().and_then(Weak::upgrade),
            Owner::SyncCall(id) => registry().read(context, |registry| {
                registry
                    .registration(*id)
                    .map(|registration| Arc::clone(&registration.session))
            }),
        }
    }

    /// `true` if the code belongs to a registration. A session outlives the code of its registrations.
    pub(super) fn is_registration(&self) -> bool {
        match self {
            Owner::Execution(running) => running.of_registration,
            Owner::SyncCall(_) => true,
            Owner::Session(_) => false,
        }
    }
}

fn user_of_sync_call(context: &Context, registration: Id) -> Option<User> {
    if !config::get().execute_as_owner() {
        return User::of(context);
    }
    let owner = registry().read(context, |registry| {
        let registration = registry.registration(registration);
        registration.and_then(|one| one.user.clone())
    });
    Some(User::or_default(owner))
}

/// The user of the gear that runs on this thread, which gets no rights from the session that the thread was given. If no gear
/// runs here, the owner of the session.
fn user_of_thread(context: &Context, session: &SessionInfo) -> Option<User> {
    if let Some(user) = scope::look(Scope::user, Clone::clone) {
        return Some(user);
    }
    if let Some(running) = scope::look(Scope::execution, Clone::clone) {
        return running.user;
    }
    match scope::sync_call() {
        Some(id) => user_of_sync_call(context, id),
        None => session.user.clone(),
    }
}
