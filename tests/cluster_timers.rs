//! Time events in a cluster: once, on each shard, and with their keys.
#![cfg(all(feature = "macros", feature = "cluster"))]
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::eventually;
use common::shards::{ask, register, slot_of, tags, try_ask};
use redgrease::prelude::*;
use redgrease_embedded::{Cluster, ClusterNode, Server};
use redis::Value;
use std::thread;
use std::time::{Duration, Instant};

/// The session of the scripts below.
const SESSION: &str = "timers";

/// Counts the runs in the log of the server: a server that does not serve all slots could write no key.
const ONCE: &str = "
GB('CommandReader').register(trigger='unused')
registerTE(1, lambda: log('ran once'))
";
const EACH: &str = "
GB('CommandReader').register(trigger='unused')
registerTE(1, lambda: log('ran once'), per_shard=True)
";

/// How often functions ran on a server.
fn runs(node: &ClusterNode) -> usize {
    let log = std::fs::read_to_string(node.log_path()).unwrap();
    log.matches("ran once").count()
}

fn all_runs(cluster: &Cluster) -> Vec<usize> {
    cluster.nodes().iter().map(runs).collect()
}

/// The shard that serves the slot of the session's id.
fn chosen(cluster: &Cluster) -> usize {
    usize::from(slot_of(SESSION)) * cluster.shards() / 16384
}

/// The servers that ran functions in the next seconds, and how often.
fn observe(cluster: &Cluster, time: Duration) -> Vec<(String, usize)> {
    let before = all_runs(cluster);
    // What must not happen cannot be awaited.
    thread::sleep(time);
    let after = all_runs(cluster);
    let nodes = cluster.nodes().into_iter();
    nodes
        .zip(after.iter().zip(before))
        .map(|(node, (after, before))| (node.id().to_owned(), after - before))
        .filter(|(_, count)| *count > 0)
        .collect()
}

#[test]
fn one_shard_runs_a_time_event() {
    let cluster = Server::cluster().shards(3).start().unwrap();
    register(&cluster, SESSION, ONCE);
    let first = cluster.shard(chosen(&cluster));
    eventually("the function runs", || runs(&first) > 0);
    let seen = observe(&cluster, Duration::from_millis(3500));
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert!(
        seen[0].0 == first.id() && (3..=4).contains(&seen[0].1),
        "{seen:?}"
    );

    // It goes with the slot of the session.
    let to = (chosen(&cluster) + 1) % 3;
    cluster.move_slot(slot_of(SESSION), to).unwrap();
    let second = cluster.shard(to);
    eventually("the function runs at the new shard", || runs(&second) > 0);
    let seen = observe(&cluster, Duration::from_millis(3500));
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert!(
        seen[0].0 == second.id() && (3..=4).contains(&seen[0].1),
        "{seen:?}"
    );
    assert_eq!(runs(&cluster.shard((to + 1) % 3)), 0);
}

#[test]
fn a_time_event_goes_on_when_its_shard_dies() {
    let cluster = Server::cluster().shards(3).replicas(1).start().unwrap();
    register(&cluster, SESSION, ONCE);
    let shard = chosen(&cluster);
    let (first, replica) = (cluster.shard(shard), cluster.replica(shard, 0));
    eventually("the function runs", || runs(&first) > 0);
    assert_eq!(runs(&replica), 0);
    first.kill().unwrap();
    let begun = Instant::now();
    let before = all_runs(&cluster);
    eventually("another server runs the function", || {
        all_runs(&cluster) != before
    });
    println!("after {:?}", begun.elapsed());
    cluster.settle().unwrap();
    eventually("the replica runs the function", || runs(&replica) > 0);
    let seen = observe(&cluster, Duration::from_millis(3500));
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert_eq!(seen[0].0, replica.id());
}

#[test]
fn a_stopped_shard_loses_the_time_event() {
    let cluster = Server::cluster().shards(3).replicas(1).start().unwrap();
    register(&cluster, SESSION, ONCE);
    let shard = chosen(&cluster);
    let (first, replica) = (cluster.shard(shard), cluster.replica(shard, 0));
    eventually("the function runs", || runs(&first) > 0);
    first.pause().unwrap();
    cluster.settle().unwrap();
    eventually("the replica runs the function", || runs(&replica) > 0);
    let before = runs(&first);
    first.resume().unwrap();
    cluster.settle().unwrap();
    let seen = observe(&cluster, Duration::from_millis(2500));
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert_eq!(seen[0].0, replica.id());
    // It may have ticked at the moment when it went on, before it heard from the others.
    assert!(runs(&first) <= before + 1);
}

#[test]
fn each_shard_runs_a_time_event_that_says_so() {
    let cluster = Server::cluster().shards(3).start().unwrap();
    register(&cluster, SESSION, EACH);
    for shard in 0..3 {
        eventually("the function runs", || runs(&cluster.shard(shard)) > 1);
    }
}

