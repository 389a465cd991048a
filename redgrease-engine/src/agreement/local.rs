//! What agreement asks of the server that it runs in.

use super::change::{Op, Own, Refusal};
use super::proposals::{Answer, End};
use crate::cluster::topology::NodeId;
use crate::id::Id;
use crate::registration::ledger::{Mark, Marks, Stamp};
use crate::registration::stored::StoredSession;
use crate::scope::SessionId;
use std::time::{Duration, Instant};

/// The reason for which the script of a session runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A change is prepared.
    Change(Stamp),
    /// This server has missed the session.
    Missed(SessionId, Mark),
}

/// The sessions of this server, and its picture of the cluster.
pub(super) trait Local {
    /// A session whose script has run.
    type Prepared;

    /// `true` if this server takes changes. A replica gets them from its master.
    fn is_master(&self) -> bool;
    /// The other shards that take part in changes.
    fn shards(&self) -> Vec<NodeId>;
    /// `true` if another server is a master.
    fn is_other_master(&self, node: NodeId) -> bool;
    /// `true` if a server that was asked at `since` says nothing for too long, has failed, or is a shard no longer.
    fn is_lost(&self, node: NodeId, since: Instant, now: Instant) -> bool;
    /// A server that says nothing about a change for so long is not waited for. It is longer than the time between two words.
    fn idle_time(&self) -> Duration;
    /// The server for an error message.
    fn describe(&self, node: NodeId) -> String;

    fn next_stamp(&mut self) -> Stamp;
    /// Notes the stamp of another shard.
    fn saw(&mut self, stamp: Stamp);
    fn mark(&self, session: &str) -> Option<Mark>;
    /// The last changes of all sessions.
    fn marks(&mut self) -> Marks;
    fn digest(&mut self) -> u64;
    /// Notes the last changes of sessions, and tells replicas and the AOF.
    fn note(&mut self, marks: &[(SessionId, Mark)]);

    /// Runs the script of a session. An event tells of the end.
    fn prepare(&mut self, purpose: Purpose, stored: StoredSession);
    /// Checks that a change can be made.
    fn check(&self, ops: &[Op], prepared: Option<&Self::Prepared>) -> Result<(), Refusal>;
    /// Makes a change of another shard.
    fn make(&mut self, ops: Vec<Op>, prepared: Option<Self::Prepared>);
    /// Makes a change of this server, or tells why it is not made.
    fn end(&mut self, end: End, agreed: Result<(), Refusal>) -> Result<Answer, Answer>;
    /// The change as it is now: the state of its sessions may be another one than before.
    fn look_again(&self, ops: Vec<Op>) -> Vec<Op>;
    /// The change that the other shards have to make. `None` if nothing is left of it.
    fn own_op(&self, own: &Own) -> Option<Op>;
    /// Takes back what other shards cannot make.
    fn undo(&mut self, own: &Own, why: &str);
    /// A time up to this one, so that two shards do not meet again and again.
    fn random_below(&self, most: Duration) -> Duration;

    fn stored(&self, session: &str) -> Option<StoredSession>;
    fn remove(&mut self, session: &str);
    /// Gives a session the registrations of a later state of it, if that needs no run of its script. It keeps those of `own`: the other
    /// shards do not have them yet.
    fn adapt(&mut self, stored: &StoredSession, own: &[Id]) -> bool;
    /// Puts a session that was missed in force. One that cannot be restored is kept. The registrations of `own` end with the state of
    /// the session in which they were made.
    fn restore(
        &mut self,
        mark: Mark,
        own: &[Id],
        outcome: Result<Self::Prepared, (StoredSession, String)>,
    );
}
