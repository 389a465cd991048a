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
    /// Clients ask for the execution later.
    is_kept: bool,
}

impl BegunElsewhere {
    pub(super) fn new(
        session: Option<Arc<SessionInfo>>,
        user: Option<User>,
        is_kept: bool,
    ) -> BegunElsewhere {
        BegunElsewhere {
            session: Mutex::new(session),
            user,
            is_kept,
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

    /// A shard keeps the records that no step collects, as long as the initiator keeps its own.
    fn keeps_results(&self) -> bool {
        self.is_kept
    }

    fn ended(&self, _: &Ended<'_>) {
        let session = self
            .session
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        drop(session);
    }

    /// Clients do not ask for the part of a run whose execution has left the list of its initiator. Other parts stay until there are
    /// too many.
    fn retire(&self, id: Id) -> Option<Id> {
        (!self.is_kept).then_some(id)
    }
}
