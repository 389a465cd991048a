//! Sessions as bytes: in the RDB, in the AOF and on the way to replicas.
//!
//! A session is stored as its script. Restoring runs the script again, in a mode in which it can only register: its calls of
//! the server get the stored replies, and its registrations get their old ids. The Python versions of the two servers may
//! differ.

use crate::encoding::{Damaged, Input, write_bytes, write_flag, write_number, write_optional};
use crate::redis::OwnedReply;
use crate::registration::Name;
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
    /// The numbers of all registrations that the script made, in order.
    pub(crate) made: Vec<u64>,
    /// The numbers of the registrations that still exist.
    pub(crate) registrations: Vec<u64>,
    /// The registrations that running gears made: their numbers and their bytes.
    pub(crate) dynamic: Vec<(u64, Arc<[u8]>)>,
    /// The names of the registrations that the script made and that still exist, with their numbers. `None` if an engine has
    /// stored the session that did not store them.
    pub(crate) names: Option<Vec<(u64, Name)>>,
    /// The id of the session that this one has replaced.
    pub(crate) replaces: Option<String>,
}

/// The first byte of stored sessions: the version of the format.
const FORMAT: u8 = 3;

/// The format without the names of registrations, which is read as well.
const WITHOUT_NAMES: u8 = 2;

/// The first byte of a registration that a running gear made: the version of the format.
const DYNAMIC_FORMAT: u8 = 2;

/// The depth of nested arrays that is read. Servers send a few levels; damaged bytes could ask for any number.
const MAX_DEPTH: usize = 64;

/// Sessions as bytes.
pub(crate) fn encode(sessions: &[StoredSession]) -> Vec<u8> {
    let mut out = vec![FORMAT];
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
        for numbers in [&session.made, &session.registrations] {
            write_number(&mut out, numbers.len() as u64);
            for &number in numbers {
                write_number(&mut out, number);
            }
        }
        write_number(&mut out, session.dynamic.len() as u64);
        for (number, bytes) in &session.dynamic {
            write_number(&mut out, *number);
            write_bytes(&mut out, bytes);
        }
        write_optional(&mut out, session.replaces.as_deref().map(str::as_bytes));
        write_names(&mut out, session.names.as_deref());
    }
    out
}

fn write_names(out: &mut Vec<u8>, names: Option<&[(u64, Name)]>) {
    write_flag(out, names.is_some());
    if let Some(names) = names {
        write_number(out, names.len() as u64);
        for (number, name) in names {
            write_number(out, *number);
            name.write(out);
        }
    }
}

