//! Changes that this shard has missed, or others: the heartbeats of masters have a digest of all changes. Shards whose digests differ
//! exchange lists, and each one fetches what is later on the other.

use super::local::{Local, Purpose};
use super::message::Said;
use super::state::Agreement;
use crate::cluster::topology::NodeId;
use crate::registration::ledger::{Mark, Marks};
use crate::registration::stored::StoredSession;
use crate::scope::SessionId;
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// A change that is on its way may reach the shards between two heartbeats: digests differ for this number of heartbeats then.
const OFTEN: u32 = 2;
/// A session comes within this time, or it is fetched again: the other server may be unable to tell it.
const FETCHED_WITHIN: Duration = Duration::from_secs(30);

/// The state of catching up.
#[derive(Debug, Default)]
pub(super) struct CatchUp {
    /// How many heartbeats of a server have had another digest than this server.
    different: HashMap<NodeId, u32>,
    /// The sessions that this shard fetches.
    fetching: HashMap<SessionId, Fetching>,
}

#[derive(Debug)]
struct Fetching {
    from: NodeId,
    since: Instant,
    /// The session has come, and its script runs. An event tells of the end.
    has_come: bool,
}

impl CatchUp {
    pub(super) fn is_idle(&self) -> bool {
        self.fetching.is_empty()
    }

    /// A server was started again, or has left.
    pub(super) fn forget(&mut self, node: NodeId) {
        self.different.remove(&node);
        self.fetching
            .retain(|_, fetching| fetching.has_come || fetching.from != node);
    }

    /// Another server does not know a session that it was asked for.
    pub(super) fn is_unknown(&mut self, from: NodeId, session: &str) {
        let fetching = self.fetching.get(session);
        if fetching.is_some_and(|fetching| !fetching.has_come && fetching.from == from) {
            self.fetching.remove(session);
        }
    }

    /// Forgets what servers were asked for and do not tell. Others have it as well.
    pub(super) fn look(&mut self, local: &impl Local, now: Instant) {
        self.fetching.retain(|_, fetching| {
            let is_late = now.saturating_duration_since(fetching.since) > FETCHED_WITHIN;
            let is_lost = is_late || local.is_lost(fetching.from, fetching.since, now);
            fetching.has_come || !is_lost
        });
    }
}

impl<P> Agreement<P> {
    /// A heartbeat has come.
    pub(super) fn compare(
        &mut self,
        from: NodeId,
        digest: &[u8],
        local: &mut impl Local<Prepared = P>,
    ) {
        // A server that says nothing has no agreement.
        if digest.is_empty() || !local.is_master() || !local.is_other_master(from) {
            return;
        }
        if digest == self.own_digest(local) {
            self.catch_up.different.insert(from, 0);
            return;
        }
        // A server that was not heard before has missed everything.
        let times = self.catch_up.different.entry(from).or_insert(OFTEN);
        *times += 1;
        if *times >= OFTEN {
            self.catch_up.different.insert(from, 0);
            self.send(from, &Said::Ask);
        }
    }

    /// Another shard asks for all changes.
    pub(super) fn list(&mut self, from: NodeId, local: &mut impl Local<Prepared = P>) {
        if local.is_master() {
            let marks = local.marks();
            self.send(from, &Said::List(marks));
        }
    }

    /// Another shard has told its changes.
    pub(super) fn fetch(
        &mut self,
        from: NodeId,
        theirs: &Marks,
        local: &impl Local<Prepared = P>,
        now: Instant,
    ) {
        if !local.is_master() {
            return;
        }
        let wanted = theirs.iter().filter(|(session, mark)| {
            is_later(local, session, *mark)
                && !self.catch_up.fetching.contains_key(session)
                && !self.promises.has_session(session)
        });
        let wanted: Vec<SessionId> = wanted.map(|(session, _)| session.clone()).collect();
        for session in &wanted {
            let fetching = Fetching {
                from,
                since: now,
                has_come: false,
            };
            self.catch_up.fetching.insert(session.clone(), fetching);
        }
        if !wanted.is_empty() {
            self.send(from, &Said::Fetch(wanted));
        }
    }

    /// Another shard asks for sessions.
    pub(super) fn tell(
        &mut self,
        from: NodeId,
        sessions: Vec<SessionId>,
        local: &impl Local<Prepared = P>,
    ) {
        for session in sessions {
            let Some(mark) = local.mark(&session) else {
                self.send(from, &Said::Unknown(session));
                continue;
            };
            let stored = match mark.removed {
                Some(_) => None,
                None => local.stored(&session).map(Box::new),
            };
            self.send(from, &Said::State(session, mark, stored));
        }
    }

    /// Another shard has told a session.
    pub(super) fn learn(
        &mut self,
        session: SessionId,
        mark: Mark,
        stored: Option<Box<StoredSession>>,
        local: &mut impl Local<Prepared = P>,
    ) {
        let is_wanted = local.is_master()
            && is_later(local, &session, mark)
            && !self.promises.has_session(&session);
        let known = self.catch_up.fetching.get(&session);
        if known.is_some_and(|fetching| fetching.has_come) {
            return;
        }
        match stored {
            Some(stored) if is_wanted && mark.removed.is_none() => {
                let own = self.own_of(&session);
                if !local.adapt(&stored, &own) {
                    if let Some(fetching) = self.catch_up.fetching.get_mut(&session) {
                        fetching.has_come = true;
                        let purpose = Purpose::Missed(session, mark);
                        local.prepare(purpose, *stored);
                    }
                    return;
                }
                self.note(local, &[(session.clone(), mark)]);
            }
            None if is_wanted && mark.removed.is_some() => {
                local.remove(&session);
                self.note(local, &[(session.clone(), mark)]);
            }
            _ => {}
        }
        self.catch_up.fetching.remove(&session);
    }

    /// The script of a session that was missed has run.
    pub(super) fn caught_up(
        &mut self,
        session: &str,
        mark: Mark,
        outcome: Result<P, (StoredSession, String)>,
        local: &mut impl Local<Prepared = P>,
    ) {
        self.catch_up.fetching.remove(session);
        if local.is_master()
            && is_later(local, session, mark)
            && !self.promises.has_session(session)
        {
            let own = self.own_of(session);
            local.restore(mark, &own, outcome);
            self.note(local, &[(session.to_owned(), mark)]);
        }
    }
}

fn is_later(local: &impl Local, session: &str, mark: Mark) -> bool {
    local
        .mark(session)
        .is_none_or(|known| known.stamp < mark.stamp)
}
