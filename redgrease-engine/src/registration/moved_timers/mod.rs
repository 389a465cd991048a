//! Keys with a time event that move to another shard.
//!
//! A key moves by `MIGRATE` and `RESTORE-ASKING`, which must neither show a function nor bring one in. So what moves is a ticket
//! (`ticket.rs`): the shard that the key comes from, the name of the key, and a random number. The new shard asks the old one for the
//! function, which the old one keeps for a while (`kept.rs`). It gets the function if the key has left, and only for the slot of the
//! key.
//!
//! The old shard may end before it is asked. So it also sends the function to all servers of the new shard as soon as the key has
//! left, and they keep it as well.

mod kept;
mod ticket;

pub(super) use ticket::Ticket;

use crate::cluster::topology::{self, NodeId, Topology, slot_of};
use crate::cluster::{self, Lane, Message, Tag};
use crate::encoding::{Damaged, Input, write_bytes, write_optional};
use crate::redis::{
    Context, Guarded, Level, after, cluster_nodes, keys_move, locked, log, timer_key,
};
use kept::Kept;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// The version of the messages.
const FORMAT: u8 = 1;
/// Time events are made in database 0, the only one of a cluster.
const DATABASE: i32 = 0;

/// The functions of keys that have left.
fn kept() -> &'static Guarded<Kept> {
    static KEPT: LazyLock<Guarded<Kept>> = LazyLock::new(Guarded::default);
    &KEPT
}

/// The functions of keys that have come, or come in a moment.
fn brought() -> &'static Guarded<Kept> {
    static BROUGHT: LazyLock<Guarded<Kept>> = LazyLock::new(Guarded::default);
    &BROUGHT
}

/// What is sent of a key with a time event. `None` if a client only looks at the key, or outside of a cluster.
pub(crate) fn dump(context: &Context, key: &[u8], bytes: &[u8]) -> Option<Vec<u8>> {
    cluster::hub()?;
    if !keys_move() {
        return None;
    }
    if Ticket::is_one(bytes) {
        // The key may have another name than the one that it had at the old shard.
        let ticket = Ticket::read(bytes).ok()?;
        let key = key.to_vec();
        return Some(Ticket { key, ..ticket }.write());
    }
    let from = topology::current().myself()?.id;
    let number = context.random_hex::<40>();
    let number = kept().write(context, |kept| {
        kept.keep(key, bytes, number, Instant::now())
    });
    let key = key.to_vec();
    number.map(|number| Ticket { from, number, key }.write())
}

/// An event happened to a key. If the key has left with its slot, its function follows to the servers of the new shard. A key that
/// was only copied keeps its function here.
pub(crate) fn follow_key(context: &Context, event: &str, key: &[u8]) {
    if event != "del" || !keys_move() {
        return;
    }
    let of_key = |functions: &mut Kept| functions.of(key);
    // A key that goes on before its function was loaded takes that one along.
    let function = kept().write(context, of_key);
    let Some((number, bytes)) = function.or_else(|| brought().write(context, of_key)) else {
        return;
    };
    // The picture in force may be older than the mark of the slot.
    let Some(topology) = cluster_nodes(context).map(|text| Topology::parse(&text)) else {
        return;
    };
    let myself = topology.myself();
    let Some(to) = myself.and_then(|myself| myself.gives_to(slot_of(key))) else {
        return;
    };
    let mut out = vec![FORMAT, 2];
    write_bytes(&mut out, number.as_bytes());
    write_bytes(&mut out, key);
    write_bytes(&mut out, &bytes);
    cluster::at_once(context, || {
        for node in topology.nodes() {
            if node.id == to || node.master == Some(to) {
                send(node.id, &out);
            }
        }
    });
}

/// Sends a message. One that gets lost is sent again when the new shard asks.
fn send(to: NodeId, message: &[u8]) {
    if let Some(hub) = cluster::hub() {
        let _ = hub.send(to, Lane::Control, Tag::TIMER_KEYS, message);
    }
}

