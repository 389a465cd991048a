//! Ids in a cluster: each names its shard.
//!
//! The replica of a shard has the ids of its master, also when it takes the place of the master.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::eventually;
use common::shards::{ids, send, try_send};
use redgrease_embedded::{ClusterNode, Server};

const SCRIPT: &str = "
GB('CommandReader').map(lambda words: 'here').register(trigger='first', mode='sync')
GB('CommandReader').map(lambda words: 'here').register(trigger='second', mode='sync')
def grow(words):
    GB('CommandReader').map(lambda _: 'grown').register(trigger=words[1], mode='sync')
GB('CommandReader').foreach(grow).register(trigger='grow', mode='sync')
";

/// Waits until the replica has the registrations of its master. Returns their ids.
fn agreed(master: &ClusterNode, replica: &ClusterNode) -> Vec<String> {
    let had = ids(master);
    eventually("the replica has the ids of its master", || {
        ids(replica) == had
    });
    had
}

#[test]
fn a_replica_has_the_ids_of_its_master_and_keeps_them() {
    let cluster = Server::cluster().shards(1).replicas(1).start().unwrap();
    let (master, replica) = (cluster.shard(0), cluster.replica(0, 0));
    send(&master, &["RG.PYEXECUTE", SCRIPT, "ID", "app"]);
    send(&master, &["RG.TRIGGER", "grow", "grown:1"]);
    send(&master, &["RG.TRIGGER", "grow", "grown:2"]);
    let had = agreed(&master, &replica);
    assert_eq!(had.len(), 5);
    assert!(had.iter().all(|id| id.starts_with(master.id())), "{had:?}");

    // What the master removes, the replica removes.
    send(&master, &["RG.UNREGISTER", &had[0]]);
    let had = agreed(&master, &replica);
    assert_eq!(had.len(), 4);

    cluster.failover(0).unwrap();
    assert_eq!(ids(&replica), had);
    send(&replica, &["RG.UNREGISTER", &had[0]]);
    send(&replica, &["RG.TRIGGER", "grow", "grown:3"]);
    let now = agreed(&replica, &master);
    let (old, new): (Vec<String>, Vec<String>) = now
        .iter()
        .cloned()
        .partition(|id| id.starts_with(master.id()));
    assert_eq!(old, had[1..]);
    assert_eq!(new.len(), 1, "{new:?}");
    assert!(new[0].starts_with(replica.id()), "{new:?}");

    // The promoted replica finds all of them in its file.
    replica.stop().unwrap();
    replica.start().unwrap();
    cluster.settle().unwrap();
    assert_eq!(ids(&replica), now);
    let answer = send(&replica, &["RG.TRIGGER", "second"]);
    let answer: Vec<String> = redis::from_redis_value(answer).unwrap();
    assert_eq!(answer, ["here"]);
}

#[test]
fn an_unknown_id_of_any_shard_is_refused_in_the_same_words() {
    let cluster = Server::cluster().shards(1).start().unwrap();
    let node = cluster.shard(0);
    let shards = [node.id().to_owned(), "e".repeat(40), "0".repeat(40)];
    for shard in shards {
        let id = format!("{shard}-123456");
        for (command, refusal) in [
            ("RG.GETEXECUTION", "execution plan does not exist"),
            ("RG.GETRESULTS", "execution plan does not exist"),
            ("RG.GETRESULTSBLOCKING", "execution plan does not exist"),
            ("RG.DROPEXECUTION", "execution plan does not exist"),
            ("RG.ABORTEXECUTION", "execution does not exist"),
            ("RG.UNREGISTER", "execution is not registered"),
            ("RG.PAUSEREGISTRATIONS", "does not exists on shard"),
        ] {
            let error = try_send(&node, &[command, &id]).unwrap_err();
            let words = (error.code(), error.detail());
            let error = format!("{} {}", words.0.unwrap(), words.1.unwrap());
            assert!(error.contains(refusal), "{command} {id}: {error}");
        }
    }
}
