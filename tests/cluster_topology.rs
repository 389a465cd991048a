//! How the engine follows its cluster, and messages between the servers of real clusters.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::eventually;
use redgrease_embedded::{Cluster, ClusterNode, Server};
use redis::Value;
use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

/// The digits of an id.
const DIGITS: usize = 40;
const MIB: usize = 1 << 20;

fn connection(node: &ClusterNode) -> redis::Connection {
    let client = redis::Client::open(node.url()).unwrap();
    client.get_connection().unwrap()
}

fn ask<T: redis::FromRedisValue>(node: &ClusterNode, words: &[&str]) -> T {
    let mut cmd = redis::cmd(words[0]);
    cmd.arg(&words[1..]);
    cmd.query(&mut connection(node)).unwrap()
}

/// A row of `RG.INFOCLUSTER`.
#[derive(Debug, Clone, PartialEq)]
struct Shard {
    ip: String,
    port: i64,
    run_id: Option<String>,
    slots: (i64, i64),
    waiting: i64,
}

/// The reply of `RG.INFOCLUSTER`.
#[derive(Debug, Clone, PartialEq)]
struct Seen {
    id: String,
    run_id: String,
    shards: BTreeMap<String, Shard>,
}

/// The names are those of the recorded reply, in its order.
fn named<const N: usize>(row: &[Value], names: [&str; N]) -> [Value; N] {
    let found: Vec<String> = row.iter().step_by(2).map(text).collect();
    assert_eq!(found, names);
    let values: Vec<Value> = row.iter().skip(1).step_by(2).cloned().collect();
    values.try_into().unwrap()
}

fn text(value: &Value) -> String {
    redis::from_redis_value(value.clone()).unwrap()
}

fn number(value: &Value) -> i64 {
    match value {
        Value::Int(number) => *number,
        other => panic!("no number: {other:?}"),
    }
}

/// `None` for a server without a cluster.
fn seen(node: &ClusterNode) -> Option<Seen> {
    let reply: Value = ask(node, &["RG.INFOCLUSTER"]);
    let Value::Array(reply) = reply else {
        assert_eq!(text(&reply), "no cluster mode");
        return None;
    };
    let (rows, head) = reply.split_last().unwrap();
    let [id, run_id] = named(head, ["MyId", "MyRunId"]);
    let Value::Array(rows) = rows else {
        panic!("no rows: {rows:?}")
    };
    let mut shards = BTreeMap::new();
    for row in rows {
        let Value::Array(row) = row else {
            panic!("no row: {row:?}")
        };
        let [id, ip, port, socket, run_id, first, last, waiting] = named(
            row,
            [
                "id",
                "ip",
                "port",
                "unixSocket",
                "runid",
                "minHslot",
                "maxHslot",
                "pendingMessages",
            ],
        );
        assert_eq!(text(&socket), "None");
        let shard = Shard {
            ip: text(&ip),
            port: number(&port),
            run_id: (run_id != Value::Nil).then(|| text(&run_id)),
            slots: (number(&first), number(&last)),
            waiting: number(&waiting),
        };
        assert!(shards.insert(text(&id), shard).is_none());
    }
    Some(Seen {
        id: text(&id),
        run_id: text(&run_id),
        shards,
    })
}

/// The slots of each shard, as a server sees them.
fn slots(node: &ClusterNode) -> BTreeMap<String, (i64, i64)> {
    let seen = seen(node).unwrap();
    let slots = seen.shards.into_iter();
    slots.map(|(id, shard)| (id, shard.slots)).collect()
}

/// Waits until all shards know each other's process, and have nothing to send.
fn are_acquainted(cluster: &Cluster) -> bool {
    cluster
        .nodes()
        .iter()
        .filter(|node| node.is_running())
        .all(|node| {
            seen(node).is_some_and(|seen| {
                let mut shards = seen.shards.values();
                shards.all(|shard| shard.run_id.is_some() && shard.waiting == 0)
            })
        })
}

#[test]
fn a_server_that_is_alone_is_no_cluster() {
    let cluster = Server::cluster().shards(3).start().unwrap();
    let third = cluster.shard(2);
    // Without slots each server is one on its own, although it is in cluster mode.
    assert_eq!(text(&ask(&third, &["CLUSTER", "RESET", "SOFT"])), "OK");
    eventually("the server is alone", || seen(&third).is_none());
    assert_eq!(text(&ask(&third, &["RG.REFRESHCLUSTER"])), "OK");
    assert_eq!(text(&ask(&third, &["RG.NETWORKTEST"])), "OK");
    assert_eq!(own_names(&third), ["1", "06S"]);
}

/// What a gear sees of its shard: the id and the hash tag.
fn own_names(node: &ClusterNode) -> [String; 2] {
    let script = "GB('ShardsIDReader').flatmap(lambda x: [x, hashtag()]).run(mode='async_local', convertToStr=False)";
    let (mut names, errors): (Vec<String>, Vec<String>) = ask(node, &["RG.PYEXECUTE", script]);
    assert_eq!(errors, Vec::<String>::new());
    names.sort_by_key(|name| std::cmp::Reverse(name == "1" || name.len() == DIGITS));
    names.try_into().unwrap()
}

