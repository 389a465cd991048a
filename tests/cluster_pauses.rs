//! Pausing registrations of streams on all shards of a cluster, and resetting statistics there.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::shards::{ask, ids, send, tags, try_ask, try_send};
use common::{eventually, plain_connection_to};
use redgrease::GearsCommands;
use redgrease_embedded::{Cluster, ClusterNode, Server};
use redis::Value;
use std::time::Duration;

/// A stream on each shard of three, and the registration that counts its messages.
struct World {
    cluster: Cluster,
    id: String,
    /// The tag of the stream of each shard.
    tags: Vec<String>,
}

const SCRIPT: &str = "
def handle(record):
    execute('INCR', 'handled:{' + record['key'].split('{')[1])
GB('StreamReader').foreach(handle).register('orders:*')
";

fn tags_by_shard() -> Vec<(u16, String)> {
    let mut tags = tags(3);
    tags.sort();
    tags
}

impl World {
    fn start(replicas: usize) -> World {
        let cluster = Server::cluster().replicas(replicas).start().unwrap();
        cluster.settle().unwrap();
        let _: Value = ask(&cluster.shard(0), &["RG.PYEXECUTE", SCRIPT]);
        World {
            id: ids(&cluster.shard(0))[0].clone(),
            tags: tags_by_shard().into_iter().map(|(_, tag)| tag).collect(),
            cluster,
        }
    }

    /// Adds a message to the stream of each shard.
    fn add(&self) {
        for (at, tag) in self.tags.iter().enumerate() {
            let stream = format!("orders:{{{tag}}}");
            let _: Value = ask(&self.cluster.shard(at), &["XADD", &stream, "*", "n", "1"]);
        }
    }

    fn handled(&self, shard: usize) -> usize {
        let key = format!("handled:{{{}}}", self.tags[shard]);
        let count: Option<usize> = ask(&self.cluster.shard(shard), &["GET", &key]);
        count.unwrap_or(0)
    }

    #[track_caller]
    fn wait_for(&self, expected: [usize; 3]) {
        let what = format!("{expected:?} messages are handled");
        eventually(&what, || {
            [0, 1, 2].map(|shard| self.handled(shard)) == expected
        });
    }

    fn paused(&self) -> Vec<bool> {
        let shards = 0..self.cluster.shards();
        shards
            .map(|at| is_paused(&self.cluster.shard(at)))
            .collect()
    }

    fn command(&self, shard: usize, name: &str) -> String {
        ask(&self.cluster.shard(shard), &[name, "CLUSTER", &self.id])
    }
}

fn is_paused(node: &ClusterNode) -> bool {
    format!("{:?}", send(node, &["RG.DUMPREGISTRATIONS"])).contains("PAUSED")
}

fn error(node: &ClusterNode, words: &[&str]) -> String {
    try_send(node, words).unwrap_err().to_string()
}

const PAUSE: &str = "RG.PAUSEREGISTRATIONS";
const UNPAUSE: &str = "RG.UNPAUSEREGISTRATIONS";
const CLEAR: &str = "RG.CLEARREGISTRATIONSSTATS";

#[test]
fn a_registration_is_paused_on_all_shards_and_goes_on_on_all() {
    let world = World::start(0);
    world.add();
    world.wait_for([1, 1, 1]);
    // Any shard takes the commands, whose id is of the first one.
    assert_eq!(world.command(1, PAUSE), "OK");
    assert_eq!(world.paused(), [true, true, true]);
    world.add();
    let first = world.cluster.shard(0);
    assert_eq!(ask::<String>(&first, &[UNPAUSE, &world.id]), "OK");
    assert_eq!(world.paused(), [false, true, true]);
    world.wait_for([2, 1, 1]);
    assert_eq!(world.command(2, UNPAUSE), "OK");
    assert_eq!(world.paused(), [false, false, false]);
    world.wait_for([2, 2, 2]);
}

