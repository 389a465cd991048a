//! A private cluster with the engine in each server.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::eventually;
use redgrease_embedded::{Cluster, ClusterNode, Server};

fn client(node: &ClusterNode) -> redis::Connection {
    redis::Client::open(node.url())
        .unwrap()
        .get_connection()
        .unwrap()
}

fn run(node: &ClusterNode, script: &str) -> (Vec<String>, Vec<String>) {
    redis::cmd("RG.PYEXECUTE")
        .arg(script)
        .query(&mut client(node))
        .unwrap()
}

fn start(replicas: usize) -> Cluster {
    Server::cluster().replicas(replicas).start().unwrap()
}

#[test]
fn each_server_has_an_engine_that_runs_python() {
    let cluster = start(1);
    for node in cluster.nodes() {
        let (results, errors) = run(
            &node,
            "GB('PythonReader').map(lambda r: 6 * 7).run(arg=lambda: iter([1]), collect=False)",
        );
        assert_eq!(
            (&results[..], &errors[..]),
            (&["42".to_owned()][..], &[][..])
        );
    }
}

#[test]
fn gears_see_the_keys_that_have_moved() {
    let cluster = start(0);
    let (old, new) = (cluster.shard(2), cluster.shard(0));
    let () = redis::cmd("SET")
        .arg("foo")
        .arg(1)
        .query(&mut client(&old))
        .unwrap();
    cluster.move_slot(12182, 0).unwrap();
    let keys = "GB('KeysReader').map(lambda r: r['key']).run('*', collect=False)";
    assert_eq!(run(&new, keys).0, ["foo"]);
}

#[test]
fn an_engine_starts_again_with_its_server() {
    let cluster = start(0);
    let node = cluster.shard(1);
    for end in [ClusterNode::stop, ClusterNode::kill] {
        end(&node).unwrap();
        node.start().unwrap();
        cluster.settle().unwrap();
        let one = "GB('PythonReader').run(arg=lambda: iter([1]), collect=False)";
        // On a slow machine another server may take this one for failed after it is back, and the run says so.
        eventually("a run over all shards", || {
            let (results, errors) = run(&node, one);
            let is_lost = errors.iter().any(|error| error.contains("is lost"));
            assert!(
                is_lost || (results == ["1"] && errors.is_empty()),
                "{results:?} {errors:?}"
            );
            !is_lost
        });
    }
}
