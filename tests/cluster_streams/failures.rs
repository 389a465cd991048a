//! Streams whose masters fail, or are replaced.

use super::{BATCH, COUNTS, SLOW, Writer, has, with_replicas};
use crate::common::eventually;
use crate::common::rounds::rounds;
use crate::common::shards::{Random, register, tags, try_ask};
use redgrease_embedded::{Cluster, ClusterNode, Server};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

#[test]
fn a_promoted_replica_goes_on_after_a_planned_failover() {
    let cluster = Server::cluster().shards(3).replicas(1).start().unwrap();
    register(&cluster, "streams", SLOW);
    let tags = tags(3);
    let mut writer = Writer::new(&cluster, &tags);
    writer.send(1);
    for (_, tag) in &tags {
        eventually("the handler runs", || !writer.counts(tag).is_empty());
    }
    for shard in 0..3 {
        cluster.failover(shard).unwrap();
    }
    writer.send(1);
    writer.wait();
    for (_, tag) in &tags {
        let mut counts: Vec<_> = writer.counts(tag).into_iter().collect();
        counts.sort_unstable();
        assert_eq!(counts, [(0, 1), (1, 1)], "{tag}");
    }
}

#[test]
fn each_message_is_handled_once_with_planned_failovers_and_moves() {
    let cluster = Server::cluster().shards(3).replicas(1).start().unwrap();
    register(&cluster, "streams", COUNTS);
    let tags = tags(6);
    let mut writer = Writer::new(&cluster, &tags);
    let mut random = Random::new();
    let ended = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..rounds(6) {
                cluster.failover(random.below(3)).unwrap();
                let (slot, _) = &tags[random.below(tags.len())];
                cluster.move_slot(*slot, random.below(3)).unwrap();
            }
            ended.store(true, Ordering::Relaxed);
        });
        while !ended.load(Ordering::Relaxed) {
            writer.send(2);
        }
    });
    writer.wait();
    writer.assert_exact();
    println!("{} messages", writer.sent * tags.len());
}

/// Lets masters fail, and moves slots, `ROUNDS` times. A message may be handled twice only if its master had it in hand when it
/// failed.
fn with_failing_masters(
    cluster: &Cluster,
    fail: fn(&Cluster, &ClusterNode),
    recover: fn(&ClusterNode),
) {
    register(cluster, "streams", COUNTS);
    let tags = tags(6);
    let mut writer = Writer::new(cluster, &tags);
    writer.router.be_safe();
    let mut random = Random::new();
    let (rounds, mut handled_again) = (rounds(2), 0);
    for round in 0..rounds {
        let first = writer.sent;
        writer.send(10);
        let (shard, (slot, _)) = (random.below(3), &tags[random.below(tags.len())]);
        let to = random.below(3);
        let master = cluster.shard(shard);
        let had = has(&master, &tags);
        thread::scope(|scope| {
            let failing = scope.spawn(|| {
                fail(cluster, &master);
                eventually("a slot moves", || cluster.move_slot(*slot, to).is_ok());
                recover(&master);
                // These servers do not become replicas by themselves.
                let new = cluster.shard(shard);
                eventually("the old master is a replica", || {
                    let words = ["CLUSTER", "REPLICATE", new.id()];
                    new.id() == master.id() || try_ask::<String>(&master, &words).is_ok()
                });
                cluster.settle().unwrap();
            });
            while !failing.is_finished() {
                writer.send(1);
            }
        });
        writer.wait();
        for ((_, tag), had) in tags.iter().zip(had) {
            let counts = writer.counts(tag);
            let of_round = first..writer.sent;
            let lost: Vec<usize> = of_round.filter(|n| !counts.contains_key(n)).collect();
            assert!(lost.is_empty(), "round {round}, {tag}: {lost:?}");
            let again = counts.iter().filter(|(number, count)| {
                **number >= first
                    && **count > 1
                    && !writer.repeated.contains(&(tag.clone(), **number))
            });
            let again: Vec<_> = again.collect();
            let most = if had { BATCH } else { 0 };
            assert!(again.len() <= most, "round {round}, {tag}: {again:?}");
            handled_again += again.len();
        }
    }
    println!(
        "{} messages, {rounds} failures, {handled_again} were handled twice, {} may have been added twice",
        writer.sent * tags.len(),
        writer.repeated.len()
    );
}

#[test]
fn no_message_is_lost_when_masters_are_killed() {
    let kill = |cluster: &Cluster, master: &ClusterNode| {
        master.kill().unwrap();
        cluster.settle().unwrap();
    };
    with_failing_masters(&with_replicas(), kill, |master| master.start().unwrap());
}

#[test]
fn no_message_is_lost_when_masters_are_stopped_for_a_while() {
    let stop = |cluster: &Cluster, master: &ClusterNode| {
        master.pause().unwrap();
        cluster.settle().unwrap();
    };
    with_failing_masters(&with_replicas(), stop, |master| master.resume().unwrap());
}

#[test]
fn no_message_is_lost_when_masters_are_killed_and_come_back() {
    let cluster = Server::cluster()
        .shards(3)
        .replicas(1)
        // No replica takes the place of the master, which comes back with its data.
        .node_timeout(Duration::from_mins(1))
        .server_arg("appendonly", "yes")
        .server_arg("appendfsync", "no")
        .start()
        .unwrap();
    let kill = |cluster: &Cluster, master: &ClusterNode| {
        master.kill().unwrap();
        master.start().unwrap();
        cluster.settle().unwrap();
    };
    with_failing_masters(&cluster, kill, |_| ());
}