#[test]
fn a_stream_that_moves_to_another_shard_stays_paused() {
    let world = World::start(0);
    let marks = SCRIPT
        .replace("'handled:", "'marked:")
        .replace("orders", "marks");
    let (from, to) = (world.cluster.shard(0), world.cluster.shard(1));
    let _: Value = ask(&from, &["RG.PYEXECUTE", &marks]);
    assert_eq!(world.command(0, PAUSE), "OK");
    world.add();
    let (slot, tag) = tags_by_shard().remove(0);
    world.cluster.move_slot(slot, 1).unwrap();
    // The new shard reads the other stream of the slot.
    let _: Value = ask(&to, &["XADD", &format!("marks:{{{tag}}}"), "*", "n", "1"]);
    let get = |name: &str| -> Option<usize> { ask(&to, &["GET", &format!("{name}:{{{tag}}}")]) };
    eventually("the other stream is read", || get("marked") == Some(1));
    assert_eq!(get("handled"), None);
    assert_eq!(world.command(2, UNPAUSE), "OK");
    eventually("the stream is read", || get("handled") == Some(1));
}

#[test]
fn a_shard_that_joins_later_is_not_paused_until_the_command_is_sent_again() {
    let world = World::start(0);
    assert_eq!(world.command(0, PAUSE), "OK");
    let added = world.cluster.add_shard().unwrap();
    eventually("the shard has the registration", || {
        ids(&world.cluster.shard(added)) == [world.id.clone()]
    });
    assert_eq!(world.paused(), [true, true, true, false]);
    // The other shards see it as one of them when it serves a slot.
    world.cluster.move_slot(0, added).unwrap();
    eventually("all shards are paused", || {
        world.command(0, PAUSE) == "OK" && world.paused() == [true; 4]
    });
}

#[test]
fn a_command_that_this_shard_refuses_reaches_no_other() {
    let world = World::start(0);
    let node = world.cluster.shard(1);
    let unknown = error(&node, &[PAUSE, "CLUSTER", "nothing"]);
    let own = format!("does not exists on shard {}", node.id());
    assert!(unknown.contains(&own), "{unknown}");
    for words in [&[PAUSE, &world.id, "x"][..], &[CLEAR, "x"]] {
        let refused = error(&node, words);
        assert!(refused.contains("wrong number of arguments"), "{refused}");
    }
    let script = "GB('CommandReader').register(trigger='t')";
    let _: Value = ask(&node, &["RG.PYEXECUTE", script]);
    let all = ids(&node);
    let other = all.iter().find(|id| **id != world.id).unwrap();
    let refused = error(&node, &[UNPAUSE, "CLUSTER", other]);
    assert!(refused.contains("does not support unpause"), "{refused}");
    assert!(!refused.contains("some shards"), "{refused}");
    // Inside MULTI no client may be blocked.
    for words in [
        &[PAUSE, "CLUSTER", world.id.as_str()][..],
        &[CLEAR, "CLUSTER"],
    ] {
        let mut pipe = redis::pipe();
        pipe.atomic().cmd(words[0]).arg(&words[1..]);
        let result: redis::RedisResult<Value> = pipe.query(&mut plain_connection_to(node.url()));
        let text = format!("{result:?}");
        assert!(text.contains("MULTI/LUA"), "{words:?}: {text}");
    }
    assert_eq!(world.paused(), [false, false, false]);
}

/// The rights on the other shards are those of the user there.
#[test]
fn a_shard_that_refuses_is_named_and_the_command_can_be_sent_again() {
    let world = World::start(0);
    let (first, last) = (world.cluster.shard(0), world.cluster.shard(2));
    for at in 0..3 {
        let rules = ["ACL", "SETUSER", "keeper", "on", ">x", "~*", "+@all"];
        let () = ask(&world.cluster.shard(at), &rules);
    }
    let () = ask(
        &last,
        &["ACL", "SETUSER", "keeper", "-rg.pauseregistrations"],
    );
    let url = first.url().replace("redis://", "redis://keeper:x@");
    let pause = || {
        let mut con = plain_connection_to(&url);
        con.pause_registrations_cluster(&world.id)
    };
    let refused = pause().unwrap_err().to_string();
    for words in ["is paused on some shards only", last.id(), "again"] {
        assert!(refused.contains(words), "{words}: {refused}");
    }
    assert_eq!(world.paused(), [true, true, false]);
    let () = ask(
        &last,
        &["ACL", "SETUSER", "keeper", "+rg.pauseregistrations"],
    );
    pause().unwrap();
    assert_eq!(world.paused(), [true, true, true]);
}

