//! What has come from other shards behind the movers of a part.

use super::shards::Number;
use crate::cluster::Content;
use crate::steps::MoverId;
use std::collections::{BTreeMap, HashMap, VecDeque};

/// The receiver tells of the bytes that it has put through when they are so many.
const TELL_AT: usize = 1 << 20;

/// What has come behind each mover.
#[derive(Debug, Default)]
pub(super) struct Arrivals(BTreeMap<MoverId, BehindMover>);

#[derive(Debug, Default)]
struct BehindMover {
    batches: VecDeque<Batch>,
    /// The shards that have ended what is in front of the mover.
    ended: Vec<Number>,
    is_closed: bool,
    /// Bytes of each shard that were put through since it was told.
    taken: HashMap<Number, usize>,
}

/// Records that one shard has sent.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) from: Number,
    pub(super) content: Content,
    /// The place of the records in the content.
    pub(super) begin: usize,
}

impl Arrivals {
    fn behind(&mut self, mover: MoverId) -> &mut BehindMover {
        self.0.entry(mover).or_default()
    }

    pub(super) fn add(&mut self, mover: MoverId, batch: Batch) {
        self.behind(mover).batches.push_back(batch);
    }

    /// A shard has ended what is in front of a mover.
    pub(super) fn end(&mut self, mover: MoverId, shard: Number) {
        self.behind(mover).ended.push(shard);
    }

    fn has_ended(&self, mover: MoverId, shard: Number) -> bool {
        let behind = self.0.get(&mover);
        behind.is_some_and(|behind| behind.ended.contains(&shard))
    }

    /// `true` if a shard has ended what is in front of each of so many movers.
    pub(super) fn has_ended_all(&self, movers: usize, shard: Number) -> bool {
        (0..movers).all(|mover| self.has_ended(MoverId(mover), shard))
    }

    /// `true` if records may still go from the shard `mine` to the `other` one, or back. `gathers` has the movers: those that gather
    /// bring records to the initiator alone.
    pub(super) fn are_between(&self, gathers: &[bool], mine: Number, other: Number) -> bool {
        let is_open = |(mover, gathers): (usize, &bool)| {
            let has_ended = |shard| self.has_ended(MoverId(mover), shard);
            let is_over = has_ended(mine) && has_ended(other);
            !gathers && !is_over
        };
        gathers.iter().enumerate().any(is_open)
    }

    /// Takes one batch of each mover, if nothing waits behind it in the pipeline. Also returns whether others are left.
    pub(super) fn take_next(
        &mut self,
        waits: impl Fn(MoverId) -> bool,
    ) -> (Vec<(MoverId, Batch)>, bool) {
        let mut next = Vec::new();
        let mut is_left = false;
        for (mover, behind) in &mut self.0 {
            if !waits(*mover)
                && let Some(batch) = behind.batches.pop_front()
            {
                next.push((*mover, batch));
            }
            is_left |= !behind.batches.is_empty();
        }
        (next, is_left)
    }

    /// Closes the movers whose records are all inside, because as many shards as `needed` have ended them.
    pub(super) fn close(&mut self, needed: impl Fn(MoverId) -> usize) -> Vec<MoverId> {
        let mut closed = Vec::new();
        for (mover, behind) in &mut self.0 {
            let is_whole = behind.batches.is_empty() && behind.ended.len() >= needed(*mover);
            if is_whole && !behind.is_closed {
                behind.is_closed = true;
                closed.push(*mover);
            }
        }
        closed
    }

    /// Bytes of a shard were put through. Returns how many it has to be told of, if they are many.
    pub(super) fn taken(&mut self, mover: MoverId, of: Number, bytes: usize) -> Option<usize> {
        let taken = self.behind(mover).taken.entry(of).or_default();
        *taken += bytes;
        (*taken >= TELL_AT).then(|| std::mem::take(taken))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: MoverId = MoverId(0);
    const SECOND: MoverId = MoverId(1);

    #[test]
    fn a_shard_is_needed_while_records_may_go_between() {
        let mut arrivals = Arrivals::default();
        assert!(arrivals.are_between(&[false], 1, 2));
        assert!(!arrivals.are_between(&[true], 1, 2));
        assert!(!arrivals.are_between(&[], 1, 2));
        arrivals.end(FIRST, 2);
        assert!(arrivals.are_between(&[false], 1, 2), "records go there");
        arrivals.end(FIRST, 1);
        assert!(!arrivals.are_between(&[false], 1, 2));
        assert!(!arrivals.are_between(&[false, true], 1, 2));
        assert!(arrivals.are_between(&[false, false], 1, 2));
        assert!(arrivals.are_between(&[false], 1, 3));
    }

    #[test]
    fn a_shard_has_ended_when_it_has_ended_all_movers() {
        let mut arrivals = Arrivals::default();
        assert!(arrivals.has_ended_all(0, 2));
        arrivals.end(SECOND, 2);
        assert!(!arrivals.has_ended_all(2, 2));
        arrivals.end(FIRST, 2);
        assert!(arrivals.has_ended_all(2, 2));
        assert!(!arrivals.has_ended_all(2, 1));
    }

    #[test]
    fn a_mover_closes_once_when_its_records_are_inside() {
        let mut arrivals = Arrivals::default();
        let batch = Batch {
            from: 1,
            content: Content::of_test(vec![1]),
            begin: 0,
        };
        arrivals.add(FIRST, batch);
        arrivals.end(FIRST, 0);
        arrivals.end(FIRST, 1);
        assert_eq!(arrivals.close(|_| 2), []);
        let (next, is_left) = arrivals.take_next(|_| true);
        assert!(next.is_empty() && is_left, "the pipeline is full");
        let (next, is_left) = arrivals.take_next(|_| false);
        assert!(next.len() == 1 && !is_left);
        assert_eq!(arrivals.close(|_| 3), []);
        assert_eq!(arrivals.close(|_| 2), [FIRST]);
        assert_eq!(arrivals.close(|_| 2), []);
    }
}
