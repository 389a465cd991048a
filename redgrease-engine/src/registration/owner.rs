//! Which session it is that something belongs to, when no script asks for it: a run or a
//! registration that a running gear makes, or a thread that a gear has started.

use super::Origin;
use crate::execution::{self, Execution, Id};
use crate::redis::{Context, User};
use std::cell::{Cell, RefCell};
use std::sync::Arc;

/// How the session is found.
#[derive(Debug, Clone)]
pub(crate) enum Owner {
    Execution(Arc<Execution>),
    /// A registration that runs on the main thread, which makes no execution.
    Registration(Id),
    /// The thread was given a session to act for.
    Session(Arc<Origin>),
}

thread_local! {
    static REGISTRATION: Cell<Option<Id>> = const { Cell::new(None) };
    static SESSION: RefCell<Option<Arc<Origin>>> = const { RefCell::new(None) };
}

/// Runs `body` for a registration, on the thread that was asked for it.
pub(crate) fn acting_for<R>(registration: Id, body: impl FnOnce() -> R) -> R {
    struct Restore(Option<Id>);
    impl Drop for Restore {
        fn drop(&mut self) {
            REGISTRATION.set(self.0);
        }
    }
    let _restore = Restore(REGISTRATION.replace(Some(registration)));
    body()
}

/// From now on this thread acts for a session, or again for none.
pub(crate) fn act_for_session(session: Option<Arc<Origin>>) {
    SESSION.set(session);
}

impl Owner {
    /// Who this thread acts for.
    pub(crate) fn current() -> Option<Owner> {
        if let Some(session) = SESSION.with_borrow(Clone::clone) {
            return Some(Owner::Session(session));
        }
        if let Some(execution) = execution::current() {
            return Some(Owner::Execution(execution));
        }
        REGISTRATION.get().map(Owner::Registration)
    }

    /// With whose rights it acts.
    pub(crate) fn user(&self, context: &Context) -> Option<User> {
        match self {
            Owner::Execution(execution) => execution.user().cloned(),
            Owner::Registration(id) if crate::engine().config.execute_as_owner() => {
                let owner = crate::engine().registry.read(context, |registry| {
                    registry.registration(*id).and_then(|one| one.user.clone())
                });
                Some(User::or_default(owner))
            }
            Owner::Registration(_) => User::of(context),
            Owner::Session(origin) => origin.user.clone(),
        }
    }

    /// The session. `None` if it is gone.
    pub(crate) fn origin(&self, context: &Context) -> Option<Arc<Origin>> {
        match self {
            Owner::Session(origin) => Some(Arc::clone(origin)),
            Owner::Execution(execution) => execution.origin(),
            Owner::Registration(id) => crate::engine().registry.read(context, |registry| {
                registry
                    .registration(*id)
                    .map(|registration| Arc::clone(&registration.origin))
            }),
        }
    }

    /// Whether it is a registration that acts: its session is there for as long as it is.
    pub(super) fn has_registration(&self) -> bool {
        match self {
            Owner::Execution(execution) => execution.registration.is_some(),
            Owner::Registration(_) => true,
            Owner::Session(_) => false,
        }
    }
}
