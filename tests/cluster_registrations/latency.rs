//! The time of a registration.

use super::script;
use redgrease_embedded::{ClusterNode, Server};
use std::time::{Duration, Instant};

/// The median of the times of so many registrations, each of which takes the place of the one before.
fn median(node: &ClusterNode, count: usize) -> Duration {
    let client = redis::Client::open(node.url()).unwrap();
    let mut connection = client.get_connection().unwrap();
    let mut times: Vec<Duration> = (0..count)
        .map(|number| {
            let script = script("hello", &number.to_string());
            let begun = Instant::now();
            redis::cmd("RG.PYEXECUTE")
                .arg(&[&script, "ID", "app", "UPGRADE"])
                .exec(&mut connection)
                .unwrap();
            begun.elapsed()
        })
        .collect();
    times.sort();
    times[count / 2]
}

#[test]
#[ignore = "a measurement"]
fn the_time_of_a_registration_on_clusters_of_any_size() {
    for shards in [1, 3, 6, 12] {
        let cluster = Server::cluster().shards(shards).start().unwrap();
        println!("{shards} shards: {:?}", median(&cluster.shard(0), 51));
    }
}