/// `true` if `RESTORE-ASKING` brings the ticket of this key.
pub(super) fn comes(context: &Context, key: Option<&[u8]>, bytes: &[u8]) -> bool {
    let is_its_own = || Ticket::read(bytes).is_ok_and(|ticket| key == Some(ticket.key.as_slice()));
    // A replica takes what its master has taken.
    cluster::hub().is_some() && (keys_move() || context.is_replica()) && is_its_own()
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

/// Asks the shard that a key comes from for its function. Returns the bytes if they are here: the function came with the key, or the
/// key has come back.
pub(super) fn ask(context: &Context, ticket: &Ticket) -> Option<Vec<u8>> {
    let fetch = |functions: &mut Kept| functions.fetch(&ticket.key, &ticket.number, Instant::now());
    if let Some(bytes) = brought().write(context, fetch) {
        return Some(bytes);
    }
    let topology = topology::current();
    if topology.myself().is_some_and(|node| node.id == ticket.from) {
        return kept().write(context, fetch);
    }
    let mut out = vec![FORMAT, 0];
    write_bytes(&mut out, ticket.number.as_bytes());
    write_bytes(&mut out, &ticket.key);
    send(ticket.from, &out);
    None
}

fn receive(context: &Context, message: &Message, on_answer: OnAnswer) -> Result<(), Damaged> {
    let mut input = Input::of_format(message.content(), FORMAT)?;
    match input.tag()? {
        0 => {
            let number = input.text()?;
            let key = input.bytes()?.to_vec();
            input.end(())?;
            answer(context, message.from(), &number, &key);
        }
        1 => {
            let number = input.text()?;
            let bytes = input.optional()?;
            input.end(())?;
            on_answer(context, &number, bytes);
        }
        2 => {
            let number = input.text()?;
            let (key, bytes) = (input.bytes()?.to_vec(), input.bytes()?);
            input.end(())?;
            let now = Instant::now();
            brought().write(context, |brought| brought.put(&key, bytes, &number, now));
            on_answer(context, &number, Some(bytes));
        }
        _ => return Err(Damaged::Wrong),
    }
    Ok(())
}

fn answer(context: &Context, to: NodeId, number: &str, key: &[u8]) {
    let topology = topology::current();
    // A key that is still here was copied, and its function must not run twice. But a replica has the key of the master that asks.
    let asks_for_replica = topology
        .myself()
        .is_some_and(|myself| myself.master == Some(to));
    let is_copied = !asks_for_replica && timer_key::exists(context, DATABASE, key);
    if !is_copied && !may_have(&topology, to, slot_of(key)) {
        // It asks again. Its picture of the cluster may be newer than that of this server.
        return;
    }
    let bytes = if is_copied {
        None
    } else {
        kept().write(context, |kept| kept.fetch(key, number, Instant::now()))
    };
    let mut out = vec![FORMAT, 1];
    write_bytes(&mut out, number.as_bytes());
    write_optional(&mut out, bytes.as_deref());
    send(to, &out);
}

/// `true` if a node serves a slot, or the slot is on its way from here.
fn may_have(topology: &Topology, node: NodeId, slot: u16) -> bool {
    let serves = topology.owner(slot).is_some_and(|owner| owner.id == node);
    let myself = topology.myself();
    serves || myself.is_some_and(|myself| myself.moving.binary_search(&slot).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_of_its_own_shows_and_takes_nothing() {
        locked(|context| {
            assert_eq!(dump(context, b"key", b"bytes"), None);
            let ticket = Ticket::sample();
            assert!(!comes(context, Some(&ticket.key), &ticket.write()));
        });
    }

    #[test]
    fn the_shard_of_the_slot_may_have_the_function() {
        let node = |digit: u8| NodeId::parse(&[digit; 40]).unwrap();
        let line = |digit: &str, rest: &str| format!("{} 127.0.0.1:1@2 {rest}\n", digit.repeat(40));
        let text = line("a", "myself,master - 0 0 0 connected 0-99 [7->-x]")
            + &line("b", "master - 0 0 0 connected 100-199")
            + &line("c", "master - 0 0 0 connected 200-16383");
        let topology = Topology::parse(&text);
        assert!(may_have(&topology, node(b'b'), 150) && !may_have(&topology, node(b'c'), 150));
        assert!(may_have(&topology, node(b'b'), 7) && !may_have(&topology, node(b'b'), 8));
    }
}
