//! All executions that clients can ask about.

use super::Execution;
use crate::id::{Id, Shard};
use crate::order::Ordered;
use std::collections::{HashMap, VecDeque};
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
    /// The executions that this server has begun.
    ended: Ended,
    /// Parts of runs of other shards, which are counted apart: each shard has a part of the runs of all.
    parts: Ended,
}

impl Listed {
    fn ended(&mut self, id: Id) -> &mut Ended {
        if id.shard() == Shard::own() {
            &mut self.ended
        } else {
            &mut self.parts
        }
    }

    /// An ended execution that has no room: there are more than `limit` of its kind, or the results of all have more than `most`
    /// bytes. Then parts go first, because a run can be begun again.
    fn surplus(&mut self, limit: usize, most: i64) -> Option<Id> {
        let of_number = self.ended.surplus(limit);
        let of_number = of_number.or_else(|| self.parts.surplus(limit));
        if of_number.is_some() || self.ended.bytes + self.parts.bytes <= most {
            return of_number;
        }
        // The newest one stays.
        let parts = self.parts.surplus(1);
        parts.or_else(|| self.ended.surplus(1))
    }
}

/// The listed executions that have ended, the first ones first.
#[derive(Debug, Default)]
struct Ended {
    /// With the bytes of the results that each of them keeps.
    present: HashMap<Id, i64>,
    bytes: i64,
    /// Also has ids of executions that have left the list since.
    order: VecDeque<Id>,
}

impl Ended {
    fn add(&mut self, id: Id, bytes: i64) {
        self.bytes += bytes;
        match self.present.insert(id, bytes) {
            None => self.order.push_back(id),
            Some(before) => self.bytes -= before,
        }
        // Most of the ids have left the list.
        if self.order.len() > 2 * self.present.len() + 16 {
            self.order.retain(|id| self.present.contains_key(id));
        }
    }

    fn remove(&mut self, id: Id) -> bool {
        let bytes = self.present.remove(&id);
        self.bytes -= bytes.unwrap_or(0);
        bytes.is_some()
    }

    /// The oldest one, if there are more than `limit`.
    fn surplus(&mut self, limit: usize) -> Option<Id> {
        while self.present.len() > limit {
            let id = self.order.pop_front()?;
            if self.remove(id) {
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

    /// A listed execution has ended and stays in the list, with results of so many bytes. Of the ended ones that this server has
    /// begun only the newest `limit` stay, of the parts of runs of other shards as many, and not more than have `most` bytes of
    /// results together.
    pub(crate) fn keep(&self, id: Id, limit: usize, bytes: i64, most: i64) {
        let mut dropped = Vec::new();
        {
            let mut listed = self.listed();
            if listed.by_id.peek(&id.key()).is_none() {
                return;
            }
            listed.ended(id).add(id, bytes);
            while let Some(oldest) = listed.surplus(limit, most) {
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
        // A server that has joined a cluster has ids of before.
        let _ = listed.ended.remove(id) || listed.parts.remove(id);
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
