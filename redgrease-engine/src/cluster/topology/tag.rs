//! Short texts for each slot: a key with such a hash tag lives on the shard of the slot.

use super::Topology;
use super::follow::current;
use super::{SLOTS, slot_of};
use std::sync::{Mutex, PoisonError};

/// The letters of tags, in the order in which they are tried.
const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The tag of a slot of this shard that stays: the first one, until that moves. Without a cluster that is slot 0, because the server has
/// all slots.
pub(crate) fn own_tag() -> String {
    /// The slot that was chosen last, and its tag. Trying takes some milliseconds.
    static LAST: Mutex<Option<(u16, String)>> = Mutex::new(None);
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    let before = last.as_ref().map(|(slot, _)| *slot);
    let slot = staying_slot(&current(), before).unwrap_or_default();
    match &*last {
        Some((known, tag)) if *known == slot => tag.clone(),
        _ => {
            let tag = tag_of(slot);
            *last = Some((slot, tag.clone()));
            tag
        }
    }
}

/// The id of this node, if it belongs to a cluster.
pub(crate) fn own_id() -> Option<String> {
    let topology = current();
    let myself = topology.myself().filter(|_| topology.is_cluster())?;
    Some(myself.id.to_string())
}

/// A slot of the shard of this node that is not on its way to or from another shard: the one that was chosen before, if it stays. A
/// replica has the slots of its master.
///
/// Tools move the first slots of a shard, one after the other. So when a chosen slot moves, the last one takes its place.
fn staying_slot(topology: &Topology, before: Option<u16>) -> Option<u16> {
    let myself = topology.myself()?;
    let master = || topology.node(myself.master?);
    let shard = Some(myself)
        .filter(|node| !node.slots.is_empty())
        .or_else(master)?;
    let stays = |slot: &u16| shard.slots.contains(*slot) && !myself.moving.contains(slot);
    let mut all = shard.slots.ranges().iter().cloned().flatten();
    match before {
        Some(slot) if stays(&slot) => Some(slot),
        Some(_) => all.rev().find(stays),
        None => all.find(stays),
    }
    .or_else(|| shard.slots.first())
}

/// The shortest text that belongs to the slot, and among those the first one.
fn tag_of(slot: u16) -> String {
    debug_assert!(slot < SLOTS);
    // Each slot has a text of at most three letters.
    (1..=3)
        .find_map(|length| with_length(length, slot))
        .unwrap_or_default()
}

fn with_length(length: u32, slot: u16) -> Option<String> {
    let count = LETTERS.len().pow(length);
    (0..count).find_map(|mut number| {
        let mut text = vec![b'0'; length as usize];
        for place in text.iter_mut().rev() {
            *place = LETTERS[number % LETTERS.len()];
            number /= LETTERS.len();
        }
        (slot_of(&text) == slot).then(|| String::from_utf8_lossy(&text).into_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first three are recorded from RedisGears.
    #[test]
    fn tags_of_slots() {
        for (slot, tag) in [(0, "06S"), (5461, "8M"), (10923, "63n")] {
            assert_eq!(tag_of(slot), tag);
        }
        for slot in (0..SLOTS).step_by(997).chain([SLOTS - 1]) {
            let tag = tag_of(slot);
            assert_eq!(slot_of(tag.as_bytes()), slot, "{tag}");
            assert_eq!(slot_of(format!("key{{{tag}}}").as_bytes()), slot);
        }
    }

    #[test]
    fn a_slot_of_the_shard_that_stays() {
        let (a, b) = ("a".repeat(40), "b".repeat(40));
        let of = |first: &str, second: &str, slots: &str, before: Option<u16>| {
            let text = format!(
                "{a} 127.0.0.1:1@2 {first} 0 0 0 connected {slots}\n{b} 127.0.0.1:2@3 {second} 0 0 0 connected\n"
            );
            staying_slot(&Topology::parse(&text), before)
        };
        let replica = format!("myself,slave {a}");
        assert_eq!(of("myself,master -", "master -", "7-9", None), Some(7));
        assert_eq!(of("master -", &replica, "7-9", None), Some(7));
        assert_eq!(of("master -", "myself,master -", "7-9", None), None);
        assert_eq!(of("master -", "master -", "7-9", None), None);
        let after = |slots: &str, before| of("myself,master -", "master -", slots, before);
        let moving = |slots: &str, slot: u16| format!("{slots} [{slot}->-{b}]");
        assert_eq!(after(&moving("7-9", 7), None), Some(8));
        // The one after it may be the next to move.
        assert_eq!(after(&moving("7-9", 7), Some(7)), Some(9));
        assert_eq!(after(&moving("7-9", 9), Some(9)), Some(8));
        assert_eq!(after("8-9", Some(7)), Some(9));
        assert_eq!(after("7-9", Some(8)), Some(8));
        assert_eq!(after("3-4 7-9", Some(8)), Some(8));
        // No slot stays.
        assert_eq!(after(&moving("7", 7), Some(7)), Some(7));
    }

    #[test]
    fn a_server_without_a_cluster_has_the_first_slot() {
        assert_eq!(own_tag(), "06S");
        assert_eq!(own_id(), None);
    }
}
