//! Executions that run one after the other.

use super::Execution;
use super::pool::{PoolFull, pool};
use crate::id::Id;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The order of the executions of one registration. An execution has the turn from the moment it may be queued for a thread
/// until it has ended; all others wait.
#[derive(Debug, Default)]
pub(crate) struct Order(Mutex<Turns<Arc<Execution>>>);

impl Order {
    fn turns(&self) -> MutexGuard<'_, Turns<Arc<Execution>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives the turn to an execution, or lets it wait behind at most `limit` others. Returns `true` if it has the turn.
    pub(super) fn enter(&self, execution: &Arc<Execution>, limit: usize) -> Result<bool, PoolFull> {
        let mut turns = self.turns();
        if turns.is_free() && pool().waiting() >= limit {
            return Err(PoolFull);
        }
        turns.enter(execution.id, Arc::clone(execution), limit)
    }

    /// The execution has ended, or it will never begin. If it had the turn, the next execution gets it.
    pub(crate) fn leave(&self, id: Id) {
        let next = self.turns().leave(id);
        if let Some(next) = next {
            pool().push(next);
        }
    }
}

/// Turns as plain data.
#[derive(Debug)]
struct Turns<T> {
    /// Whose turn it is.
    current: Option<Id>,
    waiting: VecDeque<(Id, T)>,
}

impl<T> Default for Turns<T> {
    fn default() -> Self {
        Turns {
            current: None,
            waiting: VecDeque::new(),
        }
    }
}

impl<T> Turns<T> {
    fn is_free(&self) -> bool {
        self.current.is_none()
    }

    /// Returns `true` if `id` has the turn now, and `false` if it waits.
    fn enter(&mut self, id: Id, item: T, limit: usize) -> Result<bool, PoolFull> {
        if self.is_free() {
            self.current = Some(id);
            return Ok(true);
        }
        if self.waiting.len() >= limit {
            return Err(PoolFull);
        }
        self.waiting.push_back((id, item));
        Ok(false)
    }

    /// Takes `id` out of the order, wherever it stands. Returns the one that gets the turn now.
    fn leave(&mut self, id: Id) -> Option<T> {
        if self.current != Some(id) {
            self.waiting.retain(|(waiting, _)| *waiting != id);
            return None;
        }
        let next = self.waiting.pop_front();
        self.current = next.as_ref().map(|(id, _)| *id);
        next.map(|(_, item)| item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::IdCounter;
    use proptest::prelude::*;

    fn ids(count: usize) -> Vec<Id> {
        let counter = IdCounter::new();
        (0..count).map(|_| counter.next()).collect()
    }

    #[test]
    fn one_that_leaves_while_it_waits_gives_the_turn_to_no_other() {
        let ids = ids(3);
        let mut turns = Turns::default();
        assert_eq!(turns.enter(ids[0], 'a', 9), Ok(true));
        assert_eq!(turns.enter(ids[1], 'b', 9), Ok(false));
        assert_eq!(turns.enter(ids[2], 'c', 9), Ok(false));
        assert_eq!(turns.leave(ids[2]), None);
        assert_eq!(turns.leave(ids[0]), Some('b'));
        assert_eq!(turns.leave(ids[1]), None);
        assert!(turns.is_free());
    }

    #[test]
    fn leaving_twice_changes_nothing() {
        let ids = ids(3);
        let mut turns = Turns::default();
        for (id, name) in ids.iter().zip("abc".chars()) {
            assert!(turns.enter(*id, name, 9).is_ok());
        }
        assert_eq!(turns.leave(ids[0]), Some('b'));
        assert_eq!(turns.leave(ids[0]), None);
        assert_eq!(turns.current, Some(ids[1]));
    }

    #[test]
    fn the_limit_counts_those_that_wait() {
        let ids = ids(3);
        let mut turns = Turns::default();
        assert_eq!(turns.enter(ids[0], 'a', 1), Ok(true));
        assert_eq!(turns.enter(ids[1], 'b', 1), Ok(false));
        assert_eq!(turns.enter(ids[2], 'c', 1), Err(PoolFull));
        assert_eq!(turns.leave(ids[2]), None);
        assert_eq!(turns.leave(ids[0]), Some('b'));
    }

    proptest! {
        /// Any mixture of new executions, ends, aborts of running and of waiting ones, refusals and disconnections: never
        /// do two have the turn, the order is that of entering, and no execution waits while the turn is free.
        #[test]
        fn any_order_of_events_keeps_the_order(
            events in proptest::collection::vec((0..4_u8, 0..8_usize), 0..200),
            limit in 0..6_usize,
        ) {
            let counter = IdCounter::new();
            let mut turns = Turns::default();
            let mut running: Option<Id> = None;
            let mut waiting: Vec<Id> = Vec::new();
            let mut entered = Vec::new();
            let mut begun = Vec::new();
            for (event, which) in events {
                match event {
                    0 | 1 => {
                        let id = counter.next();
                        match turns.enter(id, id, limit) {
                            Ok(true) => {
                                prop_assert_eq!(running, None);
                                running = Some(id);
                                begun.push(id);
                                entered.push(id);
                            }
                            Ok(false) => {
                                prop_assert!(running.is_some());
                                waiting.push(id);
                                entered.push(id);
                            }
                            Err(PoolFull) => {
                                prop_assert_eq!(waiting.len(), limit);
                                // A refusal leaves, too.
                                prop_assert_eq!(turns.leave(id), None);
                            }
                        }
                    }
                    2 => {
                        if let Some(id) = running.take() {
                            running = turns.leave(id);
                            prop_assert_eq!(running, waiting.first().copied());
                            if !waiting.is_empty() {
                                waiting.remove(0);
                            }
                            begun.extend(running);
                        }
                    }
                    _ => {
                        if !waiting.is_empty() {
                            let id = waiting.remove(which % waiting.len());
                            prop_assert_eq!(turns.leave(id), None);
                            entered.retain(|one| *one != id);
                        }
                    }
                }
                prop_assert_eq!(turns.current, running);
                prop_assert!(running.is_some() || waiting.is_empty());
            }
            prop_assert!(entered.starts_with(&begun));
        }
    }
}
