//! Keys with a time event that move to another shard.
//!
//! A key moves by `DUMP` and `RESTORE`, which must neither show a function nor bring one in. So what moves is a ticket: the shard
//! that the key comes from, and a random number. The new shard asks the old one for the function, and gets it only if the key has
//! left.

use crate::cluster::topology::{self, NodeId};
use crate::cluster::{self, Lane, Message, Tag};
use crate::encoding::{Damaged, Input, write_bytes, write_optional};
use crate::redis::{Context, Guarded, Level, after, locked, log, timer_key};
use std::collections::HashMap;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// The first byte of a ticket. A stored time event begins with the version of its format.
const TICKET: u8 = 200;
/// The version of the messages.
const FORMAT: u8 = 1;
/// A function is kept for so long after its ticket was made.
const KEPT: Duration = Duration::from_mins(10);
/// The largest number of functions that are kept. `DUMP` makes a ticket as well.
const MOST: usize = 10_000;
/// Time events are made in database 0, the only one of a cluster.
const DATABASE: i32 = 0;

/// The permission to fetch the function of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ticket {
    pub(super) from: NodeId,
    pub(super) number: String,
    pub(super) key: Vec<u8>,
}

impl Ticket {
    /// `true` if the value of a key is a ticket.
    pub(super) fn is_one(bytes: &[u8]) -> bool {
        bytes.first() == Some(&TICKET)
    }

    fn write(&self) -> Vec<u8> {
        let mut out = vec![TICKET];
        write_bytes(&mut out, self.from.as_bytes());
        write_bytes(&mut out, self.number.as_bytes());
        write_bytes(&mut out, &self.key);
        out
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Ticket, Damaged> {
        let mut input = Input::of_format(bytes, TICKET)?;
        let ticket = Ticket {
            from: NodeId::parse(input.bytes()?).ok_or(Damaged::Wrong)?,
            number: input.text()?,
            key: input.bytes()?.to_vec(),
        };
        input.end(ticket)
    }
}

/// A function that another shard may fetch.
#[derive(Debug)]
struct Kept {
    key: Vec<u8>,
    bytes: Vec<u8>,
    since: Instant,
}

fn kept() -> &'static Guarded<HashMap<String, Kept>> {
    static KEPT: LazyLock<Guarded<HashMap<String, Kept>>> = LazyLock::new(Guarded::default);
    &KEPT
}

/// The bytes that `DUMP` shows of a key with a time event. `None` if it shows nothing: outside of a cluster.
pub(crate) fn dump(context: &Context, key: &[u8], bytes: &[u8]) -> Option<Vec<u8>> {
    cluster::hub()?;
    if Ticket::is_one(bytes) {
        return Some(bytes.to_vec());
    }
    let from = topology::current().myself()?.id;
    let number = context.random_hex::<40>();
    let now = Instant::now();
    let is_kept = kept().write(context, |kept| {
        kept.retain(|_, one| now.saturating_duration_since(one.since) < KEPT);
        let has_room = kept.len() < MOST;
        if has_room {
            let one = Kept {
                key: key.to_vec(),
                bytes: bytes.to_vec(),
                since: now,
            };
            kept.insert(number.clone(), one);
        }
        has_room
    });
    let key = key.to_vec();
    is_kept.then(|| Ticket { from, number, key }.write())
}

/// A function that takes what another shard has answered: the number of the ticket, and the bytes if there are any.
type OnAnswer = fn(&Context, &str, Option<&[u8]>);

/// Begins to answer the other servers, if this one was started for a cluster.
pub(super) fn listen(on_answer: OnAnswer) {
    let Some(hub) = cluster::hub() else { return };
    hub.on(Tag::TIMER_KEYS, move |message| {
        // Commands run in the next turn of the event loop.
        locked(|context| {
            after(context, Duration::ZERO, move |context| {
                if let Err(why) = receive(context, &message, on_answer) {
                    let (from, why) = (message.from(), why.message());
                    log(
                        Level::Warning,
                        &format!("a message of the node {from} about keys with time events is ignored: {why}"),
                    );
                }
            });
        });
    });
}

/// Asks the shard that a key comes from for its function.
pub(super) fn ask(ticket: &Ticket) {
    let mut out = vec![FORMAT, 0];
    write_bytes(&mut out, ticket.number.as_bytes());
    if let Some(hub) = cluster::hub() {
        // It is asked again if there is no answer.
        let _ = hub.send(ticket.from, Lane::Control, Tag::TIMER_KEYS, &out);
    }
}

fn receive(context: &Context, message: &Message, on_answer: OnAnswer) -> Result<(), Damaged> {
    let mut input = Input::of_format(message.content(), FORMAT)?;
    match input.tag()? {
        0 => {
            let number = input.text()?;
            input.end(())?;
            answer(context, message.from(), &number);
        }
        1 => {
            let number = input.text()?;
            let bytes = input.optional()?;
            input.end(())?;
            on_answer(context, &number, bytes);
        }
        _ => return Err(Damaged::Wrong),
    }
    Ok(())
}

fn answer(context: &Context, to: NodeId, number: &str) {
    let found = kept().read(context, |kept| {
        let one = kept.get(number)?;
        Some((one.key.clone(), one.bytes.clone()))
    });
    // A key that is still here was copied, and its function must not run twice.
    let found = found.filter(|(key, _)| !timer_key::exists(context, DATABASE, key));
    let mut out = vec![FORMAT, 1];
    write_bytes(&mut out, number.as_bytes());
    write_optional(&mut out, found.as_ref().map(|(_, bytes)| bytes.as_slice()));
    if let Some(hub) = cluster::hub() {
        let _ = hub.send(to, Lane::Control, Tag::TIMER_KEYS, &out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_is_read_as_it_was_written() {
        let ticket = Ticket {
            from: NodeId::parse(&[b'a'; 40]).unwrap(),
            number: "12ab".to_owned(),
            key: b"key\xff".to_vec(),
        };
        let bytes = ticket.write();
        assert!(Ticket::is_one(&bytes) && !Ticket::is_one(&[1]) && !Ticket::is_one(b""));
        assert_eq!(Ticket::read(&bytes), Ok(ticket));
        for cut in 0..bytes.len() {
            assert!(Ticket::read(&bytes[..cut]).is_err());
        }
    }

    #[test]
    fn a_server_of_its_own_shows_nothing() {
        locked(|context| assert_eq!(dump(context, b"key", b"bytes"), None));
    }
}
