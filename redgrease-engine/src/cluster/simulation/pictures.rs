//! The pictures of large clusters.

use super::SIZES;
use crate::cluster::tests::id;
use crate::cluster::topology::{SLOTS, Topology};
use std::fmt::Write;
use std::time::Instant;

/// The list of a cluster whose slots were dealt out one by one: no two slots of a shard are neighbours.
fn dealt_out(shards: usize) -> String {
    let mut text = String::new();
    for shard in 0..shards {
        let flags = if shard == 0 {
            "myself,master"
        } else {
            "master"
        };
        let _ = write!(
            text,
            "{} 127.0.0.1:1@2 {flags} - 0 0 {shard} connected",
            id(shard)
        );
        for slot in (shard..usize::from(SLOTS)).step_by(shards) {
            let _ = write!(text, " {slot}");
        }
        text.push('\n');
    }
    text
}

/// A picture is read four times a second. Its size grows with the ranges of slots, of which there are at most as many as slots.
#[test]
fn the_picture_of_a_cluster_has_a_largest_size() {
    println!("shards   bytes of the list   microseconds to read it");
    for &shards in SIZES {
        let text = dealt_out(shards);
        let begun = Instant::now();
        let topology = Topology::parse(&text);
        let time = begun.elapsed().as_micros();
        println!("{shards:>6} {:>19} {time:>25}", text.len());
        assert_eq!(topology.shards().count(), shards);
        assert!(topology.unserved().is_empty());
        // A slot and a blank are at most six bytes; a node without slots is shorter than 100.
        assert!(text.len() <= 6 * usize::from(SLOTS) + 100 * shards);
        for slot in (0..SLOTS).step_by(97) {
            let owner = topology.owner(slot).map(|node| node.id);
            assert_eq!(owner, Some(id(usize::from(slot) % shards)));
        }
    }
}
