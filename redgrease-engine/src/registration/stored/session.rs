//! Sessions as bytes: in the RDB, in the AOF and on the way to replicas.
//!
//! A session is stored as its script. Restoring runs the script again, in a mode in which it can only register: its calls of
//! the server get the stored replies, and its registrations get their old ids. The Python versions of the two servers may
//! differ.

use super::dynamic;
use super::ids::Form;
use crate::encoding::{Damaged, Input, write_bytes, write_flag, write_number, write_optional};
use crate::id::Id;
use crate::redis::OwnedReply;
use crate::registration::Name;
use crate::registration::ledger::{Mark, Marks, read_marks, write_marks};
use crate::scope::{SessionId, SessionInfo};
use std::sync::Arc;

/// A session as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct StoredSession {
    pub(crate) id: String,
    pub(crate) description: Option<String>,
    pub(crate) requirements: Vec<String>,
    pub(crate) script: Vec<u8>,
    pub(crate) user: Option<Vec<u8>>,
    /// The replies of the server to the script, in order.
    pub(crate) replies: Vec<OwnedReply>,
    /// All registrations that the script made, in order.
    pub(crate) made: Vec<Id>,
    /// The registrations that still exist.
    pub(crate) registrations: Vec<Id>,
    /// The registrations that running gears made, with their bytes.
    pub(crate) dynamic: Vec<(Id, Arc<[u8]>)>,
    /// The names of the registrations that the script made and that still exist. `None` if an engine has stored the session
    /// that did not store them.
    pub(crate) names: Option<Vec<(Id, Name)>>,
    /// The id of the session that this one has replaced.
    pub(crate) replaces: Option<String>,
}

impl StoredSession {
    /// The oldest of its registrations.
    pub(super) fn first_registration(&self) -> Option<Id> {
        let dynamic = self.dynamic.iter().map(|(id, _)| *id);
        self.registrations.iter().copied().chain(dynamic).min()
    }

    /// The names of its registrations: of those that the script made, and of those that running gears made.
    pub(crate) fn all_names(&self) -> Vec<Name> {
        let of_script = self.names.iter().flatten().map(|(_, name)| name.clone());
        let gears = self.dynamic.iter();
        let of_gears = gears.filter_map(|(_, bytes)| dynamic::name(bytes));
        of_script.chain(of_gears).collect()
    }

    /// The session of a script, without registrations.
    pub(crate) fn of(info: &SessionInfo) -> StoredSession {
        StoredSession {
            id: info.id.clone(),
            description: info.description.clone(),
            requirements: info.requirements.clone(),
            script: info.script.to_vec(),
            user: info.user.as_ref().map(|user| user.name().to_vec()),
            replies: info.replies.get().cloned().unwrap_or_default(),
            ..StoredSession::default()
        }
    }
}

/// Sessions, and the last changes of these and other sessions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Stored {
    pub(crate) sessions: Vec<StoredSession>,
    /// Empty outside of a cluster.
    pub(crate) marks: Marks,
}

/// The first byte of stored sessions: the version of the format.
const FORMAT: u8 = 4;

/// The format whose ids are numbers.
const WITHOUT_SHARDS: u8 = 3;

/// The format without the names of registrations, whose ids are numbers. It is read only.
const WITHOUT_NAMES: u8 = 2;

/// The first byte of a registration that a running gear made: the version of the format.
const DYNAMIC_FORMAT: u8 = 3;

/// The format of such a registration whose id is a number.
const DYNAMIC_WITHOUT_SHARD: u8 = 2;

/// The depth of nested arrays that is read. Servers send a few levels; damaged bytes could ask for any number.
const MAX_DEPTH: usize = 64;

/// Sessions and changes as bytes.
pub(crate) fn encode(sessions: &[StoredSession], marks: &[(SessionId, Mark)]) -> Vec<u8> {
    let form = if marks.is_empty() {
        Form::of_sessions(sessions)
    } else {
        Form::WithShards
    };
    let mut out = vec![match form {
        Form::Numbers => WITHOUT_SHARDS,
        Form::WithShards => FORMAT,
    }];
    write_number(&mut out, sessions.len() as u64);
    for session in sessions {
        write_bytes(&mut out, session.id.as_bytes());
        write_optional(&mut out, session.description.as_deref().map(str::as_bytes));
        write_number(&mut out, session.requirements.len() as u64);
        for requirement in &session.requirements {
            write_bytes(&mut out, requirement.as_bytes());
        }
        write_bytes(&mut out, &session.script);
        write_optional(&mut out, session.user.as_deref());
        write_number(&mut out, session.replies.len() as u64);
        for reply in &session.replies {
            write_reply(&mut out, reply);
        }
        for ids in [&session.made, &session.registrations] {
            write_number(&mut out, ids.len() as u64);
            for &id in ids {
                form.write(&mut out, id);
            }
        }
        write_number(&mut out, session.dynamic.len() as u64);
        for (id, bytes) in &session.dynamic {
            form.write(&mut out, *id);
            write_bytes(&mut out, bytes);
        }
        write_optional(&mut out, session.replaces.as_deref().map(str::as_bytes));
        write_names(&mut out, form, session.names.as_deref());
    }
    if form == Form::WithShards {
        write_marks(&mut out, marks);
    }
    out
}

