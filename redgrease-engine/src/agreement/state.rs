//! The state of agreement on a shard, and what it does with each event. The events bring the time, so tests have their own.

use super::catch_up::CatchUp;
use super::change::{Op, Own};
use super::local::{Local, Purpose};
use super::message::Said;
use super::prepared::Theirs;
use super::promises::Promises;
use super::proposals::{Again, Answer, End, Open};
use crate::cluster::topology::NodeId;
use crate::registration::ledger::Stamp;
use crate::registration::stored::StoredSession;
use std::collections::BTreeMap;
use std::time::Instant;

/// Something that agreement reacts to.
#[allow(
    clippy::large_enum_variant,
    reason = "few exist at a time, and none is kept"
)]
pub(super) enum Event<P> {
    /// This server wants to change something.
    Proposed(Vec<Op>, End),
    /// This server has changed something already.
    Made(Own),
    /// Another shard has said something.
    Said(NodeId, Said),
    /// A script has run.
    Ran(Purpose, Result<P, (StoredSession, String)>),
    /// A heartbeat of another server, with the digest of its sessions.
    Hello(NodeId, Vec<u8>),
    /// Another server was started again, or has left.
    Lost(NodeId),
}

/// The state of agreement on a shard.
pub(super) struct Agreement<P> {
    pub(super) promises: Promises,
    /// The changes that begin here.
    pub(super) open: BTreeMap<Stamp, Open>,
    /// Changes that were refused, and the moments at which they are proposed again.
    pub(super) again: Vec<(Instant, Again)>,
    /// The changes of other shards.
    pub(super) theirs: BTreeMap<Stamp, Theirs<P>>,
    pub(super) catch_up: CatchUp,
    /// The digest of this server, until something may have changed it. Heartbeats of many shards are compared with it.
    digest: Option<Vec<u8>>,
    /// Messages that are to be sent.
    pub(super) out: Vec<(Vec<NodeId>, Vec<u8>)>,
    /// Clients that are to be answered.
    pub(super) answers: Vec<Answer>,
}

impl<P> Default for Agreement<P> {
    fn default() -> Self {
        Agreement {
            promises: Promises::default(),
            open: BTreeMap::new(),
            again: Vec::new(),
            theirs: BTreeMap::new(),
            catch_up: CatchUp::default(),
            digest: None,
            out: Vec::new(),
            answers: Vec::new(),
        }
    }
}

impl<P> Agreement<P> {
    pub(super) fn handle(
        &mut self,
        event: Event<P>,
        local: &mut impl Local<Prepared = P>,
        now: Instant,
    ) {
        if !matches!(event, Event::Hello(..)) {
            self.digest = None;
        }
        match event {
            Event::Proposed(ops, end) => self.propose_for_client(ops, end, local, now),
            Event::Made(own) => self.propose_own(own, 0, local, now),
            Event::Said(from, said) => self.hear(from, said, local, now),
            Event::Ran(Purpose::Change(stamp), outcome) => self.ran(stamp, outcome, local),
            Event::Ran(Purpose::Missed(session, mark), outcome) => {
                self.caught_up(&session, mark, outcome, local);
            }
            Event::Hello(from, digest) => self.compare(from, &digest, local),
            Event::Lost(node) => self.lost(node, local, now),
        }
    }

    fn hear(
        &mut self,
        from: NodeId,
        said: Said,
        local: &mut impl Local<Prepared = P>,
        now: Instant,
    ) {
        match said {
            Said::Prepare(proposal) => self.prepare(from, proposal, local, now),
            Said::Ready(stamp) => self.step(stamp, local, now, |round| round.ready(from)),
            Said::Refused(stamp, why) => {
                self.step(stamp, local, now, |round| round.refused(from, why));
            }
            Said::Made(stamp) => self.step(stamp, local, now, |round| round.done(from)),
            Said::Late(stamp) => self.step(stamp, local, now, |round| round.lost(from)),
            Said::Commit(stamp) => self.make(from, stamp, local),
            Said::Abort(stamp) => self.aborted(from, stamp),
            Said::Ask => self.list(from, local),
            Said::List(marks) => self.fetch(from, &marks, local, now),
            Said::Fetch(sessions) => self.tell(from, sessions, local),
            Said::State(session, mark, stored) => {
                self.learn(session, mark, stored, local);
            }
        }
    }

    fn lost(&mut self, node: NodeId, local: &mut impl Local<Prepared = P>, now: Instant) {
        let open: Vec<Stamp> = self.open.keys().copied().collect();
        for stamp in open {
            self.step(stamp, local, now, |round| round.lost(node));
        }
        self.forget_of(node);
        self.catch_up.forget(node);
    }

    /// Looks at what takes long.
    pub(super) fn look(&mut self, local: &mut impl Local<Prepared = P>, now: Instant) {
        self.look_at_open(local, now);
        self.look_at_refused(local, now);
        self.look_at_theirs(local, now);
        self.catch_up.look(local, now);
        // Sessions may have ended by themselves.
        self.digest = None;
    }

    /// The digest for the heartbeats. Empty on a replica, which says nothing.
    pub(super) fn own_digest(&mut self, local: &mut impl Local<Prepared = P>) -> Vec<u8> {
        if !local.is_master() {
            return Vec::new();
        }
        let digest = self.digest.get_or_insert_with(|| {
            let digest = local.digest();
            digest.to_le_bytes().to_vec()
        });
        digest.clone()
    }

    /// `true` while something is under way.
    pub(super) fn is_busy(&self) -> bool {
        !(self.open.is_empty()
            && self.again.is_empty()
            && self.theirs.is_empty()
            && self.promises.is_empty()
            && self.catch_up.is_idle())
    }

    pub(super) fn send(&mut self, to: NodeId, said: &Said) {
        self.send_to(vec![to], said);
    }

    pub(super) fn send_to(&mut self, to: Vec<NodeId>, said: &Said) {
        if !to.is_empty() {
            self.out.push((to, said.write()));
        }
    }
}
