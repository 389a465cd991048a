//! Sessions as bytes: in the RDB, and on the way to replicas and the AOF.
//!
//! A session is kept as its script. Restoring runs the script again, in a mode in which it can do
//! nothing but register: what it asks the server is answered as it was answered then, and the
//! registrations get the ids they had. That works for any Python version on either side.

use crate::redis::OwnedReply;
use std::cmp::Ordering;
use std::sync::Arc;

/// What is kept of a session.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct StoredSession {
    pub(crate) id: String,
    pub(crate) description: Option<String>,
    pub(crate) requirements: Vec<String>,
    pub(crate) script: Vec<u8>,
    pub(crate) user: Option<Vec<u8>>,
    /// What the script was answered when it asked the server for something, in its order.
    pub(crate) replies: Vec<OwnedReply>,
    /// The numbers of the registrations it made, in its order.
    pub(crate) made: Vec<u64>,
    /// Those that are still registered.
    pub(crate) registrations: Vec<u64>,
    /// Registrations that its gears made while they ran: their numbers, and what they are.
    pub(crate) additions: Vec<(u64, Arc<[u8]>)>,
    /// The session it took the place of.
    pub(crate) replaces: Option<String>,
}

/// First byte of everything written here.
const FORMAT: u8 = 2;

/// How deep a reply may be nested. Servers give a few levels; damaged bytes could ask for more.
const MAX_DEPTH: usize = 64;

/// Why bytes are not sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Damaged {
    /// Written by a newer engine.
    Newer,
    Cut,
    Wrong,
}

impl Damaged {
    pub(crate) fn message(self) -> String {
        let what = match self {
            Damaged::Newer => "they were written by a newer engine: use that one",
            Damaged::Cut => "they are cut short: use an undamaged copy",
            Damaged::Wrong => "they are damaged: use an undamaged copy",
        };
        format!("the stored registrations could not be read: {what}")
    }
}

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
        write_number(&mut out, session.additions.len() as u64);
        for (number, bytes) in &session.additions {
            write_number(&mut out, *number);
            write_bytes(&mut out, bytes);
        }
        write_optional(&mut out, session.replaces.as_deref().map(str::as_bytes));
    }
    out
}

pub(super) fn write_number(out: &mut Vec<u8>, number: u64) {
    out.extend_from_slice(&number.to_le_bytes());
}

