//! Streams of a cluster: slots move, shards fail, and each message is handled once.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::eventually;
use common::rounds::rounds;
use common::shards::{Random, Router, ask, register, register_on, slot_of, tags, try_ask};
use redgrease_embedded::{Cluster, ClusterNode, Server};
use redis::Value;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Counts each message, and notes the order of messages, in the slot of the stream.
const COUNTS: &str = "
def handle(record):
    tag = '{' + record['key'].split('{')[1]
    number = record['value']['n']
    with atomic():
        execute('HINCRBY', 'counts:' + tag, number, '1')
        execute('RPUSH', 'order:' + tag, number)
GB('StreamReader').foreach(handle).register('orders:*', batch=5, duration=20, mode='async_local')
";

/// Adds messages with rising numbers to one stream for each tag, a few to each in turn.
struct Writer {
    router: Router,
    tags: Vec<String>,
    sent: usize,
    /// Tags and numbers of messages that may be in their stream twice, because the first one was not answered.
    repeated: HashSet<(String, usize)>,
}

impl Writer {
    fn new(cluster: &Cluster, tags: &[(u16, String)]) -> Writer {
        Writer {
            router: Router::new(cluster),
            tags: tags.iter().map(|(_, tag)| tag.clone()).collect(),
            sent: 0,
            repeated: HashSet::new(),
        }
    }

    fn send(&mut self, count: usize) {
        for _ in 0..count {
            for tag in &self.tags {
                let stream = format!("orders:{{{tag}}}");
                let number = self.sent.to_string();
                let repeats = self.router.repeats();
                let _: String = self.router.send(&["XADD", &stream, "*", "n", &number]);
                if self.router.repeats() > repeats {
                    self.repeated.insert((tag.clone(), self.sent));
                }
            }
            self.sent += 1;
        }
    }

    /// How often each message of a tag was handled.
    fn counts(&mut self, tag: &str) -> HashMap<usize, usize> {
        let key = format!("counts:{{{tag}}}");
        self.router.send(&["HGETALL", &key])
    }

    /// Waits until all messages are handled.
    fn wait(&mut self) {
        for tag in self.tags.clone() {
            let key = format!("counts:{{{tag}}}");
            let mut handled = 0;
            while handled < self.sent {
                let before = handled;
                eventually(&format!("more messages of {tag} are handled"), || {
                    handled = self.router.send(&["HLEN", &key]);
                    handled > before
                });
            }
            let stream = format!("orders:{{{tag}}}");
            eventually(&format!("the stream of {tag} is empty"), || {
                let left: usize = self.router.send(&["XLEN", &stream]);
                left == 0
            });
        }
    }

    /// Each message was handled once, and in order.
    fn assert_exact(&mut self) {
        for tag in self.tags.clone() {
            let counts = self.counts(&tag);
            let others: Vec<_> = counts.iter().filter(|(_, count)| **count != 1).collect();
            assert_eq!(others, [], "{tag}");
            assert_eq!(counts.len(), self.sent, "{tag}");
            let key = format!("order:{{{tag}}}");
            let order: Vec<usize> = self.router.send(&["LRANGE", &key, "0", "-1"]);
            assert!(order.is_sorted(), "{tag}: {order:?}");
        }
    }
}

/// Moves the slots of tags, one after the other, while `body` runs.
fn while_slots_move(
    cluster: &Cluster,
    tags: &[(u16, String)],
    pause: Duration,
    body: impl FnOnce(),
) -> usize {
    let mut random = Random::new();
    let ended = AtomicBool::new(false);
    thread::scope(|scope| {
        let mover = scope.spawn(|| {
            let mut moves = 0;
            while !ended.load(Ordering::Relaxed) {
                let (slot, _) = &tags[random.below(tags.len())];
                let to = random.below(cluster.shards());
                // A slow machine may keep a server from answering for a moment. A move that failed goes on.
                eventually("a slot moves", || cluster.move_slot(*slot, to).is_ok());
                moves += 1;
                thread::sleep(pause);
            }
            moves
        });
        body();
        ended.store(true, Ordering::Relaxed);
        mover.join().unwrap()
    })
}

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

/// Waits in the middle of each message until the key `go` of its slot is there, or for a short time.
const SLOW: &str = "
import time
def handle(record):
    tag = '{' + record['key'].split('{')[1]
    execute('HINCRBY', 'counts:' + tag, record['value']['n'], '1')
    time.sleep(1.5)
GB('StreamReader').foreach(handle).register('orders:*', batch=2, duration=20, mode='async_local')
";

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

