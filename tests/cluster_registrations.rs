//! Registrations in a cluster: a change at any shard is made on all of them, or on none.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

use redgrease_embedded::{Cluster, ClusterNode, Server};
use redis::Value;

fn try_send(node: &ClusterNode, words: &[&str]) -> redis::RedisResult<Value> {
    let client = redis::Client::open(node.url()).unwrap();
    let mut connection = client.get_connection().unwrap();
    let mut command = redis::cmd(words[0]);
    command.arg(&words[1..]);
    command.query(&mut connection)
}

fn send(node: &ClusterNode, words: &[&str]) -> Value {
    try_send(node, words).unwrap()
}

fn refused(node: &ClusterNode, words: &[&str]) -> String {
    let error = try_send(node, words).unwrap_err();
    let code = error.code().unwrap_or_default().to_owned();
    format!("{code} {}", error.detail().unwrap_or_default())
}

fn text(value: &Value) -> String {
    redis::from_redis_value_ref(value).unwrap()
}

/// The ids of all registrations, in order.
fn ids(node: &ClusterNode) -> Vec<String> {
    let Value::Array(rows) = send(node, &["RG.DUMPREGISTRATIONS"]) else {
        panic!("no rows");
    };
    let id = |row: &Value| match row {
        Value::Array(fields) => text(&fields[1]),
        other => panic!("no row: {other:?}"),
    };
    let mut ids: Vec<String> = rows.iter().map(id).collect();
    ids.sort();
    ids
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

#[test]
fn a_change_at_any_shard_is_in_force_on_all_when_the_client_is_answered() {
    let cluster = three();
    let nodes = masters(&cluster);
    for (at, node) in nodes.iter().enumerate() {
        let trigger = format!("hello{at}");
        register(node, &format!("app{at}"), &trigger, "first");
        all_answer(&nodes, &trigger, "first");
        // The next shard upgrades it, and the one after that removes it.
        register(
            &nodes[(at + 1) % 3],
            &format!("app{at}"),
            &trigger,
            "second",
        );
        all_answer(&nodes, &trigger, "second");
        let had = ids(node);
        assert_eq!(had.len(), 1);
        assert_eq!(ids(&nodes[(at + 1) % 3]), had);
        send(&nodes[(at + 2) % 3], &["RG.UNREGISTER", &had[0]]);
        for node in &nodes {
            assert_eq!(ids(node), Vec::<String>::new());
            let words = ["RG.PYDUMPSESSIONS", "SESSIONS", &format!("app{at}")];
            let Value::Array(rows) = send(node, &words) else {
                panic!("no rows");
            };
            assert!(text(&rows[0]).contains("does not exists"));
            call(node, &trigger).unwrap_err();
        }
    }
}

#[test]
fn a_trigger_that_is_taken_is_refused_at_every_shard() {
    let cluster = three();
    let nodes = masters(&cluster);
    register(&nodes[0], "one", "hello", "one");
    for node in &nodes {
        let script = script("hello", "two");
        let why = refused(node, &["RG.PYEXECUTE", &script, "ID", "two"]);
        assert!(why.contains("trigger already registered"), "{why}");
        let why = refused(node, &["RG.PYEXECUTE", &script, "ID", "one"]);
        assert!(why.contains("Session one already exists"), "{why}");
    }
    all_answer(&nodes, "hello", "one");
}
