//! A change of sessions, which all shards make.

use crate::encoding::{Damaged, Input, write_bytes, write_flag};
use crate::id::Id;
use crate::registration::ledger::{Mark, Marks, Stamp};
use crate::registration::stored::{StoredSession, decode, encode, name_of_gear};
use crate::registration::{Name, Registry};
use crate::scope::SessionId;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// A part of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Op {
    /// A session as a script has made it.
    Put(Box<StoredSession>),
    /// A registration is unregistered.
    Remove {
        session: SessionId,
        id: Id,
        /// The session goes with it.
        ends: bool,
        /// Its executions that have not begun are taken back.
        withdraws: bool,
    },
    /// A running gear has made a registration.
    Add {
        session: SessionId,
        id: Id,
        registration: Arc<[u8]>,
    },
}

impl Op {
    /// Unregisters a registration. `None` if no registration has this id.
    pub(crate) fn remove(registry: &Registry, id: Id, withdraws: bool) -> Option<Op> {
        let (session, ends) = registry.owner(id)?;
        Some(Op::Remove {
            session,
            id,
            ends,
            withdraws,
        })
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Op::Put(session) => {
                out.push(b'p');
                write_bytes(out, &encode(std::slice::from_ref(session.as_ref()), &[]));
            }
            Op::Remove {
                session,
                id,
                ends,
                withdraws,
            } => {
                out.push(b'r');
                write_bytes(out, session.as_bytes());
                id.write(out);
                write_flag(out, *ends);
                write_flag(out, *withdraws);
            }
            Op::Add {
                session,
                id,
                registration,
            } => {
                out.push(b'a');
                write_bytes(out, session.as_bytes());
                id.write(out);
                write_bytes(out, registration);
            }
        }
    }

    pub(super) fn read(input: &mut Input<'_>) -> Result<Op, Damaged> {
        Ok(match input.tag()? {
            b'p' => {
                let mut sessions = decode(input.bytes()?)?.sessions;
                let session = sessions.pop().ok_or(Damaged::Wrong)?;
                Op::Put(Box::new(session))
            }
            b'r' => Op::Remove {
                session: input.text()?,
                id: Id::read(input)?,
                ends: input.flag()?,
                withdraws: input.flag()?,
            },
            b'a' => Op::Add {
                session: input.text()?,
                id: Id::read(input)?,
                registration: input.bytes()?.into(),
            },
            _ => return Err(Damaged::Wrong),
        })
    }

    /// The sessions that change, and whether each of them exists afterwards.
    fn sessions(&self) -> Vec<(&SessionId, bool)> {
        match self {
            Op::Put(stored) => {
                let replaced = stored.replaces.iter().filter(|old| **old != stored.id);
                let replaced = replaced.map(|old| (old, false));
                replaced.chain([(&stored.id, true)]).collect()
            }
            Op::Remove { session, ends, .. } => vec![(session, !ends)],
            Op::Add { session, .. } => vec![(session, true)],
        }
    }

    /// The names of the registrations that it makes.
    fn names(&self) -> Vec<Name> {
        match self {
            Op::Put(stored) => stored.all_names(),
            Op::Add { registration, .. } => name_of_gear(registration).into_iter().collect(),
            Op::Remove { .. } => Vec::new(),
        }
    }
}

/// A change that this server has made already. The other shards make it a moment later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Own {
    /// A running gear has made a registration.
    Added(SessionId, Id),
    /// A client that could not wait has unregistered something.
    Removed(Op),
}

/// The reason why a change is not made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) why: String,
    /// The same change may be possible a moment later.
    pub(crate) is_passing: bool,
}

impl Refusal {
    pub(super) fn passing(why: String) -> Refusal {
        Refusal {
            why,
            is_passing: true,
        }
    }

    pub(crate) fn lasting(why: String) -> Refusal {
        Refusal {
            why,
            is_passing: false,
        }
    }

    /// Another change has locked something.
    pub(super) fn under_way(lock: &Lock) -> Refusal {
        Refusal::passing(format!(
            "{lock}: another change of it is under way in the cluster: try again"
        ))
    }
}

/// The sessions that change, each once.
pub(super) fn sessions(ops: &[Op]) -> Vec<SessionId> {
    let all = ops.iter().flat_map(Op::sessions);
    let mut all: Vec<SessionId> = all.map(|(session, _)| session.clone()).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// What no other change may touch at the same time.
pub(super) fn locks(ops: &[Op]) -> Vec<Lock> {
    let sessions = sessions(ops).into_iter().map(Lock::Session);
    let names = ops.iter().flat_map(Op::names).map(Lock::Name);
    sessions.chain(names).collect()
}

/// A session, or the name of a registration.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Lock {
    Session(SessionId),
    Name(Name),
}

impl std::fmt::Display for Lock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            // Clients compare and try again when a session has changed meanwhile.
            Lock::Session(session) => write!(f, "Session {session} has changed"),
            Lock::Name(name) => write!(f, "{name} is taken"),
        }
    }
}

/// The last changes of the sessions when the change is made.
pub(super) fn marks(ops: &[Op], stamp: Stamp, now: u64) -> Marks {
    let mut marks = Marks::new();
    for (session, exists) in ops.iter().flat_map(Op::sessions) {
        let removed = (!exists).then_some(now);
        let mark = Mark { stamp, removed };
        // The last part that names a session says whether it exists.
        match marks.iter_mut().find(|(known, _)| known == session) {
            Some((_, known)) => *known = mark,
            None => marks.push((session.clone(), mark)),
        }
    }
    marks
}

/// Seconds since 1970.
pub(super) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}