pub(super) fn write_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    write_number(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

pub(super) fn write_optional(out: &mut Vec<u8>, bytes: Option<&[u8]>) {
    match bytes {
        None => out.push(0),
        Some(bytes) => {
            out.push(1);
            write_bytes(out, bytes);
        }
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

/// One registration that a running gear has added to a session.
pub(crate) fn encode_addition(session: &str, number: u64, addition: &[u8]) -> Vec<u8> {
    let mut out = vec![FORMAT];
    write_bytes(&mut out, session.as_bytes());
    write_number(&mut out, number);
    write_bytes(&mut out, addition);
    out
}

/// The session, the number and the registration.
pub(crate) fn decode_addition(bytes: &[u8]) -> Result<(String, u64, Arc<[u8]>), Damaged> {
    let mut input = Input::of_this_format(bytes)?;
    let addition = (input.text()?, input.number()?, input.bytes()?.into());
    if input.0.is_empty() {
        Ok(addition)
    } else {
        Err(Damaged::Wrong)
    }
}

/// Nothing at all is no sessions: what is written when there are none.
pub(crate) fn decode(bytes: &[u8]) -> Result<Vec<StoredSession>, Damaged> {
    if bytes.is_empty() {
        return Ok(Vec::new());
    }
    let mut input = Input::of_this_format(bytes)?;
    let count = input.number()?;
    let mut sessions = Vec::new();
    for _ in 0..count {
        sessions.push(input.session()?);
    }
    if input.0.is_empty() {
        Ok(sessions)
    } else {
        Err(Damaged::Wrong)
    }
}

/// What is left to read.
pub(super) struct Input<'a>(pub(super) &'a [u8]);

impl<'a> Input<'a> {
    /// What follows the first byte, which says how the rest is written.
    fn of_this_format(bytes: &'a [u8]) -> Result<Input<'a>, Damaged> {
        let (&format, rest) = bytes.split_first().ok_or(Damaged::Cut)?;
        match format.cmp(&FORMAT) {
            Ordering::Equal => Ok(Input(rest)),
            Ordering::Greater => Err(Damaged::Newer),
            Ordering::Less => Err(Damaged::Wrong),
        }
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Damaged> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(Damaged::Cut)?;
        self.0 = rest;
        Ok(taken)
    }

    pub(super) fn number(&mut self) -> Result<u64, Damaged> {
        let bytes: [u8; 8] = self.take(8)?.try_into().map_err(|_| Damaged::Cut)?;
        Ok(u64::from_le_bytes(bytes))
    }

    pub(super) fn bytes(&mut self) -> Result<&'a [u8], Damaged> {
        let length = usize::try_from(self.number()?).map_err(|_| Damaged::Cut)?;
        self.take(length)
    }

    pub(super) fn text(&mut self) -> Result<String, Damaged> {
        String::from_utf8(self.bytes()?.to_vec()).map_err(|_| Damaged::Wrong)
    }

    pub(super) fn optional(&mut self) -> Result<Option<&'a [u8]>, Damaged> {
        match self.take(1)? {
            [0] => Ok(None),
            [1] => self.bytes().map(Some),
            _ => Err(Damaged::Wrong),
        }
    }

    /// One byte that says what follows.
    pub(super) fn tag(&mut self) -> Result<u8, Damaged> {
        self.take(1).map(|bytes| bytes[0])
    }

    pub(super) fn flag(&mut self) -> Result<bool, Damaged> {
        match self.tag()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Damaged::Wrong),
        }
    }

    pub(super) fn optional_text(&mut self) -> Result<Option<String>, Damaged> {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).map_err(|_| Damaged::Wrong);
        self.optional()?.map(text).transpose()
    }

    /// Never reserves room for a count that was only claimed.
    pub(super) fn many<T>(
        &mut self,
        mut one: impl FnMut(&mut Self) -> Result<T, Damaged>,
    ) -> Result<Vec<T>, Damaged> {
        let count = self.number()?;
        let mut items = Vec::new();
        for _ in 0..count {
            items.push(one(self)?);
        }
        Ok(items)
    }

    fn session(&mut self) -> Result<StoredSession, Damaged> {
        Ok(StoredSession {
            id: self.text()?,
            description: self.optional_text()?,
            requirements: self.many(Input::text)?,
            script: self.bytes()?.to_vec(),
            user: self.optional()?.map(<[u8]>::to_vec),
            replies: self.many(|input| input.reply(0))?,
            made: self.many(Input::number)?,
            registrations: self.many(Input::number)?,
            additions: self.many(|input| Ok((input.number()?, input.bytes()?.into())))?,
            replaces: self.optional_text()?,
        })
    }

    fn reply(&mut self, depth: usize) -> Result<OwnedReply, Damaged> {
        Ok(match self.take(1)? {
            b"_" => OwnedReply::Null,
            b":" => OwnedReply::Integer(self.number()?.cast_signed()),
            b"$" => OwnedReply::Text(self.bytes()?.to_vec()),
            b"+" => OwnedReply::Status(self.text()?),
            b"-" => OwnedReply::Error(self.text()?),
            b"*" if depth < MAX_DEPTH => {
                OwnedReply::Array(self.many(|input| input.reply(depth + 1))?)
            }
            _ => return Err(Damaged::Wrong),
        })
    }
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
                additions: vec![(7, b"\xff\0".as_slice().into())],
                replaces: Some("old".into()),
            },
        ]
    }

    #[test]
    fn sessions_come_back() {
        assert_eq!(decode(&encode(&sample())), Ok(sample()));
        assert_eq!(decode(&encode(&[])), Ok(Vec::new()));
        assert_eq!(decode(b""), Ok(Vec::new()));
    }

    #[test]
    fn additions_come_back() {
        let bytes = encode_addition("app", 7, b"\xff\0");
        let addition = ("app".to_owned(), 7, b"\xff\0".as_slice().into());
        assert_eq!(decode_addition(&bytes), Ok(addition));
        for end in 0..bytes.len() {
            assert!(decode_addition(&bytes[..end]).is_err(), "cut at {end}");
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
        assert_eq!(decode(&[FORMAT - 1]), Err(Damaged::Wrong));
    }
}
