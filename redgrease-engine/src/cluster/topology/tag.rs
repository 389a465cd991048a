//! Short texts for each slot: a key with such a hash tag lives on the shard of the slot.

use super::follow::current;
use super::{Node, Topology};
use super::{SLOTS, slot_of};
use std::sync::{Mutex, PoisonError};

/// The letters of tags, in the order in which they are tried.
const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The tag of the first slot of this shard. Without a cluster that is slot 0, because the server has all slots.
pub(crate) fn own_tag() -> String {
    /// The slot that was asked for last, and its tag. Trying takes some milliseconds.
    static LAST: Mutex<Option<(u16, String)>> = Mutex::new(None);
    let slot = first_slot(&current()).unwrap_or_default();
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
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

/// The first slot of the shard of this node. A replica has the slots of its master.
fn first_slot(topology: &Topology) -> Option<u16> {
    let of = |node: &Node| node.slots.first();
    let myself = topology.myself()?;
    of(myself).or_else(|| topology.node(myself.master?).and_then(of))
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
    fn the_first_slot_of_a_shard() {
        let (a, b) = ("a".repeat(40), "b".repeat(40));
        let of = |first: &str, second: &str| {
            let text = format!(
                "{a} 127.0.0.1:1@2 {first} 0 0 0 connected 7-9\n{b} 127.0.0.1:2@3 {second} 0 0 0 connected\n"
            );
            first_slot(&Topology::parse(&text))
        };
        assert_eq!(of("myself,master -", "master -"), Some(7));
        assert_eq!(of("master -", &format!("myself,slave {a}")), Some(7));
        assert_eq!(of("master -", "myself,master -"), None);
        assert_eq!(of("master -", "master -"), None);
    }

    #[test]
    fn a_server_without_a_cluster_has_the_first_slot() {
        assert_eq!(own_tag(), "06S");
        assert_eq!(own_id(), None);
    }
}