#[test]
fn the_arguments_are_checked() {
    let server = Server::cluster().shards(1).start().unwrap();
    for (arguments, error) in [
        (
            "1, f, 'k', per_shard=True",
            "a time event with a key runs on the shard of the key: remove per_shard, or the key",
        ),
        ("1, f, per_shard='yes'", "per_shard must be True or False"),
    ] {
        let script = format!("f = lambda: 1\nregisterTE({arguments})");
        let refused = try_ask::<Value>(&server.shard(0), &["RG.PYEXECUTE", &script]).unwrap_err();
        assert!(refused.to_string().contains(error), "{refused}");
    }
}

/// Counts the runs beside the key, which is on the same shard.
fn keyed(tag: &str) -> String {
    format!(
        "
def count():
    execute('INCR', 'runs:{{{tag}}}')
GB('CommandReader').register(trigger='unused')
if not execute('EXISTS', 'timer:{{{tag}}}'): registerTE(1, count, 'timer:{{{tag}}}')
"
    )
}

#[test]
fn a_key_moves_with_its_time_event() {
    let cluster = Server::cluster().shards(3).start().unwrap();
    let (slot, tag) = tags(1).remove(0);
    let is_served = |shard: &usize| {
        let node = cluster.shard(*shard);
        try_ask::<Value>(&node, &["GET", &format!("x:{{{tag}}}")]).is_ok()
    };
    let old = (0..3).find(is_served).unwrap();
    // A shard that does not serve the key refuses it.
    let wrong = cluster.shard((old + 1) % 3);
    let script = format!("registerTE(1, lambda: 1, 'timer:{{{tag}}}')");
    let refused = try_ask::<Value>(&wrong, &["RG.PYEXECUTE", &script]).unwrap_err();
    assert!(refused.to_string().contains("is on the shard"), "{refused}");

    let session = ["RG.PYEXECUTE", &keyed(&tag), "ID", SESSION];
    let _: Value = ask(&cluster.shard(old), &session);
    let runs = |shard: usize| -> usize {
        let key = format!("runs:{{{tag}}}");
        try_ask::<Option<usize>>(&cluster.shard(shard), &["GET", &key])
            .ok()
            .flatten()
            .unwrap_or(0)
    };
    eventually("the function runs", || runs(old) > 0);
    for step in 1..=3 {
        let to = (old + step) % 3;
        cluster.move_slot(slot, to).unwrap();
        let before = runs(to);
        eventually("the function goes on", || runs(to) >= before + 2);
        let key = format!("timer:{{{tag}}}");
        let kind: String = ask(&cluster.shard(to), &["TYPE", &key]);
        assert_eq!(kind, "rg_timeev");
        let begun = Instant::now();
        let before = runs(to);
        thread::sleep(Duration::from_millis(2500));
        let more = runs(to) - before;
        assert!((2..=3).contains(&more), "{more} in {:?}", begun.elapsed());
    }
    // A key that was deleted at its shard ends the function.
    let to = old;
    let _: i64 = ask(&cluster.shard(to), &["DEL", &format!("timer:{{{tag}}}")]);
    let before = runs(to);
    thread::sleep(Duration::from_millis(1500));
    assert!(runs(to) <= before + 1);
}

#[test]
fn a_copy_of_a_key_has_no_time_event() {
    let cluster = Server::cluster().shards(2).start().unwrap();
    let (slot, tag) = tags(2).remove(0);
    let old = usize::from(slot >= 8192);
    let (from, to) = (cluster.shard(old), cluster.shard(1 - old));
    let _: Value = ask(&from, &["RG.PYEXECUTE", &keyed(&tag), "ID", SESSION]);
    let key = format!("timer:{{{tag}}}");
    let _: String = ask(
        &to,
        &[
            "CLUSTER",
            "SETSLOT",
            &slot.to_string(),
            "IMPORTING",
            from.id(),
        ],
    );
    let port = to.port().to_string();
    let _: String = ask(
        &from,
        &["MIGRATE", "127.0.0.1", &port, &key, "0", "5000", "COPY"],
    );
    eventually("the copy is refused", || {
        let log = std::fs::read_to_string(to.log_path()).unwrap();
        log.contains("stays without its time event, because it was copied")
    });
    // A client cannot bring in a function either.
    let client = redis::Client::open(from.url()).unwrap();
    let mut con = client.get_connection().unwrap();
    let dumped: Vec<u8> = redis::cmd("DUMP").arg(&key).query(&mut con).unwrap();
    for command in ["RESTORE", "RESTORE-ASKING"] {
        let refused = redis::cmd(command)
            .arg(format!("other:{{{tag}}}"))
            .arg(0)
            .arg(&dumped)
            .query::<Value>(&mut con);
        assert!(refused.is_err(), "{command}");
    }
    assert!(
        !dumped.windows(4).any(|part| part == b"runs"),
        "the function is not shown"
    );
}

