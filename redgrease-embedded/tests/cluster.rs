//! The life of a private cluster, without the engine.
#![allow(clippy::unwrap_used, missing_docs)]

use redgrease_embedded::{Cluster, ClusterBuilder, ClusterNode, ErrorKind, Server};
use redis::Commands;
use rustix::process::{Pid, test_kill_process};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

fn plain() -> ClusterBuilder {
    Server::cluster().without_engine()
}

fn client(node: &ClusterNode) -> redis::Connection {
    redis::Client::open(node.url())
        .unwrap()
        .get_connection()
        .unwrap()
}

fn is_alive(pid: u32) -> bool {
    test_kill_process(Pid::from_raw(pid.cast_signed()).unwrap()).is_ok()
}

/// The slot of "foo", as the specification of clusters gives it.
const FOO: u16 = 12182;

fn info(node: &ClusterNode, name: &str) -> String {
    let info: String = redis::cmd("CLUSTER")
        .arg("INFO")
        .query(&mut client(node))
        .unwrap();
    let mut lines = info.lines();
    let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    value.unwrap().to_owned()
}

fn role(node: &ClusterNode) -> String {
    let role: Vec<redis::Value> = redis::cmd("ROLE").query(&mut client(node)).unwrap();
    redis::from_redis_value(role[0].clone()).unwrap()
}

fn slots_of(cluster: &Cluster, shard: usize) -> usize {
    let nodes: String = redis::cmd("CLUSTER")
        .arg("NODES")
        .query(&mut client(&cluster.shard(shard)))
        .unwrap();
    let mine = nodes.lines().find(|line| line.contains("myself")).unwrap();
    let ranges = mine.split(' ').skip(8);
    ranges
        .map(|range| {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            last.parse::<usize>().unwrap() - first.parse::<usize>().unwrap() + 1
        })
        .sum()
}

#[test]
fn three_shards_share_the_slots_evenly_and_end_with_the_cluster() {
    let began = Instant::now();
    let cluster = plain().start().unwrap();
    let took = began.elapsed();
    // A master of a new cluster refuses work for two seconds.
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert_eq!((cluster.shards(), cluster.nodes().len()), (3, 3));
    let counts: Vec<_> = (0..3).map(|shard| slots_of(&cluster, shard)).collect();
    assert_eq!(counts.iter().sum::<usize>(), 16384);
    assert!(counts.iter().all(|count| (5461..=5462).contains(count)));
    for node in cluster.nodes() {
        assert_eq!(info(&node, "cluster_state"), "ok");
        assert_eq!(info(&node, "cluster_known_nodes"), "3");
        assert_eq!(info(&node, "cluster_size"), "3");
    }

    // A client that follows the slots reaches every key.
    let client = redis::cluster::ClusterClient::new(vec![cluster.url()]).unwrap();
    let mut con = client.get_connection().unwrap();
    for key in ["foo", "bar", "hello"] {
        let () = con.set(key, key).unwrap();
        assert_eq!(con.get::<_, String>(key).unwrap(), key);
    }

    let nodes = cluster.nodes();
    let pids: Vec<u32> = nodes.iter().map(|node| node.pid().unwrap()).collect();
    let dirs: Vec<_> = nodes.iter().map(|node| node.dir().to_owned()).collect();
    drop(cluster);
    assert!(!pids.into_iter().any(is_alive));
    assert!(nodes.iter().all(|node| node.pid().is_none()));
    drop(nodes);
    assert!(!dirs.into_iter().any(|dir| dir.exists()));
}

#[test]
fn the_servers_listen_on_loopback_alone() {
    let cluster = plain().shards(1).start().unwrap();
    let bind: Vec<String> = redis::cmd("CONFIG")
        .arg("GET")
        .arg("bind")
        .query(&mut client(&cluster.shard(0)))
        .unwrap();
    assert_eq!(bind[1], "127.0.0.1");
    assert_eq!(cluster.urls(), [cluster.url()]);
    assert_eq!(
        cluster.url(),
        format!("redis://127.0.0.1:{}/", cluster.shard(0).port())
    );
}

