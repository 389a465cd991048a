//! Streams of a cluster: slots move, shards fail, and each message is handled once.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

#[path = "../common/mod.rs"]
mod common;
mod dead_letters;
mod failures;
mod moves;

use common::eventually;
use common::shards::{Random, Router, ask};
use redgrease_embedded::{Cluster, ClusterNode, Server};
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

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

/// Waits in the middle of each message until the key `go` of its slot is there, or for a short time.
const SLOW: &str = "
import time
def handle(record):
    tag = '{' + record['key'].split('{')[1]
    execute('HINCRBY', 'counts:' + tag, record['value']['n'], '1')
    time.sleep(1.5)
GB('StreamReader').foreach(handle).register('orders:*', batch=2, duration=20, mode='async_local')
";

/// A cluster in which replicas take the place of their masters.
fn with_replicas() -> Cluster {
    Server::cluster().shards(3).replicas(1).start().unwrap()
}

/// The messages of a batch.
const BATCH: usize = 5;

/// `true` for the tags whose slots a server has.
fn has(node: &ClusterNode, tags: &[(u16, String)]) -> Vec<bool> {
    let count =
        |slot: u16| -> usize { ask(node, &["CLUSTER", "COUNTKEYSINSLOT", &slot.to_string()]) };
    tags.iter().map(|(slot, _)| count(*slot) > 0).collect()
}

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
