//! All executions that clients can ask about.

use super::Execution;
use crate::id::Id;
use crate::order::Ordered;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

/// The executions of this server.
pub(crate) fn executions() -> &'static Executions {
    static EXECUTIONS: LazyLock<Executions> = LazyLock::new(Executions::default);
    &EXECUTIONS
}

#[derive(Debug, Default)]
pub(crate) struct Executions {
    by_id: Mutex<Ordered<[u8; 49], Arc<Execution>>>,
}

impl Executions {
    fn by_id(&self) -> MutexGuard<'_, Ordered<[u8; 49], Arc<Execution>>> {
        self.by_id.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds an execution. Of the ended ones whose results are kept for clients, only the newest `limit` stay.
    pub(crate) fn insert(&self, execution: Arc<Execution>, limit: usize) {
        let dropped: Vec<_> = {
            let mut by_id = self.by_id();
            let asked_for = is_kept_for_clients(&execution);
            by_id.add(execution.id.key(), execution);
            if asked_for && by_id.len() > limit {
                let surplus = by_id.len() - limit;
                let mut old: Vec<Id> = by_id
                    .iter()
                    .filter(|(_, one)| is_kept_for_clients(one) && one.status().is_final())
                    .map(|(_, one)| one.id)
                    .collect();
                old.sort_unstable();
                old.truncate(surplus);
                old.iter()
                    .filter_map(|id| by_id.remove(&id.key()))
                    .collect()
            } else {
                Vec::new()
            }
        };
        // After the lock was released: dropping results may run Python.
        drop(dropped);
    }

    pub(crate) fn get(&self, id: Id) -> Option<Arc<Execution>> {
        self.by_id().peek(&id.key()).cloned()
    }

    pub(crate) fn remove(&self, id: Id) -> Option<Arc<Execution>> {
        self.by_id().remove(&id.key())
    }

    /// All executions, in the order in which RedisGears lists them.
    pub(crate) fn all(&self) -> Vec<Arc<Execution>> {
        self.by_id()
            .iter()
            .map(|(_, one)| Arc::clone(one))
            .collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.by_id().len()
    }
}

/// `true` for runs of scripts. The executions of registrations leave the list in their own way.
fn is_kept_for_clients(execution: &Execution) -> bool {
    execution.cause().registration().is_none() && execution.cause().keeps_results()
}
