//! A change that begins on this shard: prepared on all shards, then made by all or by none.

use super::change::Refusal;
use crate::cluster::topology::NodeId;
use std::collections::BTreeSet;

/// What the other shards have to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// Make the change.
    Commit,
    /// Forget the change.
    Abort,
}

/// The end of a round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// All shards have made the change.
    InForce,
    /// All shards will have made it. These did not confirm it in time, or left: they get it when they are back.
    InForceExcept(Vec<NodeId>),
    /// No shard has made it: a shard had a reason.
    Refused(NodeId, Refusal),
    /// No shard has made it: a shard did not answer.
    Silent(NodeId),
}

/// The state of a round.
#[derive(Debug, PartialEq, Eq)]
enum Phase {
    /// These shards have not said whether they can make the change.
    Preparing(BTreeSet<NodeId>),
    /// These shards have not confirmed that they have made the change.
    Committing(BTreeSet<NodeId>),
    Over,
}

/// A change on its way to all other shards.
#[derive(Debug)]
pub(super) struct Round {
    shards: BTreeSet<NodeId>,
    phase: Phase,
    late: Vec<NodeId>,
}

/// What follows from an answer: an order for the shards of the round, and the end.
pub(super) type Next = (Option<Order>, Option<Outcome>);

impl Round {
    /// Begins a round with all other shards. Without any, the change can be made at once.
    pub(super) fn begin(shards: BTreeSet<NodeId>) -> (Round, Next) {
        let mut round = Round {
            phase: Phase::Preparing(shards.clone()),
            shards,
            late: Vec::new(),
        };
        let next = round.go_on();
        (round, next)
    }

    /// The other shards of the round.
    pub(super) fn shards(&self) -> &BTreeSet<NodeId> {
        &self.shards
    }

    /// The shards whose answer is missing.
    pub(super) fn open(&self) -> Vec<NodeId> {
        match &self.phase {
            Phase::Preparing(open) | Phase::Committing(open) => open.iter().copied().collect(),
            Phase::Over => Vec::new(),
        }
    }

    /// A shard can make the change.
    pub(super) fn ready(&mut self, shard: NodeId) -> Next {
        if let Phase::Preparing(open) = &mut self.phase {
            open.remove(&shard);
            return self.go_on();
        }
        (None, None)
    }

    /// A shard cannot make the change.
    pub(super) fn refused(&mut self, shard: NodeId, why: Refusal) -> Next {
        if !self.shards.contains(&shard) {
            return (None, None);
        }
        self.give_up(Outcome::Refused(shard, why))
    }

    /// A shard has made the change.
    pub(super) fn done(&mut self, shard: NodeId) -> Next {
        if let Phase::Committing(open) = &mut self.phase {
            open.remove(&shard);
            return self.go_on();
        }
        (None, None)
    }

    /// A shard says nothing, was started again, or has left.
    pub(super) fn lost(&mut self, shard: NodeId) -> Next {
        match &mut self.phase {
            Phase::Preparing(_) if self.shards.contains(&shard) => {
                self.give_up(Outcome::Silent(shard))
            }
            Phase::Committing(open) => {
                if open.remove(&shard) {
                    self.late.push(shard);
                }
                self.go_on()
            }
            _ => (None, None),
        }
    }

    fn give_up(&mut self, outcome: Outcome) -> Next {
        if !matches!(self.phase, Phase::Preparing(_)) {
            return (None, None);
        }
        self.phase = Phase::Over;
        (Some(Order::Abort), Some(outcome))
    }

    fn go_on(&mut self) -> Next {
        match &self.phase {
            Phase::Preparing(open) if open.is_empty() => {
                self.phase = Phase::Committing(self.shards.clone());
                let (_, outcome) = self.go_on();
                (Some(Order::Commit), outcome)
            }
            Phase::Committing(open) if open.is_empty() => {
                self.phase = Phase::Over;
                let late = std::mem::take(&mut self.late);
                let outcome = if late.is_empty() {
                    Outcome::InForce
                } else {
                    Outcome::InForceExcept(late)
                };
                (None, Some(outcome))
            }
            _ => (None, None),
        }
    }
}
