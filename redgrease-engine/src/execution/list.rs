//! All executions that clients can ask about.

use super::Execution;
use crate::id::Id;
use crate::order::Ordered;
use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

/// The executions of this server.
pub(crate) fn executions() -> &'static Executions {
    static EXECUTIONS: LazyLock<Executions> = LazyLock::new(Executions::default);
    &EXECUTIONS
}

#[derive(Debug, Default)]
pub(crate) struct Executions {
    listed: Mutex<Listed>,
}

#[derive(Debug, Default)]
struct Listed {
    by_id: Ordered<[u8; 49], Arc<Execution>>,
    ended: Ended,
}

/// The listed executions that have ended, the first ones first.
#[derive(Debug, Default)]
struct Ended {
    present: HashSet<Id>,
    /// Also has ids of executions that have left the list since.
    order: VecDeque<Id>,
}

impl Ended {
    fn add(&mut self, id: Id) {
        if self.present.insert(id) {
            self.order.push_back(id);
        }
        // Most of the ids have left the list.
        if self.order.len() > 2 * self.present.len() + 16 {
            self.order.retain(|id| self.present.contains(id));
        }
    }

    /// The oldest one, if there are more than `limit`.
    fn surplus(&mut self, limit: usize) -> Option<Id> {
        while self.present.len() > limit {
            let id = self.order.pop_front()?;
            if self.present.remove(&id) {
                return Some(id);
            }
        }
        None
    }
}

impl Executions {
    fn listed(&self) -> MutexGuard<'_, Listed> {
        self.listed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds an execution.
    pub(crate) fn insert(&self, execution: Arc<Execution>) {
        self.listed().by_id.add(execution.id.key(), execution);
    }

    /// A listed execution has ended and stays in the list. Of the ended ones only the newest `limit` stay.
    pub(crate) fn keep(&self, id: Id, limit: usize) {
        let mut dropped = Vec::new();
        {
            let mut listed = self.listed();
            if listed.by_id.peek(&id.key()).is_none() {
                return;
            }
            listed.ended.add(id);
            while let Some(oldest) = listed.ended.surplus(limit) {
                dropped.extend(listed.by_id.remove(&oldest.key()));
            }
        }
        // After the lock was released: dropping results may run Python.
        drop(dropped);
    }

    pub(crate) fn get(&self, id: Id) -> Option<Arc<Execution>> {
        self.listed().by_id.peek(&id.key()).cloned()
    }

    pub(crate) fn remove(&self, id: Id) -> Option<Arc<Execution>> {
        let mut listed = self.listed();
        listed.ended.present.remove(&id);
        listed.by_id.remove(&id.key())
    }

    /// All executions, in the order in which RedisGears lists them.
    pub(crate) fn all(&self) -> Vec<Arc<Execution>> {
        self.listed()
            .by_id
            .iter()
            .map(|(_, one)| Arc::clone(one))
            .collect()
    }

    /// The executions whose Python runs at the moment.
    pub(super) fn on_a_thread(&self) -> Vec<Arc<Execution>> {
        let listed = self.listed();
        let all = listed.by_id.iter().map(|(_, one)| one);
        all.filter(|one| one.thread.number().is_some() || one.coroutine_thread.number().is_some())
            .map(Arc::clone)
            .collect()
    }

    pub(crate) fn len(&self) -> usize {
        self.listed().by_id.len()
    }
}