#[test]
fn ports_in_a_row_go_on_with_the_next_shard() {
    // Another test may take one of the ports in between.
    let cluster = (0..20).find_map(|_| {
        let first = plain().shards(1).start().unwrap().shard(0).port();
        plain().shards(2).first_port(first).start().ok()
    });
    let cluster = cluster.unwrap();
    let first = cluster.shard(0).port();
    let ports =
        |cluster: &Cluster| -> Vec<u16> { cluster.nodes().iter().map(ClusterNode::port).collect() };
    assert_eq!(ports(&cluster), [first, first + 1]);
    let error = plain().first_port(first).start().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InUse, "{error}");
    assert!(error.to_string().contains(&first.to_string()), "{error}");
    cluster.add_shard().unwrap();
    assert_eq!(ports(&cluster), [first, first + 1, first + 2]);
}

#[test]
fn impossible_numbers_are_refused() {
    for builder in [
        plain().shards(0),
        plain().shards(1001),
        plain().replicas(11),
    ] {
        let error = builder.start().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidOption, "{error}");
    }
}

#[test]
fn an_option_reaches_every_server_and_the_defaults_give_way() {
    let cluster = plain()
        .shards(2)
        .server_arg("maxmemory-policy", "allkeys-lfu")
        .server_arg("cluster-require-full-coverage", "no")
        .server_arg("cluster-migration-barrier", "7")
        .node_timeout(Duration::from_millis(1500))
        .start()
        .unwrap();
    for node in cluster.nodes() {
        let mut con = client(&node);
        let mut get = |name: &str| -> Vec<String> {
            redis::cmd("CONFIG")
                .arg("GET")
                .arg(name)
                .query(&mut con)
                .unwrap()
        };
        assert_eq!(get("maxmemory-policy")[1], "allkeys-lfu");
        assert_eq!(get("cluster-require-full-coverage")[1], "no");
        assert_eq!(get("cluster-migration-barrier")[1], "7");
        assert_eq!(get("cluster-node-timeout")[1], "1500");
    }
}

#[test]
fn a_server_that_cannot_start_shows_its_log() {
    let error = plain().server_arg("no-such-directive", "1").start();
    let error = error.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Exited);
    assert!(error.to_string().contains("no-such-directive"), "{error}");
}

#[test]
fn a_slot_moves_with_its_keys() {
    let cluster = plain().start().unwrap();
    let mut con = client(&cluster.shard(2));
    // More than one batch, of all kinds.
    for i in 0..250 {
        let () = con.set(format!("{{foo}}{i}"), i).unwrap();
    }
    let () = con.set(b"{foo}\r\n\xff\0".as_slice(), "bytes").unwrap();
    let () = con.xadd("{foo}stream", "1-1", &[("a", "b")]).unwrap();
    let () = con.xgroup_create("{foo}stream", "group", "0").unwrap();
    let _: redis::Value = con
        .xread_options(
            &["{foo}stream"],
            &[">"],
            &redis::streams::StreamReadOptions::default().group("group", "me"),
        )
        .unwrap();

    cluster.move_slot(FOO, 0).unwrap();
    let mut moved = client(&cluster.shard(0));
    let count: usize = redis::cmd("DBSIZE").query(&mut moved).unwrap();
    assert_eq!(count, 252);
    assert_eq!(moved.get::<_, i64>("{foo}249").unwrap(), 249);
    let bytes: String = moved.get(b"{foo}\r\n\xff\0".as_slice()).unwrap();
    assert_eq!(bytes, "bytes");
    let pending: redis::streams::StreamPendingReply =
        moved.xpending("{foo}stream", "group").unwrap();
    assert_eq!(pending.count(), 1);
    // The others send clients to the new owner.
    for shard in [1, 2] {
        let refused = client(&cluster.shard(shard)).get::<_, i64>("{foo}249");
        let refused = refused.unwrap_err().to_string();
        assert!(
            refused.contains(&cluster.shard(0).port().to_string()),
            "{refused}"
        );
    }
    assert_eq!(slots_of(&cluster, 0), 5462);
    // The shard has the slot: nothing happens.
    cluster.move_slot(FOO, 0).unwrap();
    cluster.settle().unwrap();
    cluster.move_slot(FOO, 2).unwrap();
    assert_eq!(
        client(&cluster.shard(2)).get::<_, i64>("{foo}1").unwrap(),
        1
    );
}

