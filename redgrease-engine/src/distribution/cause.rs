//! The run of another shard as the cause of an execution.

use crate::execution::{Cause, Ended, Surroundings};
use crate::id::Id;
use crate::redis::User;
use crate::scope::SessionInfo;
use std::sync::{Arc, Mutex, PoisonError};

/// A shard that has begun a run over all shards.
#[derive(Debug)]
pub(super) struct BegunElsewhere {
    /// Cleared at the end of the execution: clients see the number of references to a session.
    session: Mutex<Option<Arc<SessionInfo>>>,
    user: Option<User>,
}

impl BegunElsewhere {
    pub(super) fn new(session: Option<Arc<SessionInfo>>, user: Option<User>) -> BegunElsewhere {
        BegunElsewhere {
            session: Mutex::new(session),
            user,
        }
    }
}

impl Cause for BegunElsewhere {
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

    fn ended(&self, _: &Ended<'_>) {
        let session = self
            .session
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        drop(session);
    }

    /// Clients of the initiator ask for it later: it stays until there are too many.
    fn retire(&self, _: Id) -> Option<Id> {
        None
    }
}