fn read_names(input: &mut Input<'_>) -> Result<Option<Vec<(u64, Name)>>, Damaged> {
    if input.flag()? {
        let names = input.many(|input| Ok::<_, Damaged>((input.number()?, Name::read(input)?)))?;
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
pub(crate) fn encode_dynamic(session: &str, number: u64, registration: &[u8]) -> Vec<u8> {
    let mut out = vec![DYNAMIC_FORMAT];
    write_bytes(&mut out, session.as_bytes());
    write_number(&mut out, number);
    write_bytes(&mut out, registration);
    out
}

/// Reads the bytes of [`encode_dynamic`]: the id of the session, the number and the bytes of the registration.
pub(crate) fn decode_dynamic(bytes: &[u8]) -> Result<(String, u64, Arc<[u8]>), Damaged> {
    let mut input = Input::of_format(bytes, DYNAMIC_FORMAT)?;
    let registration = (input.text()?, input.number()?, input.bytes()?.into());
    input.end(registration)
}

/// Reads the bytes of [`encode`]. No bytes are no sessions, because nothing is stored if there are none.
pub(crate) fn decode(bytes: &[u8]) -> Result<Vec<StoredSession>, Damaged> {
    if bytes.is_empty() {
        return Ok(Vec::new());
    }
    let has_names = bytes.first() != Some(&WITHOUT_NAMES);
    let format = if has_names { FORMAT } else { WITHOUT_NAMES };
    let mut input = Input::of_format(bytes, format)?;
    let sessions = input.many(|input| {
        let session = read_session(input)?;
        let names = if has_names { read_names(input)? } else { None };
        Ok::<_, Damaged>(StoredSession { names, ..session })
    })?;
    input.end(sessions)
}

/// Reads a session without the names of its registrations, which follow it.
fn read_session(input: &mut Input<'_>) -> Result<StoredSession, Damaged> {
    Ok(StoredSession {
        id: input.text()?,
        description: input.optional_text()?,
        requirements: input.many(Input::text)?,
        script: input.bytes()?.to_vec(),
        user: input.optional()?.map(<[u8]>::to_vec),
        replies: input.many(|input| read_reply(input, 0))?,
        made: input.many(Input::number)?,
        registrations: input.many(Input::number)?,
        dynamic: input.many(|input| Ok::<_, Damaged>((input.number()?, input.bytes()?.into())))?,
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
mod tests {
    use super::*;

    fn sample() -> Vec<StoredSession> {
        vec![
            StoredSession::default(),
            StoredSession {
                id: "app".into(),
                description: Some(String::new()),
                requirements: vec!["requests".into(), "six==1.16.0".into()],
                script: b"x = '\xff\0'".to_vec(),
                user: Some(b"alice".to_vec()),
                replies: vec![
                    OwnedReply::Null,
                    OwnedReply::Integer(-7),
                    OwnedReply::Array(vec![
                        OwnedReply::Text(b"\xff\0".to_vec()),
                        OwnedReply::Status("OK".into()),
                        OwnedReply::Error("ERR no".into()),
                    ]),
                ],
                made: vec![1, 2, 4, u64::MAX],
                registrations: vec![1, 4, u64::MAX],
                dynamic: vec![(7, b"\xff\0".as_slice().into())],
                replaces: Some("old".into()),
                names: Some(vec![
                    (1, Name::Trigger(b"t\xff".to_vec())),
                    (4, Name::Hook("get".into())),
                ]),
            },
        ]
    }

    #[test]
    fn sessions_are_read_as_they_were_written() {
        assert_eq!(decode(&encode(&sample())), Ok(sample()));
        assert_eq!(decode(&encode(&[])), Ok(Vec::new()));
        assert_eq!(decode(b""), Ok(Vec::new()));
    }

    /// Sessions as the format without names has them.
    fn encode_without_names(sessions: &[StoredSession]) -> Vec<u8> {
        let mut out = vec![WITHOUT_NAMES];
        write_number(&mut out, sessions.len() as u64);
        for session in sessions {
            let bytes = encode(&[StoredSession {
                names: None,
                ..session.clone()
            }]);
            // Without the format, the number of sessions and the flag that there are no names.
            out.extend_from_slice(&bytes[9..bytes.len() - 1]);
        }
        out
    }

    #[test]
    fn sessions_without_names_are_read() {
        let bytes = encode_without_names(&sample());
        let mut expected = sample();
        for session in &mut expected {
            session.names = None;
        }
        assert_eq!(decode(&bytes), Ok(expected.clone()));
        assert_eq!(decode(&encode(&expected)), Ok(expected));
        for end in 1..bytes.len() {
            assert!(decode(&bytes[..end]).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn a_dynamic_registration_is_read_as_it_was_written() {
        let bytes = encode_dynamic("app", 7, b"\xff\0");
        let expected = ("app".to_owned(), 7, b"\xff\0".as_slice().into());
        assert_eq!(decode_dynamic(&bytes), Ok(expected));
        for end in 0..bytes.len() {
            assert!(decode_dynamic(&bytes[..end]).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn every_cut_is_noticed() {
        let whole = encode(&sample());
        for end in 1..whole.len() {
            assert!(decode(&whole[..end]).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn no_byte_makes_it_panic() {
        let whole = encode(&sample());
        for place in 0..whole.len() {
            for bit in 0..8 {
                let mut damaged = whole.clone();
                damaged[place] ^= 1 << bit;
                let _ = decode(&damaged);
            }
        }
        assert_eq!(decode(&[FORMAT + 1]), Err(Damaged::Newer));
        assert_eq!(decode(&[WITHOUT_NAMES - 1]), Err(Damaged::Wrong));
    }
}
