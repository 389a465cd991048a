//! A batch of messages as the cause of an execution.

use super::settle::{self, BatchEnd};
use crate::execution::{Cause, Ended, Order, Surroundings};
use crate::id::Id;
use crate::plan::Messages;
use crate::redis::{User, locked};
use crate::registration::Registration;
use crate::scope::SessionInfo;
use std::sync::Arc;

/// Messages that a registration handles.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(super) registration: Arc<Registration>,
    pub(super) messages: Arc<Messages>,
}

impl Cause for Batch {
    fn surroundings(&self) -> Surroundings {
        Surroundings {
            user: Some(User::or_default(self.registration.user.clone())),
            ..Surroundings::default()
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

    /// One batch per stream at a time: there are never more batches than streams.
    fn is_bounded(&self) -> bool {
        false
    }

    fn keeps_results(&self) -> bool {
        self.registration.keeps_executions()
    }

    fn ended(&self, ended: &Ended<'_>) {
        self.registration.record(ended);
    }

    fn settles(&self) -> bool {
        true
    }

    fn settle(&self, ended: &Ended<'_>) {
        let end = match ended.error {
            _ if ended.aborted => BatchEnd::Aborted,
            Some(error) => BatchEnd::Failed(error),
            None => BatchEnd::Handled,
        };
        locked(|context| settle::settle(context, context, self, end));
    }

    fn retire(&self, id: Id) -> Option<Id> {
        self.registration.retire(id)
    }
}
