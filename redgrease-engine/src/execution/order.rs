//! Executions that run one after the other.

use super::Execution;
use super::pool::{PoolFull, pool};
use crate::config;
use crate::id::Id;
use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The order of the executions of one registration. An execution has the turn from the moment it may be queued for a thread
/// until it has ended; all others wait.
#[derive(Debug, Default)]
pub(crate) struct Order {
    turns: Mutex<Turns<Arc<Execution>>>,
    /// An execution that waits for a coroutine gives its turn to the next one.
    gives_way: bool,
}

impl Order {
    /// An order in which an execution that waits for a coroutine gives its turn to the next one. It goes on before those that
    /// have not begun.
    pub(crate) fn giving_way() -> Order {
        Order {
            gives_way: true,
            ..Order::default()
        }
    }

    fn turns(&self) -> MutexGuard<'_, Turns<Arc<Execution>>> {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives the turn to an execution, or lets it wait behind at most `limit` others. Returns `true` if it has the turn.
    pub(super) fn enter(&self, execution: &Arc<Execution>, limit: usize) -> Result<bool, PoolFull> {
        let mut turns = self.turns();
        let most_away = config::get().records_in_flight();
        if turns.is_free(most_away) && pool().waiting() >= limit {
            return Err(PoolFull);
        }
        turns.enter(execution.id, Arc::clone(execution), limit, most_away)
    }

    /// The execution has ended, or it will never begin. If it had the turn, the next execution gets it.
    pub(crate) fn leave(&self, id: Id) {
        let next = self.turns().leave(id, config::get().records_in_flight());
        if let Some(next) = next {
            pool().push(next);
        }
    }

    /// The execution waits for coroutines. If it had the turn, and the order allows it, the next execution gets it.
    pub(super) fn give_way(&self, id: Id) {
        if !self.gives_way {
            return;
        }
        let next = self.turns().give_way(id, config::get().records_in_flight());
        if let Some(next) = next {
            pool().push(next);
        }
    }

    /// The execution goes on after it has waited: at once, or when it has the turn again.
    pub(super) fn come_back(&self, execution: &Arc<Execution>) {
        let has_turn =
            !self.gives_way || self.turns().come_back(execution.id, Arc::clone(execution));
        if has_turn {
            pool().push(Arc::clone(execution));
        }
    }
}

/// Turns as plain data.
#[derive(Debug)]
struct Turns<T> {
    /// Whose turn it is.
    current: Option<Id>,
    waiting: VecDeque<(Id, T)>,
    /// Those that gave way and come back.
    back: VecDeque<(Id, T)>,
    /// Those that gave way and wait for a coroutine.
    away: HashSet<Id>,
}

impl<T> Default for Turns<T> {
    fn default() -> Self {
        Turns {
            current: None,
            waiting: VecDeque::new(),
            back: VecDeque::new(),
            away: HashSet::new(),
        }
    }
}

impl<T> Turns<T> {
    /// `true` if a new one can begin. None can while `most_away` are away.
    fn is_free(&self, most_away: usize) -> bool {
        self.current.is_none() && self.waiting.is_empty() && self.away.len() < most_away
    }

    /// Returns `true` if `id` has the turn now, and `false` if it waits.
    fn enter(&mut self, id: Id, item: T, limit: usize, most_away: usize) -> Result<bool, PoolFull> {
        if self.is_free(most_away) {
            self.current = Some(id);
            return Ok(true);
        }
        if self.waiting.len() >= limit {
            return Err(PoolFull);
        }
        self.waiting.push_back((id, item));
        Ok(false)
    }

    /// Takes `id` out of the order, wherever it stands. Returns the one that gets the turn now. Nobody begins while
    /// `most_away` are away.
    fn leave(&mut self, id: Id, most_away: usize) -> Option<T> {
        if self.current == Some(id) {
            self.current = None;
        } else if !self.away.remove(&id) {
            self.waiting.retain(|(waiting, _)| *waiting != id);
            self.back.retain(|(waiting, _)| *waiting != id);
        }
        self.next(most_away)
    }

    /// `id` goes away for a while. Returns the one that gets the turn now.
    fn give_way(&mut self, id: Id, most_away: usize) -> Option<T> {
        if self.current != Some(id) {
            return None;
        }
        self.current = None;
        self.away.insert(id);
        self.next(most_away)
    }

