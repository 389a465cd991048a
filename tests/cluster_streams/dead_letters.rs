//! Dead letters that belong to other shards.

use super::Writer;
use crate::common::eventually;
use crate::common::shards::{Router, ask, register, slot_of, tags};
use redgrease_embedded::{ClusterNode, Server};
use redis::Value;
use std::thread;
use std::time::Duration;

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
