//! The state of agreement on a shard, and what it does with each event. The events bring the time, so tests have their own.

use super::catch_up::CatchUp;
use super::change::{Op, Own, Refusal};
use super::local::{Local, Purpose};
use super::message::{Said, Unread};
use super::prepared::Theirs;
use super::promises::Promises;
use super::proposals::{Again, Answer, End, Open};
use crate::cluster::topology::NodeId;
use crate::registration::ledger::{Mark, Stamp};
use crate::registration::stored::StoredSession;
use crate::scope::SessionId;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// The time between two looks at what takes long.
pub(super) const LOOKS_EVERY: Duration = Duration::from_millis(100);
/// A server that did not look for so long stood still.
const STOOD_STILL: Duration = Duration::from_secs(2);

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
    /// Another shard has said something that this one cannot read.
    Unread(NodeId, Unread),
    /// A change cannot be told to the other shards, because it is too long.
    TooLong(Stamp),
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
    /// The last look at what takes long.
    looked: Option<Instant>,
    /// Sessions have changed since then.
    has_noted: bool,
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
            looked: None,
            has_noted: false,
            out: Vec::new(),
            answers: Vec::new(),
        }
    }
}

impl<P> Agreement<P> {
    /// Reacts to an event, if there is one, and looks at what takes long when it is time. Returns the digest for the heartbeats
    /// then: it is of all sessions, so it is not computed for each event.
    pub(super) fn turn(
        &mut self,
        event: Option<Event<P>>,
        local: &mut impl Local<Prepared = P>,
        now: Instant,
    ) -> Option<Vec<u8>> {
        if let Some(event) = event {
            self.handle(event, local, now);
        }
        let is_recent = |at: Instant| now.saturating_duration_since(at) < LOOKS_EVERY;
        if self.looked.is_some_and(is_recent) {
            self.look_at_refused(local, now);
            return None;
        }
        self.look(local, now);
        Some(self.own_digest(local))
    }

    pub(super) fn handle(
        &mut self,
        event: Event<P>,
        local: &mut impl Local<Prepared = P>,
        now: Instant,
    ) {
        match event {
            Event::Proposed(ops, end) => self.propose_for_client(ops, end, local, now),
            Event::Made(own) => self.propose_own(own, 0, local, now),
            Event::Said(from, said) => self.hear(from, said, local, now),
            Event::Unread(from, unread) => self.unread(from, unread, local, now),
            Event::TooLong(stamp) => {
                let why = "a session is too long for the other shards: use a shorter script, and read less from the server in it";
                self.give_up(stamp, Refusal::lasting(why.to_owned()), local, now);
            }
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
            Said::Preparing(stamp) => self.is_prepared_by(from, stamp, now),
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
            Said::Unknown(session) => self.catch_up.is_unknown(from, &session),
        }
    }

    /// A shard of another version takes part in no change, and keeps none open.
    fn unread(
        &mut self,
        from: NodeId,
        unread: Unread,
        local: &mut impl Local<Prepared = P>,
        now: Instant,
    ) {
        let why = "the shards cannot read each other's changes: use the same version of the engine on all shards";
        let refusal = Refusal::lasting(why.to_owned());
        match unread {
            Unread::Proposal(stamp) => self.send(from, &Said::Refused(stamp, refusal)),
            Unread::Answer(stamp) => {
                self.step(stamp, local, now, |round| round.refused(from, refusal));
            }
        }
    }

    /// Notes the last changes of sessions.
    pub(super) fn note(
        &mut self,
        local: &mut impl Local<Prepared = P>,
        marks: &[(SessionId, Mark)],
    ) {
        local.note(marks);
        self.digest = None;
        self.has_noted = true;
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
        let still = self.looked.map(|at| now.saturating_duration_since(at));
        if still.is_some_and(|still| still > STOOD_STILL) {
            self.wait_anew(now);
        }
        self.looked = Some(now);
        self.look_at_open(local, now);
        self.look_at_refused(local, now);
        self.look_at_theirs(local, now);
        self.catch_up.look(local, now);
        // Sessions may have ended by themselves.
        self.digest = None;
        self.has_noted = false;
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

    /// `true` if the next look must not wait.
    pub(super) fn is_awake(&self) -> bool {
        self.has_noted || self.is_busy()
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