    /// `id` comes back. Returns `true` if it has the turn now, and `false` if it waits.
    fn come_back(&mut self, id: Id, item: T) -> bool {
        self.away.remove(&id);
        if self.current.is_none() {
            self.current = Some(id);
            return true;
        }
        self.back.push_back((id, item));
        false
    }

    fn next(&mut self, most_away: usize) -> Option<T> {
        if self.current.is_some() {
            return None;
        }
        let mut next = self.back.pop_front();
        if next.is_none() && self.away.len() < most_away {
            next = self.waiting.pop_front();
        }
        let (id, item) = next?;
        self.current = Some(id);
        Some(item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::IdCounter;
    use proptest::prelude::*;

    /// More than any test lets go away.
    const MANY: usize = 1000;

    fn ids(count: usize) -> Vec<Id> {
        let counter = IdCounter::new();
        (0..count).map(|_| counter.next()).collect()
    }

    #[test]
    fn one_that_leaves_while_it_waits_gives_the_turn_to_no_other() {
        let ids = ids(3);
        let mut turns = Turns::default();
        assert_eq!(turns.enter(ids[0], 'a', 9, MANY), Ok(true));
        assert_eq!(turns.enter(ids[1], 'b', 9, MANY), Ok(false));
        assert_eq!(turns.enter(ids[2], 'c', 9, MANY), Ok(false));
        assert_eq!(turns.leave(ids[2], MANY), None);
        assert_eq!(turns.leave(ids[0], MANY), Some('b'));
        assert_eq!(turns.leave(ids[1], MANY), None);
        assert!(turns.is_free(MANY));
    }

    #[test]
    fn leaving_twice_changes_nothing() {
        let ids = ids(3);
        let mut turns = Turns::default();
        for (id, name) in ids.iter().zip("abc".chars()) {
            assert!(turns.enter(*id, name, 9, MANY).is_ok());
        }
        assert_eq!(turns.leave(ids[0], MANY), Some('b'));
        assert_eq!(turns.leave(ids[0], MANY), None);
        assert_eq!(turns.current, Some(ids[1]));
    }

    #[test]
    fn the_limit_counts_those_that_wait() {
        let ids = ids(3);
        let mut turns = Turns::default();
        assert_eq!(turns.enter(ids[0], 'a', 1, MANY), Ok(true));
        assert_eq!(turns.enter(ids[1], 'b', 1, MANY), Ok(false));
        assert_eq!(turns.enter(ids[2], 'c', 1, MANY), Err(PoolFull));
        assert_eq!(turns.leave(ids[2], MANY), None);
        assert_eq!(turns.leave(ids[0], MANY), Some('b'));
    }

    #[test]
    fn one_that_gives_way_comes_back_before_those_that_have_not_begun() {
        let ids = ids(4);
        let mut turns = Turns::default();
        for (id, name) in ids.iter().zip("abcd".chars()) {
            assert!(turns.enter(*id, name, 9, MANY).is_ok());
        }
        assert_eq!(turns.give_way(ids[0], MANY), Some('b'));
        assert!(!turns.come_back(ids[0], 'a'));
        assert_eq!(turns.leave(ids[1], MANY), Some('a'));
        assert_eq!(turns.give_way(ids[0], MANY), Some('c'));
        assert_eq!(turns.leave(ids[2], MANY), Some('d'));
        assert_eq!(turns.leave(ids[3], MANY), None);
        assert!(turns.come_back(ids[0], 'a'));
    }

    #[test]
    fn nobody_begins_while_too_many_are_away() {
        let ids = ids(3);
        let mut turns = Turns::default();
        assert_eq!(turns.enter(ids[0], 'a', 9, 1), Ok(true));
        assert_eq!(turns.give_way(ids[0], 1), None);
        assert_eq!(turns.enter(ids[1], 'b', 9, 1), Ok(false));
        assert_eq!(turns.enter(ids[2], 'c', 9, 1), Ok(false));
        assert!(turns.come_back(ids[0], 'a'));
        assert_eq!(turns.leave(ids[0], 1), Some('b'));
        // An abort of one that is away makes room, too.
        assert_eq!(turns.give_way(ids[1], 1), None);
        assert_eq!(turns.leave(ids[1], 1), Some('c'));
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
                        match turns.enter(id, id, limit, MANY) {
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
                                prop_assert_eq!(turns.leave(id, MANY), None);
                            }
                        }
                    }
                    2 => {
                        if let Some(id) = running.take() {
                            running = turns.leave(id, MANY);
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
                            prop_assert_eq!(turns.leave(id, MANY), None);
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
