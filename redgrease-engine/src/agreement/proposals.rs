//! The changes that begin here.

mod decisions;

use super::change::{Op, Own, Refusal, locks, sessions};
use super::local::Local;
use super::message::{Proposal, Said};
use super::round::{Next, Round};
use super::state::Agreement;
use crate::cluster::topology::NodeId;
use crate::id::Id;
use crate::redis::Context;
use crate::registration::ledger::Stamp;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Answers the client of a change. It is called without the server's lock.
pub(crate) type Answer = Box<dyn FnOnce() + Send>;

/// Makes a change here when all other shards can make it, or hears why it is not made. `Err` if it cannot be made here any longer:
/// no shard makes it then. The client is answered when all shards have made it, after an error at once.
pub(crate) type End =
    Box<dyn FnOnce(&Context, Result<(), Refusal>) -> Result<Answer, Answer> + Send>;

/// A change of this server that is not over.
pub(super) struct Open {
    round: Round,
    ops: Vec<Op>,
    begun: Instant,
    /// The other shards were asked for their present answers.
    asked: Instant,
    /// The last words of shards that have not answered yet.
    words: BTreeMap<NodeId, Instant>,
    origin: Origin,
}

impl Open {
    /// `true` if a shard has said nothing about the change for so long. It may live nevertheless.
    fn is_silent(&self, node: NodeId, idle: Duration, now: Instant) -> bool {
        let heard = self.words.get(&node).copied();
        let heard = heard.map_or(self.asked, |at| at.max(self.asked));
        now.saturating_duration_since(heard) > idle
    }
}

/// What a change comes from.
pub(super) enum Origin {
    /// A client, which waits.
    Client(Waiting),
    /// The change is made here, and its client is answered when all shards have made it.
    Made(Answer),
    /// It was made here before, and was proposed so many times since.
    Own(Own, u32),
    /// Nothing is left to do here.
    None,
}

/// A client that waits for the decision about its change.
pub(super) struct Waiting {
    /// Called when it is decided.
    end: End,
    /// Until then, the change is proposed again when another one is under way.
    until: Instant,
    times: u32,
}

/// A change that was refused and is proposed again.
pub(super) enum Again {
    Client(Vec<Op>, Waiting),
    Own(Own, u32),
}

/// How long a client waits for the end of other changes.
const PATIENCE: Duration = Duration::from_secs(2);

impl<P> Agreement<P> {
    /// A client wants to change something.
    pub(super) fn propose_for_client(
        &mut self,
        ops: Vec<Op>,
        end: End,
        local: &mut impl Local<Prepared = P>,
        now: Instant,
    ) {
        let waiting = Waiting {
            end,
            until: now + PATIENCE,
            times: 0,
        };
        // The change was waiting for its turn, and another one may have been made.
        let ops = local.look_again(ops);
        self.propose(ops, Origin::Client(waiting), local, now);
    }

    /// What running gears of this server have registered in a session, as far as the other shards do not have it yet.
    pub(super) fn own_of(&self, session: &str) -> Vec<Id> {
        let open = self.open.values().filter_map(|open| match &open.origin {
            Origin::Own(own, _) => Some(own),
            Origin::Client(_) | Origin::Made(_) | Origin::None => None,
        });
        let again = self.again.iter().filter_map(|(_, again)| match again {
            Again::Own(own, _) => Some(own),
            Again::Client(..) => None,
        });
        let added = open.chain(again).filter_map(|own| match own {
            Own::Added(of, id) if of == session => Some(*id),
            Own::Added(..) | Own::Removed(_) => None,
        });
        added.collect()
    }

    /// A change that was made here begins on the others.
    pub(super) fn propose_own(
        &mut self,
        own: Own,
        times: u32,
        local: &mut impl Local<Prepared = P>,
        now: Instant,
    ) {
        // What is gone again does not matter.
        if let Some(op) = local.own_op(&own) {
            self.propose(vec![op], Origin::Own(own, times), local, now);
        }
    }

    /// Begins a change.
    fn propose(
        &mut self,
        ops: Vec<Op>,
        origin: Origin,
        local: &mut impl Local<Prepared = P>,
        now: Instant,
    ) {
        let stamp = local.next_stamp();
        if let Err(lock) = self.promises.promise(stamp, locks(&ops)) {
            return self.refused(ops, origin, Refusal::under_way(&lock), local, now);
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
            asked: now,
            words: BTreeMap::new(),
            origin,
        };
        self.open.insert(stamp, open);
        self.follow(stamp, next, local, now);
    }

    /// Another shard has answered.
    pub(super) fn step(
        &mut self,
        stamp: Stamp,
        local: &mut impl Local<Prepared = P>,
        now: Instant,
        step: impl FnOnce(&mut Round) -> Next,
    ) {
        if let Some(open) = self.open.get_mut(&stamp) {
            let next = step(&mut open.round);
            self.follow(stamp, next, local, now);
        }
    }

    /// Another shard still prepares a change.
    pub(super) fn is_prepared_by(&mut self, node: NodeId, stamp: Stamp, now: Instant) {
        if let Some(open) = self.open.get_mut(&stamp) {
            open.words.insert(node, now);
        }
    }

    /// This server stood still itself: the words of others wait to be heard.
    pub(super) fn wait_anew(&mut self, now: Instant) {
        for open in self.open.values_mut() {
            open.asked = now;
        }
    }

    /// Ends rounds with shards that do not answer.
    pub(super) fn look_at_open(&mut self, local: &mut impl Local<Prepared = P>, now: Instant) {
        let mut lost: Vec<(Stamp, NodeId)> = Vec::new();
        for (stamp, open) in &self.open {
            let silent = open.round.open().into_iter();
            let silent = silent.filter(|node| {
                local.is_lost(*node, open.begun, now)
                    || open.is_silent(*node, local.idle_time(), now)
            });
            lost.extend(silent.map(|node| (*stamp, node)));
        }
        for (stamp, node) in lost {
            self.step(stamp, local, now, |round| round.lost(node));
        }
    }

    /// Proposes again what was refused for a while.
    pub(super) fn look_at_refused(&mut self, local: &mut impl Local<Prepared = P>, now: Instant) {
        let due = self.again.extract_if(.., |(at, _)| *at <= now);
        let due: Vec<(Instant, Again)> = due.collect();
        for (_, again) in due {
            match again {
                Again::Own(own, times) => self.propose_own(own, times, local, now),
                Again::Client(ops, client) => {
                    let ops = local.look_again(ops);
                    self.propose(ops, Origin::Client(client), local, now);
                }
            }
        }
    }

    /// The time of the next proposal.
    pub(super) fn next_proposal(&self) -> Option<Instant> {
        self.again.iter().map(|(at, _)| *at).min()
    }
}
