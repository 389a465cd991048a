//! Registrations in a cluster: a change at any shard is made on all of them, or on none.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod changes;
mod coming_back;
#[path = "../common/mod.rs"]
mod common;
mod latency;
mod packages;
mod partitions;

use common::eventually;
use common::shards::{ids, send, try_send};
use redgrease_embedded::{Cluster, ClusterNode, Server};
use redis::Value;

fn refused(node: &ClusterNode, words: &[&str]) -> String {
    let error = try_send(node, words).unwrap_err();
    let code = error.code().unwrap_or_default().to_owned();
    format!("{code} {}", error.detail().unwrap_or_default())
}

/// What a trigger without arguments answers.
fn call(node: &ClusterNode, trigger: &str) -> redis::RedisResult<String> {
    let answer = try_send(node, &["RG.TRIGGER", trigger])?;
    let answers: Vec<String> = redis::from_redis_value(answer)?;
    Ok(answers.concat())
}

/// A script with a trigger that answers `answer`.
fn script(trigger: &str, answer: &str) -> String {
    format!(
        "GB('CommandReader').map(lambda _: '{answer}').register(trigger='{trigger}', mode='sync')"
    )
}

fn register(node: &ClusterNode, session: &str, trigger: &str, answer: &str) {
    let script = script(trigger, answer);
    send(node, &["RG.PYEXECUTE", &script, "ID", session, "UPGRADE"]);
}

/// The masters of all shards.
fn masters(cluster: &Cluster) -> Vec<ClusterNode> {
    (0..cluster.shards())
        .map(|shard| cluster.shard(shard))
        .collect()
}

#[track_caller]
fn all_answer(nodes: &[ClusterNode], trigger: &str, answer: &str) {
    for node in nodes {
        assert_eq!(call(node, trigger).unwrap(), answer, "{}", node.url());
    }
}

fn three() -> Cluster {
    Server::cluster().shards(3).start().unwrap()
}

/// A cluster whose shards work on when others are gone. Otherwise the server lets clients go that wait for a second or longer.
fn without_coverage(shards: usize, replicas: usize) -> Cluster {
    Server::cluster()
        .shards(shards)
        .replicas(replicas)
        .server_arg("cluster-require-full-coverage", "no")
        .start()
        .unwrap()
}

/// Waits until all servers have the registrations of the first one.
fn agreed(nodes: &[ClusterNode]) -> Vec<String> {
    let mut had = Vec::new();
    eventually("all servers have the same registrations", || {
        had = ids(&nodes[0]);
        nodes.iter().all(|node| ids(node) == had)
    });
    had
}

/// The ids of the registrations of a session.
fn session_ids(node: &ClusterNode, session: &str) -> Vec<String> {
    let Value::Array(rows) = send(node, &["RG.PYDUMPSESSIONS", "SESSIONS", session]) else {
        panic!("no rows");
    };
    let Value::Array(fields) = &rows[0] else {
        panic!("no session {session}");
    };
    let place = fields
        .iter()
        .position(|field| matches!(field, Value::BulkString(name) if name == b"registrations"));
    redis::from_redis_value_ref(&fields[place.unwrap() + 1]).unwrap()
}