#[test]
fn statistics_are_reset_on_all_servers() {
    let world = World::start(1);
    world.add();
    world.wait_for([1, 1, 1]);
    // What was a master keeps its statistics as a replica.
    world.cluster.failover(1).unwrap();
    let triggered = |node: &ClusterNode| {
        let mut con = plain_connection_to(node.url());
        con.dump_registrations().unwrap()[0].triggered
    };
    let counted = |expected: usize| {
        let nodes = world.cluster.nodes();
        nodes.iter().filter(|node| triggered(node) > 0).count() == expected
    };
    eventually("three servers have handled a message", || counted(3));
    let mut con = plain_connection_to(world.cluster.shard(2).url());
    con.clear_registrations_stats_cluster().unwrap();
    assert!(counted(0));
}

/// A connection to a cluster leads to all shards without the word, too.
#[test]
fn the_client_pauses_on_all_shards() {
    let world = World::start(0);
    let mut con = redgrease::connect(world.cluster.url()).unwrap();
    con.pause_registrations(&world.id).unwrap();
    assert_eq!(world.paused(), [true, true, true]);
    con.unpause_registrations(&world.id).unwrap();
    assert_eq!(world.paused(), [false, false, false]);
    con.pause_registrations_cluster(&world.id).unwrap();
    assert_eq!(world.paused(), [true, true, true]);
    con.unpause_registrations_cluster(&world.id).unwrap();
    assert_eq!(world.paused(), [false, false, false]);
    assert!(con.pause_registrations_cluster("nothing").is_err());
}

/// A server in no cluster is all servers.
#[test]
fn one_server_takes_the_same_words() {
    let server = Server::start().unwrap();
    let mut con = plain_connection_to(server.url());
    let () = redis::cmd("RG.PYEXECUTE")
        .arg(SCRIPT)
        .query(&mut con)
        .unwrap();
    let id = con.dump_registrations().unwrap()[0].id.clone();
    con.pause_registrations_cluster(&id).unwrap();
    let row = &con.dump_registrations().unwrap()[0];
    assert!(format!("{row:?}").contains("PAUSED"), "{row:?}");
    con.unpause_registrations_cluster(&id).unwrap();
    con.clear_registrations_stats_cluster().unwrap();
    let mut pipe = redis::pipe();
    pipe.atomic().cmd(PAUSE).arg("CLUSTER").arg(&id);
    let _: Value = pipe.query(&mut con).unwrap();
}

/// A shard that does not answer is named. The others are paused, and the command can be sent again.
#[test]
fn a_shard_that_does_not_answer_is_named() {
    let cluster = Server::cluster()
        .module_arg("ExecutionMaxIdleTime", "700")
        .node_timeout(Duration::from_mins(1))
        .start()
        .unwrap();
    cluster.settle().unwrap();
    let (first, second) = (cluster.shard(0), cluster.shard(1));
    // The engine looks at the cluster now and then.
    send(&first, &["RG.REFRESHCLUSTER"]);
    let _: Value = ask(&first, &["RG.PYEXECUTE", SCRIPT]);
    let id = ids(&first)[0].clone();
    second.pause().unwrap();
    let refused = error(&first, &[PAUSE, "CLUSTER", &id]);
    assert!(refused.contains(second.id()), "{refused}");
    assert!(is_paused(&first) && is_paused(&cluster.shard(2)));
    second.resume().unwrap();
    eventually("the shard is there again", || {
        try_ask::<String>(&first, &[PAUSE, "CLUSTER", &id]).is_ok()
    });
    assert!(is_paused(&second));
}
