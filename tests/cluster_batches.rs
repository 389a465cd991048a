//! Batches of messages on a cluster, in the mode `async`: a message that fails concerns itself alone.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::eventually;
use common::shards::{ask, tags};
use redgrease_embedded::{Cluster, ClusterNode, Server};
use redis::Value;
use std::collections::BTreeMap;

/// Fails at the messages 3, 7 and 9. The keys are in the slot of the stream.
const HANDLER: &str = "
def handle(r):
    tag = '{' + r['key'].split('{')[1]
    n = r['value']['n']
    execute('RPUSH', 'tried' + tag, n)
    if n in ('3', '7', '9'):
        raise ValueError('bad ' + n)
    execute('RPUSH', 'handled' + tag, n)
async def wait_for(r):
    handle(r)
";
const BAD: [usize; 3] = [3, 7, 9];

/// A stream on the second shard.
struct Stream {
    cluster: Cluster,
    node: ClusterNode,
    tag: String,
}

impl Stream {
    /// Adds twenty messages to a stream of which a registration reads ten at a time.
    fn handled_by(steps: &str, options: &str) -> Stream {
        let cluster = Server::cluster().start().unwrap();
        let node = cluster.shard(1);
        let tag = tags(3).into_iter().map(|(_, tag)| tag);
        let mut tag = tag.filter(|tag| {
            let key = format!("{{{tag}}}");
            let stored: redis::RedisResult<Value> =
                common::shards::try_ask(&node, &["SET", &key, "x"]);
            stored.is_ok()
        });
        let stream = Stream {
            tag: tag.next().unwrap(),
            node,
            cluster,
        };
        let script = format!(
            "{HANDLER}\nGB('StreamReader').{steps}.register('s*', batch=10, mode='async', deadLetter='dead{{{tag}}}', {options})",
            tag = stream.tag,
        );
        let _: Value = ask(&stream.cluster.shard(0), &["RG.PYEXECUTE", &script]);
        let mut together = redis::pipe();
        together.atomic();
        for n in 0..20 {
            let add = together.cmd("XADD").arg(stream.key("s")).arg("*");
            add.arg("n").arg(n).ignore();
        }
        let mut con = common::plain_connection(&stream.node);
        together.exec(&mut con).unwrap();
        stream.wait();
        stream
    }

    fn key(&self, name: &str) -> String {
        format!("{name}{{{}}}", self.tag)
    }

    fn wait(&self) {
        let left = || -> usize { ask(&self.node, &["XLEN", &self.key("s")]) };
        eventually("no message is left", || left() == 0);
    }

    fn list(&self, name: &str) -> Vec<usize> {
        ask(&self.node, &["LRANGE", &self.key(name), "0", "-1"])
    }

    fn letters(&self) -> Vec<usize> {
        let dead = self.key("dead");
        let rows: Vec<(String, BTreeMap<String, String>)> =
            ask(&self.node, &["XRANGE", &dead, "-", "+"]);
        let number = |fields: &BTreeMap<String, String>| fields["n"].parse().unwrap();
        rows.iter().map(|(_, fields)| number(fields)).collect()
    }

    /// How often each bad message was tried.
    fn tries(&self) -> [usize; 3] {
        let tried = self.list("tried");
        BAD.map(|bad| tried.iter().filter(|one| **one == bad).count())
    }
}

fn good() -> Vec<usize> {
    (0..20).filter(|n| !BAD.contains(n)).collect()
}

/// Steps that move no record: each message is acknowledged by itself, as on one server.
#[test]
fn messages_before_a_bad_one_are_not_handled_again() {
    for steps in ["foreach(handle)", "foreach(wait_for)"] {
        let retry = "onFailedPolicy='retry', onFailedRetryInterval=0, maxRetries=2";
        let stream = Stream::handled_by(steps, retry);
        assert_eq!(stream.list("handled"), good(), "{steps}");
        assert_eq!(stream.letters(), BAD, "{steps}");
        assert_eq!(stream.tries(), [3, 3, 3], "{steps}");
    }
}

#[test]
fn a_bad_message_is_given_up_alone() {
    for steps in ["foreach(handle)", "foreach(wait_for)"] {
        let stream = Stream::handled_by(steps, "onFailedPolicy='continue'");
        assert_eq!(stream.list("handled"), good(), "{steps}");
        assert_eq!(stream.letters(), BAD, "{steps}");
        assert_eq!(stream.tries(), [1, 1, 1], "{steps}");
    }
}

/// Records that move are handled as a whole batch: each good message at least once, and each bad one has its dead letter.
#[test]
fn a_batch_whose_records_move_is_one_whole() {
    for options in [
        "onFailedPolicy='continue'",
        "onFailedPolicy='retry', onFailedRetryInterval=0, maxRetries=2",
    ] {
        // Each record comes back to the shard of the stream.
        let steps = "repartition(lambda r: r['value']['n']).repartition(lambda r: r['key']).foreach(handle)";
        let stream = Stream::handled_by(steps, options);
        let mut handled = stream.list("handled");
        handled.sort_unstable();
        handled.dedup();
        assert_eq!(handled, good(), "{options}");
        assert_eq!(stream.letters(), BAD, "{options}");
    }
}
