//! The changes that begin here.

use super::change::{Op, locks, marks, now as seconds, sessions};
use super::local::Local;
use super::message::{Proposal, Said};
use super::round::{Next, Order, Outcome, Round};
use super::state::Agreement;
use crate::cluster::topology::NodeId;
use crate::redis::{Context, Level, log};
use crate::registration::ledger::Stamp;
use std::time::Instant;

/// Answers the client of a change. It is called without the server's lock.
pub(crate) type Answer = Box<dyn FnOnce() + Send>;

/// Makes a change here when all other shards can make it, or hears why it is not made. `Err` if it cannot be made here any longer:
/// no shard makes it then. The client is answered when all shards have made it, after an error at once.
pub(crate) type End =
    Box<dyn FnOnce(&Context, Result<(), String>) -> Result<Answer, Answer> + Send>;

/// A change of this server that is not over.
pub(super) struct Open {
    round: Round,
    ops: Vec<Op>,
    begun: Instant,
    /// Taken when it is decided whether the change is made.
    end: Option<End>,
    /// Set when the change is made here.
    answer: Option<Answer>,
}

impl<P> Agreement<P> {
    /// Begins a change.
    pub(super) fn propose(
        &mut self,
        ops: Vec<Op>,
        end: End,
        local: &mut impl Local<Prepared = P>,
        now: Instant,
    ) {
        let stamp = local.next_stamp();
        if let Err(lock) = self.promises.promise(stamp, locks(&ops)) {
            let why =
                format!("{lock}: another change of it is under way in the cluster: try again");
            self.answer(local.end(end, Err(why)));
            return;
        }
        let bases = sessions(&ops).into_iter();
        let bases = bases.map(|session| {
            let stamp = local.mark(&session).map(|mark| mark.stamp);
            (session, stamp)
        });
        let proposal = Proposal {
            stamp,
            bases: bases.collect(),
            ops: ops.clone(),
        };
        let (round, next) = Round::begin(local.shards().into_iter().collect());
        let to = round.shards().iter().copied().collect();
        self.send_to(to, &Said::Prepare(proposal));
        let open = Open {
            round,
            ops,
            begun: now,
            end: Some(end),
            answer: None,
        };
        self.open.insert(stamp, open);
        self.follow(stamp, next, local);
    }

    /// Another shard has answered.
    pub(super) fn step(
        &mut self,
        stamp: Stamp,
        local: &mut impl Local<Prepared = P>,
        step: impl FnOnce(&mut Round) -> Next,
    ) {
        if let Some(open) = self.open.get_mut(&stamp) {
            let next = step(&mut open.round);
            self.follow(stamp, next, local);
        }
    }

    /// Ends rounds with shards that do not answer.
    pub(super) fn look_at_open(&mut self, local: &mut impl Local<Prepared = P>, now: Instant) {
        let mut lost: Vec<(Stamp, NodeId)> = Vec::new();
        for (stamp, open) in &self.open {
            let silent = open.round.open().into_iter();
            let silent = silent.filter(|node| local.is_lost(*node, open.begun, now));
            lost.extend(silent.map(|node| (*stamp, node)));
        }
        for (stamp, node) in lost {
            self.step(stamp, local, |round| round.lost(node));
        }
    }

    fn follow(
        &mut self,
        stamp: Stamp,
        (order, outcome): Next,
        local: &mut impl Local<Prepared = P>,
    ) {
        match order {
            Some(Order::Commit) => self.commit(stamp, local),
            Some(Order::Abort) => {
                let why = refusal(outcome.as_ref(), local);
                self.give_up(stamp, why, local);
                return;
            }
            None => {}
        }
        match outcome {
            Some(Outcome::InForceExcept(late)) => {
                for node in late {
                    let node = local.describe(node);
                    let text = format!(
                        "{node} has not made a change of sessions in time: it gets the change when it is back"
                    );
                    log(Level::Notice, &text);
                }
                self.close(stamp);
            }
            Some(Outcome::InForce) => self.close(stamp),
            Some(Outcome::Refused(..) | Outcome::Silent(_)) | None => {}
        }
    }

    fn commit(&mut self, stamp: Stamp, local: &mut impl Local<Prepared = P>) {
        let Some(open) = self.open.get_mut(&stamp) else {
            return;
        };
        let Some(end) = open.end.take() else { return };
        match local.end(end, Ok(())) {
            Ok(answer) => {
                open.answer = Some(answer);
                local.note(&marks(&open.ops, stamp, seconds()));
                let to = open.round.shards().iter().copied().collect();
                self.send_to(to, &Said::Commit(stamp));
            }
            Err(answer) => {
                self.answers.push(answer);
                self.abort(stamp);
            }
        }
    }

    fn give_up(&mut self, stamp: Stamp, why: String, local: &mut impl Local<Prepared = P>) {
        let end = self.open.get_mut(&stamp).and_then(|open| open.end.take());
        if let Some(end) = end {
            self.answer(local.end(end, Err(why)));
        }
        self.abort(stamp);
    }

    fn abort(&mut self, stamp: Stamp) {
        if let Some(open) = self.open.remove(&stamp) {
            let to = open.round.shards().iter().copied().collect();
            self.send_to(to, &Said::Abort(stamp));
        }
        self.promises.end(stamp);
    }

    /// The change is in force everywhere.
    fn close(&mut self, stamp: Stamp) {
        // A change that could not be made here is not open any longer.
        if let Some(open) = self.open.remove(&stamp) {
            self.answers.extend(open.answer);
        }
        self.promises.end(stamp);
    }

    fn answer(&mut self, answer: Result<Answer, Answer>) {
        self.answers.push(answer.unwrap_or_else(|answer| answer));
    }
}

/// The reason why no shard makes a change, for its client.
fn refusal(outcome: Option<&Outcome>, local: &impl Local) -> String {
    match outcome {
        Some(Outcome::Refused(node, why)) => {
            format!(
                "{why} (on {}: nothing has changed on any shard)",
                local.describe(*node)
            )
        }
        Some(Outcome::Silent(node)) => format!(
            "{} does not answer: nothing has changed on any shard: try again when it is back, or when a replica has taken its place",
            local.describe(*node)
        ),
        Some(Outcome::InForce | Outcome::InForceExcept(_)) | None => String::new(),
    }
}
