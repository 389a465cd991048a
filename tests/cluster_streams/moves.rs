//! Streams whose slots move.

use super::{COUNTS, SLOW, Writer, while_slots_move};
use crate::common::eventually;
use crate::common::shards::{ask, register, register_on, tags};
use redgrease_embedded::{ClusterNode, Server};
use redis::Value;
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn each_message_is_handled_once_while_slots_move() {
    let cluster = Server::cluster().shards(3).start().unwrap();
    register(&cluster, "streams", COUNTS);
    let tags = tags(6);
    let mut writer = Writer::new(&cluster, &tags);
    let moves = while_slots_move(&cluster, &tags, Duration::from_millis(20), || {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(4) {
            writer.send(5);
        }
    });
    writer.wait();
    writer.assert_exact();
    println!("{} messages, {moves} moves", writer.sent * tags.len());
    assert!(moves > 5 && writer.sent > 20);
}

#[test]
fn a_batch_that_runs_while_its_stream_leaves_is_not_handled_again() {
    let cluster = Server::cluster().shards(3).start().unwrap();
    register(&cluster, "streams", SLOW);
    let tags = tags(1);
    let (slot, tag) = &tags[0];
    let mut writer = Writer::new(&cluster, &tags);
    writer.send(1);
    eventually("the handler runs", || !writer.counts(tag).is_empty());
    let old = (0..3)
        .find(|shard| {
            let found: usize = ask(
                &cluster.shard(*shard),
                &["CLUSTER", "COUNTKEYSINSLOT", &slot.to_string()],
            );
            found > 0
        })
        .unwrap();
    let begun = Instant::now();
    for step in 1..=2 {
        cluster.move_slot(*slot, (old + step) % 3).unwrap();
        writer.send(1);
    }
    assert!(
        begun.elapsed() < Duration::from_millis(1200),
        "{:?}",
        begun.elapsed()
    );
    writer.wait();
    let mut counts: Vec<_> = writer.counts(tag).into_iter().collect();
    counts.sort_unstable();
    assert_eq!(counts, [(0, 1), (1, 1), (2, 1)]);
}

/// A server that pauses its clients looks at the streams that come meanwhile, and reads them afterwards.
#[test]
fn a_stream_that_comes_while_clients_are_paused_is_read() {
    let cluster = Server::cluster().shards(2).start().unwrap();
    register(&cluster, "streams", COUNTS);
    let tags = tags(1);
    let mut writer = Writer::new(&cluster, &tags);
    writer.send(1);
    writer.wait();
    let slot = tags[0].0;
    let old = usize::from(slot >= 8192);
    let (from, to) = (cluster.shard(old), cluster.shard(1 - old));
    let (number, port) = (slot.to_string(), to.port().to_string());
    let mark = |node: &ClusterNode, words: &[&str]| {
        let words = [&["CLUSTER", "SETSLOT", &number], words].concat();
        let _: String = ask(node, &words);
    };
    mark(&to, &["IMPORTING", from.id()]);
    mark(&from, &["MIGRATING", to.id()]);
    let keys: Vec<String> = ask(&from, &["CLUSTER", "GETKEYSINSLOT", &number, "10"]);
    assert!(!keys.is_empty());
    for key in &keys {
        let _: String = ask(&from, &["MIGRATE", "127.0.0.1", &port, key, "0", "5000"]);
    }
    let _: String = ask(&to, &["CLIENT", "PAUSE", "3000", "WRITE"]);
    mark(&to, &["NODE", to.id()]);
    mark(&from, &["NODE", to.id()]);
    // The server answers when the pause is over.
    writer.send(1);
    writer.wait();
    writer.assert_exact();
}

#[test]
fn a_shard_that_is_added_takes_streams_up() {
    let cluster = Server::cluster().shards(3).start().unwrap();
    register(&cluster, "streams", COUNTS);
    let tags = tags(3);
    let mut writer = Writer::new(&cluster, &tags);
    writer.send(5);
    let added = cluster.add_shard().unwrap();
    register_on(&cluster.shard(added), "streams", COUNTS);
    for (slot, _) in &tags {
        cluster.move_slot(*slot, added).unwrap();
    }
    writer.send(5);
    writer.wait();
    writer.assert_exact();
    let rows: Value = ask(&cluster.shard(added), &["RG.DUMPREGISTRATIONS"]);
    assert!(format!("{rows:?}").contains("orders:"));
}

/// 500 000 messages by default: `MESSAGES=1000 cargo test --test cluster_streams -- --ignored` sends fewer.
#[test]
#[ignore = "takes minutes"]
fn many_messages_over_moving_slots() {
    let wanted = std::env::var("MESSAGES")
        .ok()
        .and_then(|text| text.parse().ok());
    let wanted: usize = wanted.unwrap_or(500_000);
    let cluster = Server::cluster().shards(3).start().unwrap();
    register(&cluster, "streams", COUNTS);
    let tags = tags(12);
    let per_tag = wanted / tags.len();
    let begun = Instant::now();
    let moves = while_slots_move(&cluster, &tags, Duration::from_millis(100), || {
        thread::scope(|scope| {
            for part in tags.chunks(3) {
                scope.spawn(|| Writer::new(&cluster, part).send(per_tag));
            }
        });
    });
    let mut writer = Writer::new(&cluster, &tags);
    writer.sent = per_tag;
    writer.wait();
    writer.assert_exact();
    println!(
        "{} messages, {moves} moves, {:?}",
        per_tag * tags.len(),
        begun.elapsed()
    );
}
