//! Shards that were away, new shards and promoted replicas catch up.

use super::{agreed, all_answer, call, masters, register, script, session_ids, without_coverage};
use crate::common::eventually;
use crate::common::shards::{ids, send, text, try_send};
use redgrease_embedded::{ClusterNode, Server};
use std::time::{Duration, Instant};

#[test]
fn a_shard_that_was_away_catches_up() {
    let cluster = without_coverage(3, 0);
    let nodes = masters(&cluster);
    register(&nodes[0], "changed", "changed", "first");
    register(&nodes[0], "gone", "gone", "first");
    nodes[2].kill().unwrap();
    eventually("the cluster knows that the shard has failed", || {
        let nodes = text(&send(&nodes[0], &["CLUSTER", "NODES"]));
        nodes
            .lines()
            .any(|line| line.contains("fail ") || line.contains("fail,"))
    });
    let left = &nodes[..2];
    eventually("a registration without the shard that has failed", || {
        let script = script("changed", "second");
        let words = ["RG.PYEXECUTE", &script, "ID", "changed", "UPGRADE"];
        try_send(&nodes[1], &words).is_ok()
    });
    register(&nodes[1], "new", "new", "second");
    let gone = session_ids(&nodes[0], "gone");
    send(&nodes[0], &["RG.UNREGISTER", &gone[0]]);
    all_answer(left, "changed", "second");
    nodes[2].start().unwrap();
    cluster.settle().unwrap();
    let back = Instant::now();
    assert_eq!(agreed(&nodes).len(), 2);
    assert!(
        back.elapsed() < Duration::from_secs(5),
        "{:?}",
        back.elapsed()
    );
    all_answer(&nodes, "changed", "second");
    all_answer(&nodes, "new", "second");
    call(&nodes[2], "gone").unwrap_err();
}

#[test]
fn a_new_shard_and_a_promoted_replica_have_all_registrations() {
    let cluster = Server::cluster().shards(2).replicas(1).start().unwrap();
    register(&cluster.shard(0), "one", "one", "one");
    register(&cluster.shard(1), "two", "two", "two");
    let new = cluster.add_shard().unwrap();
    let mut nodes = masters(&cluster);
    assert_eq!(nodes.len(), 3);
    assert_eq!(agreed(&nodes).len(), 2);
    cluster.move_slot(0, new).unwrap();
    register(&cluster.shard(new), "three", "three", "three");
    for trigger in ["one", "two", "three"] {
        all_answer(&nodes, trigger, trigger);
    }
    cluster.failover(1).unwrap();
    nodes = masters(&cluster);
    assert_eq!(agreed(&nodes).len(), 3);
    register(&nodes[1], "one", "one", "again");
    all_answer(&nodes, "one", "again");
    let replicas: Vec<ClusterNode> = (0..3).map(|shard| cluster.replica(shard, 0)).collect();
    let had = agreed(&nodes);
    for replica in replicas {
        eventually("the replica has what its master has", || {
            ids(&replica) == had
        });
    }
}

#[test]
fn removals_are_known_after_a_restart() {
    for file in ["no", "yes"] {
        let cluster = Server::cluster()
            .shards(3)
            .server_arg("cluster-require-full-coverage", "no")
            .server_arg("appendonly", file)
            .start()
            .unwrap();
        let nodes = masters(&cluster);
        register(&nodes[0], "kept", "kept", "kept");
        register(&nodes[0], "gone", "gone", "gone");
        // This server does not hear of the removal.
        nodes[1].stop().unwrap();
        eventually("a removal without the shard that has failed", || {
            let gone = session_ids(&nodes[0], "gone");
            try_send(&nodes[0], &["RG.UNREGISTER", &gone[0]]).is_ok()
        });
        // The one that has made the removal forgets what it does not store.
        nodes[0].stop().unwrap();
        nodes[0].start().unwrap();
        nodes[1].start().unwrap();
        cluster.settle().unwrap();
        assert_eq!(agreed(&nodes).len(), 1, "appendonly {file}");
        all_answer(&nodes, "kept", "kept");
        call(&nodes[1], "gone").unwrap_err();
    }
}
