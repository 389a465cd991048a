//! A cluster whose servers speak TLS among each other.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::shards::text;
use common::{capability, eventually};
use redgrease_embedded::{Cluster, ClusterNode, ErrorKind, Server};
use redis::Value;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

const AUTHORITY: &str =
    "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -days 2 -subj /CN=authority";
const REQUEST: &str = "req -newkey rsa:2048 -nodes -keyout node.key -out node.csr -subj /CN=node";
const CERTIFICATE: &str = "x509 -req -in node.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile names -out node.crt";

/// Makes a certificate for `127.0.0.1`. `false` if the machine has no `openssl`.
fn make_certificate(dir: &Path) -> bool {
    std::fs::write(dir.join("names"), "subjectAltName=IP:127.0.0.1").unwrap();
    [AUTHORITY, REQUEST, CERTIFICATE].iter().all(|words| {
        let mut openssl = Command::new("openssl");
        openssl.args(words.split(' ')).current_dir(dir);
        openssl.output().is_ok_and(|done| done.status.success())
    })
}

/// `None` if it cannot be tested here.
fn start(dir: &TempDir) -> Option<Cluster> {
    if !make_certificate(dir.path()) {
        capability::tell("the machine has no openssl that makes certificates");
        return None;
    }
    let file = |name: &str| dir.path().join(name);
    let cluster = Server::cluster().tls(file("node.crt"), file("node.key"), file("ca.crt"));
    match cluster.start() {
        Ok(cluster) => Some(cluster),
        Err(error)
            if error.kind() == ErrorKind::Exited
                && error.to_string().to_lowercase().contains("tls") =>
        {
            capability::tell("the server speaks no TLS");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// Sends a command over the socket of a node, which speaks no TLS.
fn send(node: &ClusterNode, words: &[&str]) -> Value {
    let url = format!("redis+unix://{}", node.socket().display());
    let mut command = redis::cmd(words[0]);
    command.arg(&words[1..]);
    let mut connection = redis::Client::open(url).unwrap().get_connection().unwrap();
    command.query(&mut connection).unwrap()
}

/// The results and errors of a script, in the order of their texts.
fn run(node: &ClusterNode, script: &str) -> (Vec<String>, Vec<String>) {
    let reply = send(node, &["RG.PYEXECUTE", script]);
    let (mut results, errors): (Vec<String>, _) = redis::from_redis_value(reply).unwrap();
    results.sort();
    (results, errors)
}

#[test]
fn shards_reach_each_other_with_tls() {
    let dir = tempfile::tempdir().unwrap();
    let Some(cluster) = start(&dir) else {
        return;
    };
    let nodes: Vec<ClusterNode> = (0..cluster.shards()).map(|at| cluster.shard(at)).collect();
    assert!(
        nodes[0].url().starts_with("rediss://"),
        "{}",
        nodes[0].url()
    );
    // No plain port is open.
    for setting in ["port", "tls-cluster"] {
        let told = format!("{:?}", send(&nodes[0], &["CONFIG", "GET", setting]));
        let expected = if setting == "port" { "\"0\"" } else { "yes" };
        assert!(told.contains(expected), "{told}");
    }

    let mut ids: Vec<String> = nodes.iter().map(|node| node.id().to_owned()).collect();
    ids.sort();
    assert_eq!(run(&nodes[0], "GB('ShardsIDReader').run()"), (ids, vec![]));

    // About 8 MB of each shard, two thirds of which go to the others.
    let script = "GB('ShardsIDReader').flatmap(lambda id: [('%d:' % i) + id * 100 for i in range(2000)])\
                  .repartition(lambda record: record).count().run()";
    assert_eq!(run(&nodes[1], script), (vec!["6000".to_owned()], vec![]));

    let script =
        "GB('CommandReader').map(lambda words: hashtag()).register(trigger='tags', mode='async')";
    send(&nodes[2], &["RG.PYEXECUTE", script, "ID", "tags"]);
    for node in &nodes {
        let rows = format!("{:?}", send(node, &["RG.DUMPREGISTRATIONS"]));
        assert!(rows.contains("tags"), "{rows}");
        let tags: Vec<String> =
            redis::from_redis_value(send(node, &["RG.TRIGGER", "tags"])).unwrap();
        assert_eq!(tags.len(), 3, "{tags:?}");
    }

    // A shard that was away is found again.
    nodes[2].kill().unwrap();
    nodes[2].start().unwrap();
    cluster.settle().unwrap();
    eventually("all shards run", || {
        run(&nodes[2], "GB('ShardsIDReader').run()").0.len() == 3
    });
    let id = text(&send(&nodes[2], &["CLUSTER", "MYID"]));
    assert_eq!(id, nodes[2].id());
}
