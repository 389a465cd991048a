//! A registration as the cause of an execution.

use super::Registration;
use crate::execution::{Cause, Ended, How, Order, Surroundings};
use crate::id::Id;
use crate::redis::User;
use crate::scope::{SessionInfo, WithheldReply};
use std::sync::Arc;
use std::time::Duration;

/// A command or a key event that happened to a registration.
#[derive(Debug)]
pub(super) struct Triggered {
    registration: Arc<Registration>,
    user: Option<User>,
    withheld: Option<Arc<WithheldReply>>,
}

impl Triggered {
    /// An execution of `registration` with the rights of `user`.
    pub(super) fn new(registration: &Arc<Registration>, user: Option<User>) -> Triggered {
        Triggered {
            registration: Arc::clone(registration),
            user,
            withheld: None,
        }
    }

    /// The reply of a command waits for the execution.
    pub(super) fn withholding(mut self, reply: &Arc<WithheldReply>) -> Triggered {
        reply.wait_for_one();
        self.withheld = Some(Arc::clone(reply));
        self
    }
}

impl Cause for Triggered {
    fn surroundings(&self) -> Surroundings {
        Surroundings {
            user: self.user.clone(),
            hook: self.registration.running_hook(),
            withheld: self.withheld.clone(),
        }
    }

    fn session(&self) -> Option<Arc<SessionInfo>> {
        Some(Arc::clone(&self.registration.session))
    }

    fn registration(&self) -> Option<Id> {
        Some(self.registration.id)
    }

    fn order(&self) -> Option<&Order> {
        self.registration.order.as_ref()
    }

    fn keeps_results(&self) -> bool {
        self.registration.keeps_executions()
    }

    fn ended(&self, ended: &Ended<'_>) {
        self.registration.record(ended);
        if let Some(withheld) = &self.withheld {
            withheld.one_has_ended();
        }
    }

    fn retire(&self, id: Id) -> Option<Id> {
        self.registration.retire(id)
    }
}

impl Registration {
    /// Adds the end of an execution to the statistics.
    pub(super) fn record(&self, ended: &Ended<'_>) {
        let error = ended.error.map(str::to_owned);
        match ended.how {
            How::Completed => self.stats.record(ended.duration, error),
            How::Stopped | How::Withdrawn => self.stats.record_abort(error),
            How::Refused => self.stats.record(Duration::ZERO, error),
        }
    }
}
