//! Servers that only tell each other that they live.

use super::{SIZES, Simulation};
use crate::cluster::tests::id;
use std::time::{Duration, Instant};

/// Each shard sends one frame a second to each other one. Some of them acknowledge the frame of the other shard; else one more does.
#[test]
fn heartbeats_of_a_shard_grow_with_the_number_of_shards() {
    println!(
        "shards   frames/s a shard   bytes/s a shard   bytes/s of all   µs of this test a shard"
    );
    for &shards in SIZES {
        let mut simulation = Simulation::new(shards);
        simulation.run(Duration::from_millis(1100));
        let begun = Instant::now();
        let sent = simulation.run(Duration::from_secs(1));
        let work = begun.elapsed().as_micros() / shards as u128;
        let (frames, bytes) = (sent.frames / shards, sent.bytes / shards);
        println!(
            "{shards:>6} {frames:>18} {bytes:>17} {:>16} {work:>25}",
            sent.bytes
        );
        let others = shards - 1;
        assert!(
            (others..=2 * others + 1).contains(&frames),
            "{shards}: {frames}"
        );
        assert!(bytes / others < 500, "{shards}: {bytes}");
        let first = simulation.heartbeat(0);
        assert!((1..shards).all(|other| first.of(id(other)).is_some()));
    }
}
