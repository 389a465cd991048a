//! The changes of other shards: prepared here, then made or forgotten.

use super::change::{Op, Refusal, locks, marks, now as seconds};
use super::local::{Local, Purpose};
use super::message::{Proposal, Said};
use super::state::Agreement;
use crate::cluster::topology::NodeId;
use crate::registration::ledger::Stamp;
use crate::registration::stored::StoredSession;
use std::time::{Duration, Instant};

/// The time between two words that a change is still being prepared.
const WORDS_EVERY: Duration = Duration::from_secs(1);

/// A change of another shard that is not over.
pub(super) struct Theirs<P> {
    from: NodeId,
    ops: Vec<Op>,
    since: Instant,
    /// The other shard has heard that the change is being prepared.
    told: Instant,
    /// The session whose script has run.
    prepared: Option<P>,
    /// This shard has said that it can make the change.
    is_ready: bool,
}

impl<P> Agreement<P> {
    /// Another shard wants to make a change.
    pub(super) fn prepare(
        &mut self,
        from: NodeId,
        proposal: Proposal,
        local: &mut impl Local<Prepared = P>,
        now: Instant,
    ) {
        let Proposal { stamp, bases, ops } = proposal;
        local.saw(stamp);
        if !local.is_master() {
            let why = "the shard is a replica now: try again".to_owned();
            return self.send(from, &Said::Refused(stamp, Refusal::passing(why)));
        }
        let differs = bases
            .iter()
            .find(|(session, base)| local.mark(session).map(|mark| mark.stamp) != *base);
        if let Some((session, _)) = differs {
            let why = format!(
                "Session {session} has changed: the shards do not agree about it yet: try again"
            );
            let mark = local.mark(session).map(|mark| (session.clone(), mark));
            self.send(from, &Said::Refused(stamp, Refusal::passing(why)));
            // Either shard may have missed the last change.
            self.send(from, &Said::List(mark.into_iter().collect()));
            return self.send(from, &Said::Ask);
        }
        if let Err(lock) = self.promises.promise(stamp, locks(&ops)) {
            let refusal = Refusal::under_way(&lock);
            return self.send(from, &Said::Refused(stamp, refusal));
        }
        let script = ops.iter().find_map(|op| match op {
            Op::Put(stored) => Some(stored.as_ref().clone()),
            Op::Remove { .. } | Op::Add { .. } => None,
        });
        let theirs = Theirs {
            from,
            ops,
            since: now,
            told: now,
            prepared: None,
            is_ready: false,
        };
        self.theirs.insert(stamp, theirs);
        match script {
            Some(stored) => local.prepare(Purpose::Change(stamp), stored),
            None => self.check(stamp, None, local),
        }
    }

    /// The script of a change has run.
    pub(super) fn ran(
        &mut self,
        stamp: Stamp,
        outcome: Result<P, (StoredSession, String)>,
        local: &mut impl Local<Prepared = P>,
    ) {
        match outcome {
            Ok(prepared) => self.check(stamp, Some(prepared), local),
            Err((_, why)) => self.refuse(stamp, Refusal::lasting(why)),
        }
    }

    fn check(&mut self, stamp: Stamp, prepared: Option<P>, local: &mut impl Local<Prepared = P>) {
        let Some(theirs) = self.theirs.get_mut(&stamp) else {
            return;
        };
        match local.check(&theirs.ops, prepared.as_ref()) {
            Ok(()) => {
                theirs.prepared = prepared;
                theirs.is_ready = true;
                let from = theirs.from;
                self.send(from, &Said::Ready(stamp));
            }
            Err(why) => self.refuse(stamp, why),
        }
    }

    fn refuse(&mut self, stamp: Stamp, why: Refusal) {
        if let Some(theirs) = self.theirs.remove(&stamp) {
            self.send(theirs.from, &Said::Refused(stamp, why));
        }
        self.promises.end(stamp);
    }

    /// All shards are ready.
    pub(super) fn make(
        &mut self,
        from: NodeId,
        stamp: Stamp,
        local: &mut impl Local<Prepared = P>,
    ) {
        let is_ready = |theirs: &Theirs<P>| theirs.is_ready && theirs.from == from;
        if !self.theirs.get(&stamp).is_some_and(is_ready) || !local.is_master() {
            // It was forgotten here, because the other shard was silent for too long, or this server is a replica now, whose master
            // tells it.
            self.aborted(from, stamp);
            self.send(from, &Said::Late(stamp));
            return self.send(from, &Said::Ask);
        }
        if let Some(theirs) = self.theirs.remove(&stamp) {
            let marks = marks(&theirs.ops, stamp, seconds());
            local.make(theirs.ops, theirs.prepared);
            self.note(local, &marks);
            self.send(from, &Said::Made(stamp));
        }
        self.promises.end(stamp);
    }

    /// Another shard gives its change up.
    pub(super) fn aborted(&mut self, from: NodeId, stamp: Stamp) {
        let is_its_own = |theirs: &Theirs<P>| theirs.from == from;
        if self.theirs.get(&stamp).is_some_and(is_its_own) {
            self.forget(stamp);
        }
    }

    /// The change is given up.
    fn forget(&mut self, stamp: Stamp) {
        self.theirs.remove(&stamp);
        self.promises.end(stamp);
    }

    /// Forgets the changes of a shard that was started again or has left.
    pub(super) fn forget_of(&mut self, node: NodeId) {
        let of = self.theirs.iter().filter(|(_, theirs)| theirs.from == node);
        let of: Vec<Stamp> = of.map(|(stamp, _)| *stamp).collect();
        for stamp in of {
            self.forget(stamp);
        }
    }

    /// Says which changes are still being prepared, and forgets the changes of shards that are silent for too long.
    pub(super) fn look_at_theirs(&mut self, local: &impl Local<Prepared = P>, now: Instant) {
        let lost = self.theirs.iter();
        let lost = lost.filter(|(_, theirs)| local.is_lost(theirs.from, theirs.since, now));
        let lost: Vec<Stamp> = lost.map(|(stamp, _)| *stamp).collect();
        for stamp in lost {
            self.forget(stamp);
        }
        let mut words = Vec::new();
        for (stamp, theirs) in &mut self.theirs {
            let is_due = now.saturating_duration_since(theirs.told) >= WORDS_EVERY;
            if is_due && !theirs.is_ready {
                theirs.told = now;
                words.push((theirs.from, *stamp));
            }
        }
        for (to, stamp) in words {
            self.send(to, &Said::Preparing(stamp));
        }
    }
}