#[test]
fn clients_go_on_while_their_slot_moves() {
    let cluster = plain().start().unwrap();
    let url = cluster.url().to_owned();
    let moved = AtomicBool::new(false);
    let written = std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let client = redis::cluster::ClusterClient::new(vec![url]).unwrap();
            let mut con = client.get_connection().unwrap();
            let mut i = 0;
            while !moved.load(Ordering::Relaxed) || i < 500 {
                let () = con.set(format!("{{foo}}{i}"), i).unwrap();
                let () = con.incr("{foo}", 1).unwrap();
                i += 1;
            }
            i
        });
        for to in [0, 1, 2, 0, 1, 2, 0, 1] {
            cluster.move_slot(FOO, to).unwrap();
        }
        moved.store(true, Ordering::Relaxed);
        writer.join().unwrap()
    });
    let mut con = client(&cluster.shard(1));
    let count: i64 = redis::cmd("DBSIZE").query(&mut con).unwrap();
    assert_eq!(count, written + 1);
    assert_eq!(con.get::<_, i64>("{foo}").unwrap(), written);
    for shard in [0, 2] {
        let mut other = client(&cluster.shard(shard));
        let count: i64 = redis::cmd("DBSIZE").query(&mut other).unwrap();
        assert_eq!(count, 0, "shard {shard}");
    }
}

#[test]
fn there_is_no_slot_beyond_the_last_one() {
    let cluster = plain().shards(2).start().unwrap();
    cluster.move_slot(16383, 0).unwrap();
    let error = cluster.move_slot(16384, 0).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidOption, "{error}");
}

#[test]
fn a_shard_that_is_added_takes_slots_and_one_may_lose_all_of_them() {
    let cluster = plain().shards(1).start().unwrap();
    let () = client(&cluster.shard(0)).set("foo", 1).unwrap();
    let added = cluster.add_shard().unwrap();
    assert_eq!((added, cluster.shards()), (1, 2));
    assert_eq!(slots_of(&cluster, 1), 0);
    assert_eq!(info(&cluster.shard(1), "cluster_state"), "ok");
    cluster.move_slot(FOO, 1).unwrap();
    assert_eq!(client(&cluster.shard(1)).get::<_, i64>("foo").unwrap(), 1);
    cluster.move_slot(FOO, 0).unwrap();
    cluster.settle().unwrap();
    assert_eq!(role(&cluster.shard(1)), "master");
}

#[test]
fn replicas_follow_and_take_over_on_demand() {
    let cluster = plain().replicas(1).start().unwrap();
    assert_eq!(cluster.nodes().len(), 6);
    assert_eq!(cluster.urls()[3], cluster.replica(0, 0).url());
    let (master, replica) = (cluster.shard(2), cluster.replica(2, 0));
    assert_eq!(
        (role(&master), role(&replica)),
        ("master".into(), "slave".into())
    );
    let () = client(&master).set("foo", 1).unwrap();

    cluster.failover(2).unwrap();
    assert_eq!(cluster.shard(2).id(), replica.id());
    assert_eq!(cluster.replica(2, 0).id(), master.id());
    assert_eq!(
        (role(&master), role(&replica)),
        ("slave".into(), "master".into())
    );
    assert_eq!(client(&replica).get::<_, i64>("foo").unwrap(), 1);
    cluster.failover(2).unwrap();
    assert_eq!(cluster.shard(2).id(), master.id());
}

