//! The changes that begin here.

use super::change::{Op, Own, Refusal, locks, marks, now as seconds, sessions};
use super::local::Local;
use super::message::{Proposal, Said};
use super::prepared::WORDS_EVERY;
use super::round::{Next, Order, Outcome, Round};
use super::state::Agreement;
use crate::cluster::topology::NodeId;
use crate::id::Id;
use crate::redis::{Context, Level, log};
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
        now.saturating_duration_since(heard) > idle.max(WORDS_EVERY * 3)
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
/// The pause before a change is proposed again: at first, and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

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

    fn follow(
        &mut self,
        stamp: Stamp,
        (order, outcome): Next,
        local: &mut impl Local<Prepared = P>,
        now: Instant,
    ) {
        match order {
            Some(Order::Commit) => self.commit(stamp, local, now),
            Some(Order::Abort) => {
                if let Some(refusal) = outcome.and_then(|outcome| refusal(outcome, local)) {
                    self.give_up(stamp, refusal, local, now);
                }
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

    fn commit(&mut self, stamp: Stamp, local: &mut impl Local<Prepared = P>, now: Instant) {
        let Some(open) = self.open.get_mut(&stamp) else {
            return;
        };
        open.asked = now;
        let is_removal = |op: &Op| matches!(op, Op::Remove { .. });
        if open.ops.iter().any(is_removal) && local.look_again(open.ops.clone()) != open.ops {
            // A gear of this server has registered something since, so the session does not end, or ends now.
            let why = "the session has changed: try again".to_owned();
            return self.give_up(stamp, Refusal::passing(why), local, now);
        }
        let is_made = match std::mem::replace(&mut open.origin, Origin::None) {
            Origin::Client(client) => match local.end(client.end, Ok(())) {
                Ok(answer) => {
                    open.origin = Origin::Made(answer);
                    true
                }
                Err(answer) => {
                    self.answers.push(answer);
                    false
                }
            },
            // What was made here is gone again.
            Origin::Own(own, _) => local.own_op(&own).is_some(),
            Origin::Made(_) | Origin::None => true,
        };
        if is_made {
            let marks = marks(&open.ops, stamp, seconds());
            let to = open.round.shards().iter().copied().collect();
            self.note(local, &marks);
            self.send_to(to, &Said::Commit(stamp));
        } else {
            self.abort(stamp);
        }
    }

    pub(super) fn give_up(
        &mut self,
        stamp: Stamp,
        refusal: Refusal,
        local: &mut impl Local<Prepared = P>,
        now: Instant,
    ) {
        if let Some(open) = self.open.get_mut(&stamp) {
            let origin = std::mem::replace(&mut open.origin, Origin::None);
            let ops = std::mem::take(&mut open.ops);
            self.abort(stamp);
            self.refused(ops, origin, refusal, local, now);
        }
    }

    fn refused(
        &mut self,
        ops: Vec<Op>,
        origin: Origin,
        refusal: Refusal,
        local: &mut impl Local<Prepared = P>,
        now: Instant,
    ) {
        let pause = |times: u32| {
            let doubled = FIRST_PAUSE.saturating_mul(1 << times.min(10));
            local.random_below(doubled.min(LONGEST_PAUSE))
        };
        match origin {
            Origin::Client(mut client) if refusal.is_passing && now < client.until => {
                let at = now + pause(client.times);
                client.times += 1;
                self.again.push((at, Again::Client(ops, client)));
            }
            Origin::Client(client) => {
                let (Ok(answer) | Err(answer)) = local.end(client.end, Err(refusal));
                self.answers.push(answer);
            }
            Origin::Own(own, times) if refusal.is_passing => {
                let at = now + pause(times);
                self.again.push((at, Again::Own(own, times + 1)));
            }
            Origin::Own(own, _) => local.undo(&own, &refusal.why),
            Origin::Made(_) | Origin::None => {}
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
        if let Some(open) = self.open.remove(&stamp)
            && let Origin::Made(answer) = open.origin
        {
            self.answers.push(answer);
        }
        self.promises.end(stamp);
    }
}

/// The reason why no shard makes a change. `None` if they make it.
fn refusal(outcome: Outcome, local: &impl Local) -> Option<Refusal> {
    match outcome {
        Outcome::Refused(node, refusal) => Some(Refusal {
            why: format!(
                "{} (on {}: nothing has changed on any shard)",
                refusal.why,
                local.describe(node)
            ),
            ..refusal
        }),
        Outcome::Silent(node) => Some(Refusal::passing(format!(
            "{} does not answer: nothing has changed on any shard: try again when it is back, or when a replica has taken its place",
            local.describe(node)
        ))),
        Outcome::InForce | Outcome::InForceExcept(_) => None,
    }
}
