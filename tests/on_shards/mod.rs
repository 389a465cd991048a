//! Runs on a private cluster of three shards.
#![allow(
    clippy::unwrap_used,
    dead_code,
    reason = "a test uses what it needs, and fails as it should"
)]

use redgrease_embedded::{Cluster, ClusterNode, Server};
use redis::FromRedisValue;
use std::time::Duration;

/// A run takes no longer than this, whatever happens.
pub(crate) const BOUND: Duration = Duration::from_secs(30);

pub(crate) fn start() -> Cluster {
    let cluster = Server::cluster().shards(3).start().unwrap();
    cluster.settle().unwrap();
    cluster
}

pub(crate) fn client(node: &ClusterNode) -> redis::Connection {
    let client = redis::Client::open(node.url()).unwrap();
    let connection = client.get_connection().unwrap();
    connection.set_read_timeout(Some(BOUND)).unwrap();
    connection
}

pub(crate) fn ask<T: FromRedisValue>(node: &ClusterNode, words: &[&str]) -> T {
    let mut cmd = redis::cmd(words[0]);
    cmd.arg(&words[1..]);
    cmd.query(&mut client(node)).unwrap()
}

pub(crate) type Outcome = (Vec<String>, Vec<String>);

pub(crate) fn run(node: &ClusterNode, script: &str) -> Outcome {
    ask(node, &["RG.PYEXECUTE", script])
}

/// The results of a run without an error, sorted.
pub(crate) fn results(node: &ClusterNode, script: &str) -> Vec<String> {
    let (mut results, errors) = run(node, script);
    assert_eq!(errors, [""; 0], "{script}");
    results.sort();
    results
}

/// Writes keys `k0`, `k1` .. with their number as value, each to its shard.
pub(crate) fn fill(cluster: &Cluster, keys: usize) {
    let mut left: Vec<usize> = (0..keys).collect();
    for shard in 0..3 {
        let mut connection = client(&cluster.shard(shard));
        let mut pipe = redis::pipe();
        for number in &left {
            pipe.cmd("SET").arg(format!("k{number}")).arg(*number);
        }
        let replies: Vec<redis::Value> = pipe.ignore_errors(&mut connection);
        let is_error = |reply: &redis::Value| matches!(reply, redis::Value::ServerError(_));
        let moved = left
            .iter()
            .zip(&replies)
            .filter(|(_, reply)| is_error(reply));
        left = moved.map(|(number, _)| *number).collect();
    }
    assert_eq!(left, [0; 0]);
}

trait IgnoreErrors {
    fn ignore_errors(&self, connection: &mut redis::Connection) -> Vec<redis::Value>;
}

impl IgnoreErrors for redis::Pipeline {
    fn ignore_errors(&self, connection: &mut redis::Connection) -> Vec<redis::Value> {
        use redis::ConnectionLike;
        let commands = self.cmd_iter().count();
        connection
            .req_packed_commands(&self.get_packed_pipeline(), 0, commands)
            .unwrap()
    }
}