/// A server that is elected twice within a few seconds would count the votes of the first election for the second one: it took
/// writes as a master that no other server accepts, and lost them.
#[test]
fn the_servers_of_a_shard_replace_each_other_at_once() {
    let cluster = plain().shards(3).replicas(1).start().unwrap();
    for round in 0..4 {
        let (master, replica) = (cluster.shard(2), cluster.replica(2, 0));
        cluster.failover(2).unwrap();
        assert_eq!(cluster.shard(2).id(), replica.id(), "round {round}");
        assert_eq!(cluster.replica(2, 0).id(), master.id());
        let count: usize = client(&replica).incr("foo", 1).unwrap();
        assert_eq!(count, round + 1);
    }
}

#[test]
fn a_replica_takes_over_from_a_master_that_is_killed_or_paused() {
    let cluster = plain().replicas(1).start().unwrap();
    let (killed, heir) = (cluster.shard(0), cluster.replica(0, 0));
    killed.kill().unwrap();
    assert_eq!((killed.pid(), killed.is_running()), (None, false));
    cluster.settle().unwrap();
    assert_eq!(cluster.shard(0).id(), heir.id());
    assert_eq!(info(&heir, "cluster_state"), "ok");

    let (paused, heir) = (cluster.shard(1), cluster.replica(1, 0));
    paused.pause().unwrap();
    assert!(paused.pid().is_some() && !paused.is_running());
    cluster.settle().unwrap();
    assert_eq!(cluster.shard(1).id(), heir.id());

    // Both come back as replicas.
    paused.resume().unwrap();
    killed.start().unwrap();
    cluster.settle().unwrap();
    assert_eq!(
        (role(&paused), role(&killed)),
        ("slave".into(), "slave".into())
    );
    assert_eq!(cluster.shard(0).id(), cluster.nodes()[0].id());
}

#[test]
fn a_server_that_was_stopped_has_its_data_and_its_place_again() {
    let cluster = plain().start().unwrap();
    let node = cluster.shard(2);
    let () = client(&node).set("foo", 1).unwrap();
    let (id, url) = (node.id().to_owned(), node.url().to_owned());
    node.stop().unwrap();
    node.stop().unwrap();
    assert_eq!(
        node.pause().unwrap_err().kind(),
        ErrorKind::Cluster,
        "it does not run"
    );
    node.start().unwrap();
    node.start().unwrap();
    cluster.settle().unwrap();
    assert_eq!((node.id(), node.url()), (&*id, &*url));
    assert_eq!(client(&node).get::<_, i64>("foo").unwrap(), 1);
    let log = node.log_tail(1000);
    assert_eq!(log.matches("Server initialized").count(), 2, "{log}");
}

#[test]
fn signals_reach_the_process() {
    let cluster = plain().shards(1).start().unwrap();
    let node = cluster.shard(0);
    assert_eq!(
        node.signal(12345).unwrap_err().kind(),
        ErrorKind::InvalidOption
    );
    let () = client(&node).set("foo", 1).unwrap();
    let pid = node.pid().unwrap();
    // SIGKILL
    node.signal(9).unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while node.is_running() {
        assert!(Instant::now() < deadline, "the server runs on");
        std::thread::yield_now();
    }
    assert_eq!(node.pid(), None);
    assert!(!is_alive(pid));
    // A server that ended by itself starts again, too.
    node.start().unwrap();
    cluster.settle().unwrap();
    assert!(!client(&node).exists::<_, bool>("foo").unwrap());
}

#[test]
fn a_shard_without_replicas_cannot_fail_over() {
    let cluster = plain().shards(1).start().unwrap();
    let error = cluster.failover(0).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cluster, "{error}");
    assert!(error.to_string().contains("ClusterBuilder::replicas"));
}

#[test]
fn a_cluster_with_a_paused_server_ends() {
    let cluster = plain().replicas(1).shards(1).start().unwrap();
    let pids: Vec<u32> = cluster
        .nodes()
        .iter()
        .filter_map(ClusterNode::pid)
        .collect();
    cluster.shard(0).pause().unwrap();
    drop(cluster);
    assert_eq!(pids.len(), 2);
    assert!(!pids.into_iter().any(is_alive));
}