/// Moves all keys of a slot with one command each way. `come` is called when the keys have come, and most of their functions have not.
fn move_at_once(
    cluster: &Cluster,
    slot: u16,
    from: &ClusterNode,
    to: &ClusterNode,
    come: impl FnOnce(),
) {
    let slot = slot.to_string();
    let set = |node: &ClusterNode, words: &[&str]| {
        let all = [&["CLUSTER", "SETSLOT", slot.as_str()], words].concat();
        let _: String = ask(node, &all);
    };
    set(to, &["IMPORTING", from.id()]);
    set(from, &["MIGRATING", to.id()]);
    let keys: Vec<String> = ask(from, &["CLUSTER", "GETKEYSINSLOT", &slot, "1000"]);
    let port = to.port().to_string();
    let mut words = vec!["MIGRATE", "127.0.0.1", &port, "", "0", "5000", "KEYS"];
    words.extend(keys.iter().map(String::as_str));
    let _: String = ask(from, &words);
    come();
    set(to, &["NODE", to.id()]);
    set(from, &["NODE", to.id()]);
    cluster.settle().unwrap();
}

#[test]
fn many_keys_move_at_once() {
    many_keys_move(|_| || ());
}

/// Replicas and the AOF are told of functions that have come, which would end a server that pauses writes.
#[test]
fn functions_that_come_while_the_server_pauses_wait() {
    many_keys_move(|to| {
        let client = redis::Client::open(to.url()).unwrap();
        let mut con = client.get_connection().unwrap();
        let pause = redis::cmd("CLIENT")
            .arg(&["PAUSE", "1000", "WRITE"])
            .clone();
        move || pause.exec(&mut con).unwrap()
    });
}

/// `ready` is told of the shard to which the keys go, and returns what happens when they have come.
fn many_keys_move<F: FnOnce()>(ready: impl FnOnce(&ClusterNode) -> F) {
    let cluster = Server::cluster()
        .shards(2)
        .server_arg("appendonly", "yes")
        .start()
        .unwrap();
    let (slot, tag) = tags(2).remove(0);
    let old = usize::from(slot >= 8192);
    let (from, to) = (cluster.shard(old), cluster.shard(1 - old));
    let script = format!(
        "
def counter(number):
    return lambda: execute('HINCRBY', 'runs:{{{tag}}}', str(number), 1)
for number in range(300):
    registerTE(1, counter(number), 'timer%d:{{{tag}}}' % number)
"
    );
    let _: Value = ask(&from, &["RG.PYEXECUTE", &script]);
    let runs = format!("runs:{{{tag}}}");
    let count = |node: &ClusterNode| try_ask::<usize>(node, &["HLEN", &runs]).unwrap_or(0);
    eventually("all functions run", || count(&from) == 300);
    move_at_once(&cluster, slot, &from, &to, ready(&to));
    let _: i64 = ask(&to, &["DEL", &runs]);
    eventually("all functions go on", || count(&to) == 300);
}

#[test]
fn a_key_without_its_function_is_read_from_the_aof() {
    let cluster = Server::cluster()
        .shards(2)
        .server_arg("appendonly", "yes")
        .server_arg("aof-use-rdb-preamble", "no")
        .start()
        .unwrap();
    let (slot, tag) = tags(2).remove(0);
    let old = usize::from(slot >= 8192);
    let (from, to) = (cluster.shard(old), cluster.shard(1 - old));
    let script = format!("registerTE(1, lambda: 1, 'timer:{{{tag}}}')");
    let _: Value = ask(&from, &["RG.PYEXECUTE", &script]);
    // A copy gets no function.
    let key = format!("timer:{{{tag}}}");
    let importing = [
        "CLUSTER",
        "SETSLOT",
        &slot.to_string(),
        "IMPORTING",
        from.id(),
    ];
    let _: String = ask(&to, &importing);
    let port = to.port().to_string();
    let copy = ["MIGRATE", "127.0.0.1", &port, &key, "0", "5000", "COPY"];
    let _: String = ask(&from, &copy);
    let _: String = ask(&to, &["BGREWRITEAOF"]);
    let info = |field: &str| {
        let text: String = ask(&to, &["INFO", "persistence"]);
        text.contains(field)
    };
    eventually("the AOF is written", || {
        info("aof_rewrite_in_progress:0") && info("aof_rewrite_scheduled:0")
    });
    to.stop().unwrap();
    to.start().unwrap();
    let keys: usize = ask(&to, &["DBSIZE"]);
    assert_eq!(keys, 1);
}

#[gear_every("1s")]
fn tick() {
    python! { log("ran once") }
}

#[gear_every("1s", per_shard = true)]
fn tick_everywhere() {
    python! { log("ran everywhere") }
}

#[test]
fn gears_run_once_or_on_each_shard() {
    let cluster = Server::cluster().shards(3).start().unwrap();
    drop(redgrease::start(cluster.url()).unwrap());
    let everywhere = |node: &ClusterNode| {
        let log = std::fs::read_to_string(node.log_path()).unwrap();
        log.matches("ran everywhere").count()
    };
    for shard in 0..3 {
        eventually("each shard runs it", || {
            everywhere(&cluster.shard(shard)) > 2
        });
    }
    let ran: Vec<usize> = all_runs(&cluster);
    assert_eq!(ran.iter().filter(|count| **count > 0).count(), 1, "{ran:?}");
}
