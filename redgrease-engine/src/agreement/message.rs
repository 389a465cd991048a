//! What shards tell each other about changes, as bytes.

use super::change::{Op, Refusal};
use crate::encoding::{Damaged, Input, write_bytes, write_flag, write_number};
use crate::registration::ledger::{Mark, Marks, Stamp, read_marks, write_marks};
use crate::registration::stored::{StoredSession, decode, encode};
use crate::scope::SessionId;

/// The version of the format.
const FORMAT: u8 = 1;

/// A message of a shard about changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    /// Prepare this change.
    Prepare(Proposal),
    /// The change can be made.
    Ready(Stamp),
    /// The change is still being prepared.
    Preparing(Stamp),
    /// The change cannot be made, for a reason.
    Refused(Stamp, Refusal),
    /// Make the change.
    Commit(Stamp),
    /// The change is made.
    Made(Stamp),
    /// The change is not made yet: it is missing here, and is fetched.
    Late(Stamp),
    /// Forget the change.
    Abort(Stamp),
    /// Tell your changes.
    Ask,
    /// The last changes of sessions.
    List(Marks),
    /// Tell these sessions.
    Fetch(Vec<SessionId>),
    /// A session and its last change. Without the session if it was removed.
    State(SessionId, Mark, Option<Box<StoredSession>>),
    /// The last change of this session is not known here.
    Unknown(SessionId),
}

/// A message about a change that could not be read. The version, the kind and the stamp are at the same place in all versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unread {
    /// The change that was to be prepared.
    Proposal(Stamp),
    /// An answer to the server that has begun the change.
    Answer(Stamp),
}

impl Unread {
    /// `None` if the message is about no change.
    pub(super) fn of(bytes: &[u8]) -> Option<Unread> {
        let (_, rest) = bytes.split_first()?;
        let (kind, rest) = rest.split_first()?;
        let stamp = Stamp::read(&mut Input::new(rest)).ok()?;
        match kind {
            b'p' => Some(Unread::Proposal(stamp)),
            b'r' | b'n' => Some(Unread::Answer(stamp)),
            _ => None,
        }
    }
}

/// A change that is to be prepared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Proposal {
    pub(super) stamp: Stamp,
    /// The changes that it builds on.
    pub(super) bases: Vec<(SessionId, Option<Stamp>)>,
    pub(super) ops: Vec<Op>,
}

impl Said {
    pub(super) fn write(&self) -> Vec<u8> {
        let mut out = vec![FORMAT];
        let mut with_stamp = |tag: u8, stamp: Stamp| {
            out.push(tag);
            stamp.write(&mut out);
        };
        match self {
            Said::Prepare(proposal) => {
                with_stamp(b'p', proposal.stamp);
                write_number(&mut out, proposal.bases.len() as u64);
                for (session, stamp) in &proposal.bases {
                    write_bytes(&mut out, session.as_bytes());
                    write_flag(&mut out, stamp.is_some());
                    if let Some(stamp) = stamp {
                        stamp.write(&mut out);
                    }
                }
                write_number(&mut out, proposal.ops.len() as u64);
                proposal.ops.iter().for_each(|op| op.write(&mut out));
            }
            Said::Ready(stamp) => with_stamp(b'r', *stamp),
            Said::Preparing(stamp) => with_stamp(b'w', *stamp),
            Said::Refused(stamp, refusal) => {
                with_stamp(b'n', *stamp);
                write_bytes(&mut out, refusal.why.as_bytes());
                write_flag(&mut out, refusal.is_passing);
            }
            Said::Commit(stamp) => with_stamp(b'c', *stamp),
            Said::Made(stamp) => with_stamp(b'm', *stamp),
            Said::Late(stamp) => with_stamp(b'l', *stamp),
            Said::Abort(stamp) => with_stamp(b'a', *stamp),
            Said::Ask => out.push(b'?'),
            Said::List(marks) => {
                out.push(b'L');
                write_marks(&mut out, marks);
            }
            Said::Fetch(sessions) => {
                out.push(b'F');
                write_number(&mut out, sessions.len() as u64);
                for session in sessions {
                    write_bytes(&mut out, session.as_bytes());
                }
            }
            Said::State(session, mark, stored) => {
                out.push(b'S');
                write_bytes(&mut out, session.as_bytes());
                mark.write(&mut out);
                write_flag(&mut out, stored.is_some());
                if let Some(stored) = stored {
                    let bytes = encode(std::slice::from_ref(stored.as_ref()), &[]);
                    write_bytes(&mut out, &bytes);
                }
            }
            Said::Unknown(session) => {
                out.push(b'U');
                write_bytes(&mut out, session.as_bytes());
            }
        }
        out
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Said, Damaged> {
        let mut input = Input::of_format(bytes, FORMAT)?;
        let said = match input.tag()? {
            b'p' => Said::Prepare(Proposal {
                stamp: Stamp::read(&mut input)?,
                bases: input.many(read_base)?,
                ops: input.many(Op::read)?,
            }),
            b'r' => Said::Ready(Stamp::read(&mut input)?),
            b'w' => Said::Preparing(Stamp::read(&mut input)?),
            b'n' => {
                let stamp = Stamp::read(&mut input)?;
                let (why, is_passing) = (input.text()?, input.flag()?);
                Said::Refused(stamp, Refusal { why, is_passing })
            }
            b'c' => Said::Commit(Stamp::read(&mut input)?),
            b'm' => Said::Made(Stamp::read(&mut input)?),
            b'l' => Said::Late(Stamp::read(&mut input)?),
            b'a' => Said::Abort(Stamp::read(&mut input)?),
            b'?' => Said::Ask,
            b'L' => Said::List(read_marks(&mut input)?),
            b'F' => Said::Fetch(input.many(Input::text)?),
            b'S' => {
                let (session, mark) = (input.text()?, Mark::read(&mut input)?);
                let stored = if input.flag()? {
                    let stored = decode(input.bytes()?)?.sessions.pop();
                    let stored = stored.filter(|stored| stored.id == session);
                    Some(Box::new(stored.ok_or(Damaged::Wrong)?))
                } else {
                    None
                };
                Said::State(session, mark, stored)
            }
            b'U' => Said::Unknown(input.text()?),
            _ => return Err(Damaged::Wrong),
        };
        input.end(said)
    }
}

fn read_base(input: &mut Input<'_>) -> Result<(SessionId, Option<Stamp>), Damaged> {
    let session = input.text()?;
    let stamp = if input.flag()? {
        Some(Stamp::read(input)?)
    } else {
        None
    };
    Ok((session, stamp))
}
