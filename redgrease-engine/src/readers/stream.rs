//! `StreamReader`: the messages of a stream, in a batch run.

use super::Record;
use super::records::{message_record, reader};
use crate::plan::Message;
use crate::python::{Gil, detached, flat};
use crate::redis::{self, ReplyKind, User, is_about_keys, read_for_gear};
use std::collections::VecDeque;

/// The number of messages that one command reads.
const PIECE: &[u8] = b"1000";

/// The messages of a stream that were not read yet.
#[derive(Debug)]
pub(crate) struct Rest {
    /// The messages of the last command that wait for the reader.
    fetched: VecDeque<Message>,
    /// The id of the last message that was fetched.
    last: Vec<u8>,
}

impl Rest {
    /// All messages after the one with the id `from`.
    pub(super) fn new(from: &[u8]) -> Rest {
        Rest {
            fetched: VecDeque::new(),
            last: from.to_vec(),
        }
    }

    pub(super) fn next<'py>(&mut self, py: Gil<'py>, stream: &[u8]) -> Option<Record<'py>> {
        if self.fetched.is_empty() {
            let user = reader();
            match detached(py, || piece(user.as_ref(), stream, &self.last)) {
                Ok(messages) => self.fetched = messages.into(),
                Err(error) => return Some(Err(flat(&error))),
            }
            self.last.clone_from(&self.fetched.back()?.id);
        }
        let message = self.fetched.pop_front()?;
        Some(message_record(py, stream, &message))
    }
}

/// The error of a stream that this server does not serve.
fn not_served(stream: &[u8]) -> String {
    format!(
        "ERR the messages of the stream '{}' were not read: its slot moves, or its shard has failed. Run it again when the cluster is well",
        String::from_utf8_lossy(stream)
    )
}

/// The next messages after an id; none at the end of the stream.
fn piece(user: Option<&User>, stream: &[u8], after: &[u8]) -> Result<Vec<Message>, String> {
    let from = [b"(", after].concat();
    redis::locked(|context| {
        let args: [&[u8]; 5] = [stream, &from, b"+", b"COUNT", PIECE];
        let reply = read_for_gear(context, user, b"XRANGE", &args).map_err(|why| {
            if is_about_keys(why.as_bytes()) {
                not_served(stream)
            } else {
                why
            }
        })?;
        match reply.kind() {
            ReplyKind::Array => Ok(Message::read_all(reply.borrow())),
            _ => Ok(Vec::new()),
        }
    })
}
