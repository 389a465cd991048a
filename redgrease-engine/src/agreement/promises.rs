//! What changes have locked that are prepared and not made.

use super::change::Lock;
use crate::registration::ledger::Stamp;
use std::collections::HashMap;

/// The locks of changes that are prepared, by what they lock.
#[derive(Debug, Default)]
pub(super) struct Promises(HashMap<Lock, Stamp>);

impl Promises {
    /// Locks everything that a change touches until [`Promises::end`].
    ///
    /// # Errors
    /// What another change has locked.
    pub(super) fn promise(&mut self, stamp: Stamp, locks: Vec<Lock>) -> Result<(), Lock> {
        let is_taken = |lock: &&Lock| self.0.get(*lock).is_some_and(|with| *with != stamp);
        if let Some(taken) = locks.iter().find(is_taken) {
            return Err(taken.clone());
        }
        self.0.extend(locks.into_iter().map(|lock| (lock, stamp)));
        Ok(())
    }

    /// The change was made, or given up.
    pub(super) fn end(&mut self, stamp: Stamp) {
        self.0.retain(|_, with| *with != stamp);
    }

    pub(super) fn has_session(&self, session: &str) -> bool {
        self.0.contains_key(&Lock::Session(session.to_owned()))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
