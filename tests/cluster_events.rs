//! Key events in a cluster: each happens once, where the key is, and keys that move cause none.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::eventually;
use common::shards::{Random, Router, ask, register, tags};
use redgrease_embedded::{Cluster, ClusterNode, Server};
use std::collections::HashMap;

/// Writes each event into the log of the server: a key could move in between.
const EVENTS: &str = "
GB('KeysReader').foreach(lambda r: log('event ' + r['event'] + ' ' + r['key'])).register(
    'watched:*', mode='async_local', readValue=False)
";

/// The events of a server, with their keys, in order.
fn events(node: &ClusterNode) -> Vec<String> {
    let log = std::fs::read_to_string(node.log_path()).unwrap();
    let events = log.lines().filter_map(|line| line.split_once("event "));
    events.map(|(_, event)| event.trim().to_owned()).collect()
}

/// How often each event happened, on all servers.
fn counted(cluster: &Cluster) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for event in cluster.nodes().iter().flat_map(events) {
        *counts.entry(event).or_default() += 1;
    }
    counts
}

/// Waits until the server has handled all events before this moment.
fn catch_up(router: &mut Router, tag: &str, cluster: &Cluster, number: usize) {
    let key = format!("watched:end{number}:{{{tag}}}");
    let _: String = router.send(&["SET", &key, "x"]);
    let last = format!("set {key}");
    eventually("the last event is handled", || {
        counted(cluster).contains_key(&last)
    });
}

#[test]
fn keys_that_move_cause_no_events() {
    let cluster = Server::cluster().shards(3).start().unwrap();
    register(&cluster, "events", EVENTS);
    let mut router = Router::new(&cluster);
    let mut random = Random::new();
    let tags = tags(3);
    let mut expected: HashMap<String, usize> = HashMap::new();
    for number in 0..8 {
        for (slot, tag) in &tags {
            let key = format!("watched:{number}:{{{tag}}}");
            let _: String = router.send(&["SET", &key, "x"]);
            *expected.entry(format!("set {key}")).or_default() += 1;
            cluster.move_slot(*slot, random.below(3)).unwrap();
            let _: i64 = router.send(&["APPEND", &key, "y"]);
            *expected.entry(format!("append {key}")).or_default() += 1;
            if number % 2 == 0 {
                let _: i64 = router.send(&["DEL", &key]);
                *expected.entry(format!("del {key}")).or_default() += 1;
            }
        }
    }
    for (number, (_, tag)) in tags.iter().enumerate() {
        catch_up(&mut router, tag, &cluster, number);
        expected.insert(format!("set watched:end{number}:{{{tag}}}"), 1);
    }
    assert_eq!(counted(&cluster), expected);
}

#[test]
fn changes_of_a_slot_that_moves_are_events() {
    let cluster = Server::cluster().shards(2).start().unwrap();
    register(&cluster, "events", EVENTS);
    let (slot, tag) = tags(2).remove(0);
    let old = usize::from(slot >= 8192);
    let (from, to) = (cluster.shard(old), cluster.shard(1 - old));
    let key = |name: &str| format!("watched:{name}:{{{tag}}}");
    for name in ["goes", "stays"] {
        let _: String = ask(&from, &["SET", &key(name), "x"]);
    }
    let number = slot.to_string();
    let _: String = ask(
        &to,
        &["CLUSTER", "SETSLOT", &number, "IMPORTING", from.id()],
    );
    let _: String = ask(
        &from,
        &["CLUSTER", "SETSLOT", &number, "MIGRATING", to.id()],
    );
    let port = to.port().to_string();
    let _: String = ask(
        &from,
        &["MIGRATE", "127.0.0.1", &port, &key("goes"), "0", "5000"],
    );
    // A client deletes a key that is still there, and makes one where the slot goes to.
    let _: i64 = ask(&from, &["DEL", &key("stays")]);
    let client = redis::Client::open(to.url()).unwrap();
    let mut con = client.get_connection().unwrap();
    redis::cmd("ASKING").exec(&mut con).unwrap();
    redis::cmd("SET")
        .arg(key("new"))
        .arg("x")
        .exec(&mut con)
        .unwrap();
    eventually("the events are handled", || {
        events(&from).len() == 3 && events(&to).len() == 1
    });
    assert_eq!(
        events(&from),
        [
            format!("set {}", key("goes")),
            format!("set {}", key("stays")),
            format!("del {}", key("stays")),
        ]
    );
    assert_eq!(events(&to), [format!("set {}", key("new"))]);
}

#[test]
fn a_key_that_a_client_restores_is_an_event() {
    let cluster = Server::cluster().shards(1).start().unwrap();
    register(&cluster, "events", EVENTS);
    let node = cluster.shard(0);
    let client = redis::Client::open(node.url()).unwrap();
    let mut con = client.get_connection().unwrap();
    redis::cmd("SET")
        .arg("watched:a")
        .arg("x")
        .exec(&mut con)
        .unwrap();
    let dumped: Vec<u8> = redis::cmd("DUMP").arg("watched:a").query(&mut con).unwrap();
    let restore = redis::cmd("RESTORE")
        .arg("watched:b")
        .arg(0)
        .arg(dumped)
        .exec(&mut con);
    restore.unwrap();
    eventually("the events are handled", || {
        events(&node) == ["set watched:a", "restore watched:b"]
    });
}

#[test]
fn an_event_happens_once_with_replicas_and_after_a_failover() {
    let cluster = Server::cluster().shards(2).replicas(1).start().unwrap();
    register(&cluster, "events", EVENTS);
    let mut router = Router::new(&cluster);
    let tags = tags(2);
    let mut expected = HashMap::new();
    for (_, tag) in &tags {
        let key = format!("watched:short:{{{tag}}}");
        let _: String = router.send(&["SET", &key, "x", "PX", "3000"]);
        expected.insert(format!("set {key}"), 1);
        expected.insert(format!("expire {key}"), 1);
        expected.insert(format!("expired {key}"), 1);
    }
    for shard in 0..2 {
        cluster.failover(shard).unwrap();
    }
    for (_, tag) in &tags {
        let gone = format!("expired watched:short:{{{tag}}}");
        eventually("the key expires at the new master", || {
            counted(&cluster).contains_key(&gone)
        });
    }
    assert_eq!(counted(&cluster), expected);
    for shard in 0..2 {
        let expired = |node: &ClusterNode| {
            events(node)
                .iter()
                .any(|event| event.starts_with("expired"))
        };
        assert!(expired(&cluster.shard(shard)) && !expired(&cluster.replica(shard, 0)));
    }
}