/// The messages of a batch.
const BATCH: usize = 5;

/// `true` for the tags whose slots a server has.
fn has(node: &ClusterNode, tags: &[(u16, String)]) -> Vec<bool> {
    let count =
        |slot: u16| -> usize { ask(node, &["CLUSTER", "COUNTKEYSINSLOT", &slot.to_string()]) };
    tags.iter().map(|(slot, _)| count(*slot) > 0).collect()
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

/// A cluster in which replicas take the place of their masters.
fn with_replicas() -> Cluster {
    Server::cluster().shards(3).replicas(1).start().unwrap()
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

/// Fails at each third message.
const FAILS: &str = "
def handle(record):
    tag = '{' + record['key'].split('{')[1]
    number = record['value']['n']
    if int(number) % 3 == 0: raise Exception('no')
    with atomic():
        execute('HINCRBY', 'counts:' + tag, number, '1')
        execute('RPUSH', 'order:' + tag, number)
GB('StreamReader').foreach(handle).register(
    'orders:*', batch=5, duration=20, mode='async_local', onFailedPolicy='retry', onFailedRetryInterval=1,
    maxRetries=1, deadLetter='failed')
";

#[test]
fn dead_letters_go_to_the_shard_of_their_stream() {
    let cluster = Server::cluster().shards(3).start().unwrap();
    register(&cluster, "streams", FAILS);
    let tags = tags(3);
    let mut writer = Writer::new(&cluster, &tags);
    writer.send(6);
    let dead = |writer: &mut Writer| -> usize { writer.router.send(&["XLEN", "failed"]) };
    eventually("the failed messages are dead letters", || {
        dead(&mut writer) == 6
    });
    // The stream of the dead letters moves, too.
    for to in 0..3 {
        cluster.move_slot(slot_of("failed"), to).unwrap();
    }
    writer.send(6);
    eventually("the failed messages are dead letters", || {
        dead(&mut writer) == 12
    });
    for (_, tag) in &tags {
        let stream = format!("orders:{{{tag}}}");
        eventually("the stream is empty", || {
            let left: usize = writer.router.send(&["XLEN", &stream]);
            left == 0
        });
        let mut counts: Vec<_> = writer.counts(tag).into_iter().collect();
        counts.sort_unstable();
        let expected = [1, 2, 4, 5, 7, 8, 10, 11].map(|number| (number, 1));
        assert_eq!(counts, expected, "{tag}");
    }
    assert_eq!(dead(&mut writer), 12);
}

/// A dead letter that comes then would end the server: it must not write.
#[test]
fn dead_letters_wait_while_the_shard_of_their_stream_pauses() {
    let cluster = Server::cluster()
        .shards(3)
        .server_arg("appendonly", "yes")
        .start()
        .unwrap();
    register(&cluster, "streams", FAILS);
    let mut router = Router::new(&cluster);
    let _: String = router.send(&["XADD", "failed", "*", "first", "0"]);
    let is_there = |node: &ClusterNode| {
        let words = ["CLUSTER", "COUNTKEYSINSLOT", &slot_of("failed").to_string()];
        ask::<usize>(node, &words) > 0
    };
    let of_dead = (0..3).map(|shard| cluster.shard(shard)).find(is_there);
    let of_dead = of_dead.unwrap();
    let elsewhere = |(slot, _): &(u16, String)| {
        let at = usize::from(*slot) * 3 / 16384;
        cluster.shard(at).id() != of_dead.id()
    };
    let tags: Vec<_> = tags(3).into_iter().filter(elsewhere).collect();
    let _: Value = ask(&of_dead, &["CLIENT", "PAUSE", "60000", "WRITE"]);
    let mut writer = Writer::new(&cluster, &tags);
    writer.send(2);
    for (_, tag) in &tags {
        // The first message has failed, and its dead letter is on its way. The second one waits for it.
        let stream = format!("orders:{{{tag}}}");
        eventually("the first message fails", || {
            let pending: Vec<Value> =
                writer
                    .router
                    .send(&["XPENDING", &stream, "__gears_consumer_group__"]);
            pending[0] != Value::Int(0)
        });
    }
    // What must not happen cannot be awaited.
    thread::sleep(Duration::from_secs(3));
    let _: Value = ask(&of_dead, &["CLIENT", "UNPAUSE"]);
    eventually("the dead letters are there", || {
        let count: usize = router.send(&["XLEN", "failed"]);
        count == 1 + tags.len()
    });
    for (_, tag) in &tags {
        eventually("the next message is handled", || {
            writer.counts(tag).keys().copied().eq([1])
        });
    }
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
