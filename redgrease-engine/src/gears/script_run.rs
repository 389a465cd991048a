//! The run of a script as the cause of an execution.

use crate::execution::{Cause, Ended, Surroundings};
use crate::id::Id;
use crate::redis::User;
use crate::scope::SessionInfo;
use std::sync::{Arc, Mutex, PoisonError};

/// A script, or a running gear, that asked for a run.
#[derive(Debug)]
pub(crate) struct ScriptRun {
    /// Cleared at the end of the execution: clients see the number of references to a session.
    session: Mutex<Option<Arc<SessionInfo>>>,
    user: Option<User>,
}

impl ScriptRun {
    pub(crate) fn new(session: Option<Arc<SessionInfo>>, user: Option<User>) -> ScriptRun {
        ScriptRun {
            session: Mutex::new(session),
            user,
        }
    }
}

impl Cause for ScriptRun {
    fn surroundings(&self) -> Surroundings {
        Surroundings {
            user: self.user.clone(),
            ..Surroundings::default()
        }
    }

    fn session(&self) -> Option<Arc<SessionInfo>> {
        self.session
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn is_run(&self) -> bool {
        true
    }

    fn keeps_results(&self) -> bool {
        true
    }

    fn ended(&self, _: &Ended<'_>) {
        self.session
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
    }

    /// Clients ask for the results later: the execution stays until there are too many.
    fn retire(&self, _: Id) -> Option<Id> {
        None
    }
}