#[test]
fn each_server_sees_the_shards_without_being_told() {
    let cluster = Server::cluster().shards(3).replicas(1).start().unwrap();
    eventually("the servers know each other", || are_acquainted(&cluster));
    let expected: BTreeMap<String, (i64, i64)> = [(0, 5460), (5461, 10921), (10922, 16383)]
        .into_iter()
        .enumerate()
        .map(|(shard, slots)| (cluster.shard(shard).id().to_owned(), slots))
        .collect();
    let mut processes = BTreeMap::new();
    for node in cluster.nodes() {
        let seen = seen(&node).unwrap();
        assert_eq!(seen.id, node.id());
        assert_eq!(seen.run_id.len(), DIGITS);
        let hello: String = ask(&node, &["RG.HELLO"]);
        assert_eq!(hello, seen.run_id);
        assert_eq!(slots(&node), expected);
        processes.insert(seen.id, seen.run_id);
    }
    assert_eq!(processes.len(), 6);
    // As RedisGears, the tag of the first slot; a replica has that of its master.
    for (shard, tag) in ["06S", "8M", "4BE"].into_iter().enumerate() {
        for node in [cluster.shard(shard), cluster.replica(shard, 0)] {
            assert_eq!(own_names(&node), [node.id(), tag]);
        }
    }
    for node in cluster.nodes() {
        for (id, shard) in seen(&node).unwrap().shards {
            assert_eq!(shard.run_id.as_ref(), processes.get(&id));
            assert_eq!(shard.ip, "127.0.0.1");
            let port = cluster.nodes().into_iter().find(|one| one.id() == id);
            assert_eq!(shard.port, i64::from(port.unwrap().port()));
        }
    }
}

#[test]
fn a_moved_slot_is_seen_everywhere() {
    let cluster = Server::cluster().shards(3).start().unwrap();
    let (from, to) = (cluster.shard(0), cluster.shard(2));
    cluster.move_slot(0, 2).unwrap();
    for node in cluster.nodes() {
        eventually("the slot left", || {
            slots(&node).get(from.id()) == Some(&(1, 5460))
        });
        eventually("the slot arrived", || {
            slots(&node).get(to.id()) == Some(&(0, 16383))
        });
    }
    // A refresh does not wait for the next look.
    cluster.move_slot(1, 2).unwrap();
    assert_eq!(text(&ask(&from, &["RG.REFRESHCLUSTER"])), "OK");
    assert_eq!(slots(&from).get(from.id()), Some(&(2, 5460)));
}

#[test]
fn an_added_shard_is_seen_when_it_has_a_slot() {
    let cluster = Server::cluster().shards(3).start().unwrap();
    let added = cluster.add_shard().unwrap();
    let added_id = cluster.shard(added).id().to_owned();
    assert!(!slots(&cluster.shard(0)).contains_key(&added_id));
    cluster.move_slot(16383, added).unwrap();
    for node in cluster.nodes() {
        eventually("the new shard is seen", || {
            slots(&node).get(&added_id) == Some(&(16383, 16383))
        });
    }
    eventually("the new shard knows the others", || {
        are_acquainted(&cluster)
    });
}

#[test]
fn a_promoted_replica_is_seen() {
    let cluster = Server::cluster().shards(3).replicas(1).start().unwrap();
    let (master, replica) = (cluster.shard(1), cluster.replica(1, 0));
    cluster.failover(1).unwrap();
    for node in cluster.nodes() {
        eventually("the replica is the master", || {
            slots(&node).get(replica.id()) == Some(&(5461, 10921))
        });
        assert!(!slots(&node).contains_key(master.id()));
    }
    eventually("the servers know each other", || are_acquainted(&cluster));
}

/// The frames for a server that does not answer wait, and arrive when it answers again. A process that was started again is
/// another one.
#[test]
fn a_server_that_fails_and_comes_back() {
    let cluster = Server::cluster().shards(3).start().unwrap();
    eventually("the servers know each other", || are_acquainted(&cluster));
    let (first, second) = (cluster.shard(0), cluster.shard(1));
    let of_second = || seen(&first).unwrap().shards[second.id()].clone();
    second.pause().unwrap();
    let begun = Instant::now();
    assert_eq!(text(&ask(&first, &["RG.NETWORKTEST", "100000"])), "OK");
    assert!(begun.elapsed() < Duration::from_secs(2));
    eventually("frames wait", || of_second().waiting > 1);
    second.resume().unwrap();
    eventually("the frames arrived", || of_second().waiting == 0);
    assert!(log(&second).contains("network test: 100000 bytes came from"));
    let before = of_second().run_id;
    second.kill().unwrap();
    second.start().unwrap();
    eventually("the new process is known", || {
        of_second()
            .run_id
            .is_some_and(|now| Some(&now) != before.as_ref())
    });
    assert_eq!(text(&ask(&first, &["RG.NETWORKTEST", "200000"])), "OK");
    eventually("the message arrived", || {
        log(&second).contains("network test: 200000 bytes came from")
    });
}

fn log(node: &ClusterNode) -> String {
    fs::read_to_string(node.log_path()).unwrap()
}

#[test]
fn long_messages_arrive_whole() {
    let cluster = Server::cluster().shards(3).start().unwrap();
    eventually("the servers know each other", || are_acquainted(&cluster));
    for length in [0, MIB, 64 * MIB] {
        let sender = cluster.shard(0);
        assert_eq!(
            text(&ask(&sender, &["RG.NETWORKTEST", &length.to_string()])),
            "OK"
        );
        for shard in [1, 2] {
            let expected = format!(
                "network test: {length} bytes came from the node {}",
                sender.id()
            );
            eventually("the message arrived whole", || {
                log(&cluster.shard(shard)).contains(&expected)
            });
        }
    }
    for node in cluster.nodes() {
        assert!(!log(&node).contains("damaged"));
        let state: String = ask(&node, &["CLUSTER", "INFO"]);
        assert!(state.contains("cluster_state:ok"), "{state}");
    }
    for wrong in ["x", "-1", "67108865"] {
        let mut cmd = redis::cmd("RG.NETWORKTEST");
        let error = cmd
            .arg(wrong)
            .query::<String>(&mut connection(&cluster.shard(0)));
        assert!(
            error
                .unwrap_err()
                .to_string()
                .contains("give one from 0 to 67108864")
        );
    }
}