fn write_names(out: &mut Vec<u8>, form: Form, names: Option<&[(Id, Name)]>) {
    write_flag(out, names.is_some());
    if let Some(names) = names {
        write_number(out, names.len() as u64);
        for (id, name) in names {
            form.write(out, *id);
            name.write(out);
        }
    }
}

fn read_names(input: &mut Input<'_>, form: Form) -> Result<Option<Vec<(Id, Name)>>, Damaged> {
    if input.flag()? {
        let names =
            input.many(|input| Ok::<_, Damaged>((form.read(input)?, Name::read(input)?)))?;
        Ok(Some(names))
    } else {
        Ok(None)
    }
}

fn write_reply(out: &mut Vec<u8>, reply: &OwnedReply) {
    match reply {
        OwnedReply::Null => out.push(b'_'),
        OwnedReply::Integer(number) => {
            out.push(b':');
            out.extend_from_slice(&number.to_le_bytes());
        }
        OwnedReply::Text(bytes) => {
            out.push(b'$');
            write_bytes(out, bytes);
        }
        OwnedReply::Status(text) => {
            out.push(b'+');
            write_bytes(out, text.as_bytes());
        }
        OwnedReply::Error(text) => {
            out.push(b'-');
            write_bytes(out, text.as_bytes());
        }
        OwnedReply::Array(items) => {
            out.push(b'*');
            write_number(out, items.len() as u64);
            for item in items {
                write_reply(out, item);
            }
        }
    }
}

/// A registration that a running gear has added to a session.
pub(crate) fn encode_dynamic(session: &str, id: Id, registration: &[u8]) -> Vec<u8> {
    let form = Form::of([id].into_iter());
    let mut out = vec![match form {
        Form::Numbers => DYNAMIC_WITHOUT_SHARD,
        Form::WithShards => DYNAMIC_FORMAT,
    }];
    write_bytes(&mut out, session.as_bytes());
    form.write(&mut out, id);
    write_bytes(&mut out, registration);
    out
}

/// Reads the bytes of [`encode_dynamic`]: the ids of the session and the registration, and the bytes of the
/// registration.
pub(crate) fn decode_dynamic(bytes: &[u8]) -> Result<(String, Id, Arc<[u8]>), Damaged> {
    let (format, form) = match bytes.first() {
        Some(&DYNAMIC_WITHOUT_SHARD) => (DYNAMIC_WITHOUT_SHARD, Form::Numbers),
        _ => (DYNAMIC_FORMAT, Form::WithShards),
    };
    let mut input = Input::of_format(bytes, format)?;
    let registration = (input.text()?, form.read(&mut input)?, input.bytes()?.into());
    input.end(registration)
}

/// Reads the bytes of [`encode`]. No bytes are no sessions, because nothing is stored if there are none.
pub(crate) fn decode(bytes: &[u8]) -> Result<Stored, Damaged> {
    if bytes.is_empty() {
        return Ok(Stored::default());
    }
    let (format, form) = match bytes.first() {
        Some(&older @ (WITHOUT_NAMES | WITHOUT_SHARDS)) => (older, Form::Numbers),
        _ => (FORMAT, Form::WithShards),
    };
    let mut input = Input::of_format(bytes, format)?;
    let sessions = input.many(|input| {
        let session = read_session(input, form)?;
        let names = if format == WITHOUT_NAMES {
            None
        } else {
            read_names(input, form)?
        };
        Ok::<_, Damaged>(StoredSession { names, ..session })
    })?;
    let marks = match form {
        Form::Numbers => Vec::new(),
        Form::WithShards => read_marks(&mut input)?,
    };
    input.end(Stored { sessions, marks })
}

/// Reads a session without the names of its registrations, which follow it.
fn read_session(input: &mut Input<'_>, form: Form) -> Result<StoredSession, Damaged> {
    Ok(StoredSession {
        id: input.text()?,
        description: input.optional_text()?,
        requirements: input.many(Input::text)?,
        script: input.bytes()?.to_vec(),
        user: input.optional()?.map(<[u8]>::to_vec),
        replies: input.many(|input| read_reply(input, 0))?,
        made: input.many(|input| form.read(input))?,
        registrations: input.many(|input| form.read(input))?,
        dynamic: input
            .many(|input| Ok::<_, Damaged>((form.read(input)?, input.bytes()?.into())))?,
        replaces: input.optional_text()?,
        names: None,
    })
}

fn read_reply(input: &mut Input<'_>, depth: usize) -> Result<OwnedReply, Damaged> {
    Ok(match input.tag()? {
        b'_' => OwnedReply::Null,
        b':' => OwnedReply::Integer(input.number()?.cast_signed()),
        b'$' => OwnedReply::Text(input.bytes()?.to_vec()),
        b'+' => OwnedReply::Status(input.text()?),
        b'-' => OwnedReply::Error(input.text()?),
        b'*' if depth < MAX_DEPTH => {
            OwnedReply::Array(input.many(|input| read_reply(input, depth + 1))?)
        }
        _ => return Err(Damaged::Wrong),
    })
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
