//! Nodes that are known to a cluster, and that no other node can reach: without an address, without the engine, or gone.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;
mod on_shards;

use common::eventually;
use common::shards::{send, text, try_send};
use on_shards::{Outcome, ask, client, fill, results, run};
use redgrease::GearsCommands;
use redgrease_embedded::{Cluster, ClusterNode, Server};
use redis::{FromRedisValue, Value};
use std::collections::HashMap;

const REGISTER: &str = "GB('CommandReader').map(lambda _: 1).register(trigger='one', mode='async')";
const COUNT: &str = "GB('KeysReader').count().run()";

/// `true` if the trigger has run on three shards. A call that hangs is an error after a while.
fn all_run_it(node: &ClusterNode) -> bool {
    let mut call = redis::cmd("RG.TRIGGER");
    let answer: redis::RedisResult<Vec<String>> = call.arg("one").query(&mut client(node));
    answer.is_ok_and(|answer| answer == ["1", "1", "1"])
}

/// A cluster whose shards work on when others are gone.
fn start(shards: usize) -> Cluster {
    let cluster = Server::cluster()
        .shards(shards)
        .server_arg("cluster-require-full-coverage", "no")
        .start()
        .unwrap();
    cluster.settle().unwrap();
    cluster
}

/// A server that has lost its files has another id. The node of the old id stays in the lists of the others, without an address, and
/// no node ever says of it that it has failed.
#[test]
fn a_shard_without_an_address_is_left_out() {
    let cluster = start(3);
    fill(&cluster, 300);
    let (first, third) = (cluster.shard(0), cluster.shard(2));
    send(&third, &["FLUSHALL"]);
    send(&third, &["CLUSTER", "RESET", "HARD"]);
    let nodes = || text(&send(&first, &["CLUSTER", "NODES"]));
    eventually("the shard has no address", || {
        nodes()
            .lines()
            .any(|line| line.starts_with(third.id()) && line.contains("noaddr"))
    });
    eventually("the shard is left out", || {
        let (_, errors) = run(&first, COUNT);
        errors
            .iter()
            .any(|why| why.contains("were not read") && why.contains(third.id()))
    });
    let answer = try_send(&first, &["RG.PYEXECUTE", REGISTER]).unwrap();
    assert_eq!(text(&answer), "OK");
    names_the_absent_shard(&first, third.id());
}

/// What goes to all shards gives the results of those that are there, and names the one that is not.
fn names_the_absent_shard(node: &ClusterNode, absent: &str) {
    let names_it = |why: &str| why.contains("only the other shards") && why.contains(absent);
    let why = try_send(node, &["RG.TRIGGER", "one"]).unwrap_err();
    assert!(names_it(why.detail().unwrap_or_default()), "{why}");
    for script in [
        "GB('ShardsIDReader').count().run()",
        "GB('PythonReader').count().run(lambda: iter(range(1)))",
    ] {
        let (found, errors) = run(node, script);
        assert_eq!(found, ["2"], "{script}");
        assert!(errors.iter().any(|why| names_it(why)), "{errors:?}");
    }
    // It runs here alone.
    let local = "GB('ShardsIDReader').count().run(mode='async_local')";
    assert_eq!(results(node, local), ["1"]);
}

/// Kills a shard, and waits until another one says that it has failed.
fn kill_and_notice(lost: &ClusterNode, other: &ClusterNode) {
    lost.kill().unwrap();
    eventually("the shard has failed", || {
        let nodes = text(&send(other, &["CLUSTER", "NODES"]));
        let has_failed = |line: &str| line.starts_with(lost.id()) && line.contains("fail ");
        nodes.lines().any(has_failed)
    });
    // The engine looks at the cluster now and then.
    send(other, &["RG.REFRESHCLUSTER"]);
}

/// Begins a run, and waits until all shards say that it is done. Its id.
fn done_everywhere(cluster: &Cluster, begins: &ClusterNode, script: &str) -> String {
    let id = text(&send(begins, &["RG.PYEXECUTE", script, "UNBLOCKING"]));
    for node in cluster.nodes() {
        eventually("the part is done", || {
            let reply = try_send(&node, &["RG.GETEXECUTION", &id, "SHARD"]);
            reply.is_ok_and(|reply| format!("{reply:?}").contains("done"))
        });
    }
    id
}

type Row = HashMap<String, Value>;

fn send_as<T: FromRedisValue>(node: &ClusterNode, words: &[&str]) -> T {
    redis::from_redis_value(send(node, words)).unwrap()
}

fn refusal(node: &ClusterNode, words: &[&str]) -> String {
    match try_send(node, words) {
        Ok(reply) => panic!("{words:?}: {reply:?}"),
        Err(why) => why.to_string(),
    }
}

/// The other shards know the run, but its results are where it began.
#[test]
fn a_run_whose_shard_has_failed_has_no_results_anywhere() {
    let cluster = start(3);
    fill(&cluster, 30);
    let (first, third) = (cluster.shard(0), cluster.shard(2));
    let id = done_everywhere(&cluster, &third, COUNT);
    let kept = done_everywhere(&cluster, &third, "GB('ShardsIDReader').run(collect=False)");
    let own = done_everywhere(&cluster, &first, COUNT);
    kill_and_notice(&third, &first);
    for words in [
        &["RG.GETRESULTS", id.as_str()][..],
        &["RG.GETRESULTSBLOCKING", &id],
        &["RG.ABORTEXECUTION", &id],
        &["RG.DROPEXECUTION", &id],
        &["RG.GETEXECUTION", &id],
        &["RG.GETEXECUTION", &id, "CLUSTER"],
    ] {
        let why = refusal(&first, words);
        assert!(
            why.contains(third.id()) && why.contains("which began it, has failed"),
            "{words:?}: {why}"
        );
    }
    // What this shard has, it tells.
    send(&first, &["RG.GETEXECUTION", &id, "SHARD"]);
    let records: Outcome = ask(&first, &["RG.GETRESULTS", &kept]);
    assert_eq!(records, (vec![first.id().to_owned()], vec![]));
    // Two of three shards know the run of a shard that is there.
    for words in [
        &["RG.GETEXECUTION", own.as_str()][..],
        &["RG.GETEXECUTION", &own, "CLUSTER"],
    ] {
        let entries: Vec<redis::Value> = ask(&first, words);
        assert_eq!(entries.len(), 2, "{words:?}");
    }
}

/// It does not come back.
/// A user without rights on a shard is told of it, and sees the others.
#[test]
fn listings_name_a_shard_that_refuses() {
    let cluster = start(3);
    let (first, third) = (cluster.shard(0), cluster.shard(2));
    send(&first, &["RG.PYEXECUTE", REGISTER]);
    for node in cluster.nodes() {
        send(
            &node,
            &["ACL", "SETUSER", "few", "on", "nopass", "~*", "+@all"],
        );
    }
    send(&third, &["ACL", "SETUSER", "few", "-@all"]);
    let mut connection = client(&first);
    redis::cmd("AUTH")
        .arg("few")
        .arg("x")
        .exec(&mut connection)
        .unwrap();
    let names_it = |text: &str| text.contains(third.id()) && text.contains("refuses: NOPERM");
    let registrations = connection.dump_registrations_cluster().unwrap();
    assert!(names_it(&registrations[0].missing[0]), "{registrations:?}");
    let settings = connection.config_get_cluster(&["MaxExecutions"]).unwrap();
    assert!(names_it(&settings[0].missing[0]), "{settings:?}");
    assert_eq!(connection.py_stats_cluster().unwrap().len(), 2);
}

/// What a listing leaves out is told, and hides nothing of the other shards.
#[test]
fn commands_about_all_shards_name_one_that_has_failed() {
    let cluster = start(3);
    let (first, third) = (cluster.shard(0), cluster.shard(2));
    let script = "GB('StreamReader').foreach(lambda _: None).register('s', mode='sync')";
    send(&first, &["RG.PYEXECUTE", script]);
    kill_and_notice(&third, &first);
    let names_it = |text: &str| {
        text.contains(third.id()) && text.contains("has failed") && !text.contains("refuses")
    };
    for command in [
        "RG.PYSTATS",
        "RG.PYDUMPREQS",
        "RG.PYDUMPSESSIONS",
        "RG.DUMPEXECUTIONS",
    ] {
        let rows: Vec<Row> = send_as(&first, &[command, "CLUSTER"]);
        assert_eq!(rows.len(), 3, "{command}");
        for row in rows {
            let is_lost = text(&row["shard_id"]) == third.id();
            assert_eq!(row["reply"] == Value::Nil, is_lost, "{command} {row:?}");
            let error = row.get("error").map(text);
            assert_eq!(
                error.as_deref().map(names_it),
                is_lost.then_some(true),
                "{command} {error:?}"
            );
        }
    }
    let mut client = client(&first);
    let registrations = client.dump_registrations_cluster().unwrap();
    assert_eq!(registrations[0].shards, Some(2));
    assert!(names_it(&registrations[0].missing[0]), "{registrations:?}");
    let settings = client.config_get_cluster(&["MaxExecutions"]).unwrap();
    assert!(settings[0].is_equal && settings[0].values.len() == 2);
    assert!(names_it(&settings[0].missing[0]), "{settings:?}");
    assert_eq!(client.py_stats_cluster().unwrap().len(), 2);

    let id = &registrations[0].id;
    for words in [
        &["RG.PAUSEREGISTRATIONS", "CLUSTER", id][..],
        &["RG.UNPAUSEREGISTRATIONS", "CLUSTER", id],
        &["RG.CLEARREGISTRATIONSSTATS", "CLUSTER"],
    ] {
        let reply = text(&send(&first, words));
        assert!(reply.starts_with("OK, but the shard"), "{reply}");
        assert!(names_it(&reply), "{reply}");
    }
    let words = ["RG.CONFIGSET", "CLUSTER", "MaxExecutions", "9", "mine", "1"];
    let replies: Vec<String> = send_as(&first, &words);
    for (reply, begin) in replies.iter().zip(["OK, but", "OK - value was saved"]) {
        assert!(reply.starts_with(begin) && names_it(reply), "{reply}");
    }
    let second = send_as::<(i64, i64)>(
        &cluster.shard(1),
        &["RG.CONFIGGET", "MaxExecutions", "mine"],
    );
    assert_eq!(second, (9, 1));
    client.pause_registrations_cluster(id).unwrap();
    client.clear_registrations_stats_cluster().unwrap();
    client
        .config_set_cluster(&[("MaxExecutions", "8")])
        .unwrap();
}

#[test]
fn a_run_whose_shard_was_removed_has_no_results_anywhere() {
    let cluster = start(3);
    fill(&cluster, 30);
    let (first, second, third) = (cluster.shard(0), cluster.shard(1), cluster.shard(2));
    let id = done_everywhere(&cluster, &third, COUNT);
    kill_and_notice(&third, &first);
    for node in [&first, &second] {
        send(node, &["CLUSTER", "FORGET", third.id()]);
    }
    send(&first, &["RG.REFRESHCLUSTER"]);
    for command in ["RG.GETRESULTS", "RG.GETRESULTSBLOCKING"] {
        let why = refusal(&first, &[command, &id]);
        assert!(
            why.contains(third.id()) && why.contains("run it again"),
            "{command}: {why}"
        );
    }
    assert_eq!(text(&send(&first, &["RG.DROPEXECUTION", &id])), "OK");
}

/// A trigger that runs on all shards never has the values of some as if they were all.
#[test]
fn what_runs_on_all_shards_names_one_that_has_failed() {
    let cluster = start(3);
    let (first, third) = (cluster.shard(0), cluster.shard(2));
    send(&first, &["RG.PYEXECUTE", REGISTER]);
    kill_and_notice(&third, &first);
    names_the_absent_shard(&first, third.id());
    for script in [COUNT, "GB().run('foo', noScan=True)"] {
        let why = run(&first, script).1.concat();
        assert!(
            why.contains("were not read") && why.contains(third.id()),
            "{why}"
        );
        assert!(why.contains("has failed: run it again"), "{why}");
    }
    // The slot of `foo` is on the third shard.
    let (_, errors) = run(&first, "GB('StreamReader').run('foo')");
    assert!(
        errors.concat().contains("its shard has failed"),
        "{errors:?}"
    );
    let reads_foo =
        "GB('ShardsIDReader').map(lambda _: execute('GET', 'foo')).run(mode='async_local')";
    let (_, errors) = run(&first, reads_foo);
    assert!(
        errors.concat().contains("which has failed: try again"),
        "{errors:?}"
    );
    third.start().unwrap();
    eventually("all shards run it", || all_run_it(&first));
}

/// The shard that had the slots may be one that this server does not know.
#[test]
fn what_runs_on_all_shards_names_slots_that_no_server_has() {
    let cluster = start(3);
    let first = cluster.shard(0);
    send(&first, &["RG.PYEXECUTE", REGISTER]);
    send(&first, &["CLUSTER", "DELSLOTS", "5"]);
    eventually("the slot is missed", || {
        let answer = try_send(&first, &["RG.TRIGGER", "one"]);
        answer.is_err_and(|why| {
            let why = why.detail().unwrap_or_default().to_owned();
            why.contains("only the shards that are there") && why.contains("slot 5.")
        })
    });
    send(&first, &["CLUSTER", "ADDSLOTS", "5"]);
    eventually("all shards run it", || all_run_it(&first));
}

/// They would fill the memory of the others for as long as the server is away.
#[test]
fn no_message_waits_for_a_server_that_has_failed() {
    let cluster = start(3);
    let (first, third) = (cluster.shard(0), cluster.shard(2));
    send(&first, &["RG.PYEXECUTE", REGISTER]);
    third.kill().unwrap();
    eventually("messages wait", || waiting_messages(&first, &third) > 0);
    eventually("nothing waits", || waiting_messages(&first, &third) == 0);
    third.start().unwrap();
    for node in cluster.nodes() {
        eventually("all shards run it", || all_run_it(&node));
    }
}

/// The messages of a node for another one.
fn waiting_messages(node: &ClusterNode, to: &ClusterNode) -> i64 {
    let reply = send(node, &["RG.INFOCLUSTER"]);
    let redis::Value::Array(fields) = reply else {
        panic!("not an array: {reply:?}");
    };
    let Some(redis::Value::Array(nodes)) = fields.last() else {
        panic!("no nodes: {fields:?}");
    };
    let mut rows = nodes.iter().filter_map(|row| match row {
        redis::Value::Array(row) if text(&row[1]) == to.id() => row.last(),
        _ => None,
    });
    let count = rows.next().unwrap();
    redis::from_redis_value_ref(count).unwrap()
}

/// One shard that lacks slots does not have all keys, as three shards that lack them.
#[test]
fn one_shard_names_the_slots_that_it_lacks() {
    let cluster = start(1);
    let shard = cluster.shard(0);
    send(&shard, &["SET", "a", "b"]);
    assert_eq!(results(&shard, COUNT), ["1"]);
    send(&shard, &["CLUSTER", "DELSLOTS", "5"]);
    eventually("the slot is missed", || {
        let (found, errors) = run(&shard, COUNT);
        found == ["1"] && errors.iter().any(|why| why.contains("slot 5 "))
    });
}

/// A shard leaves with `CLUSTER RESET`, which keeps its id, and comes back at once. The others have never noticed.
/// A server that was removed, or was not given slots yet, has no keys: that is not an empty cluster.
#[test]
fn a_server_without_slots_says_so() {
    let cluster = start(3);
    let third = cluster.shard(2);
    send(&third, &["RG.PYEXECUTE", REGISTER]);
    send(&third, &["CLUSTER", "RESET", "SOFT"]);
    eventually("the server has no slots", || {
        // The server lets clients go that wait for a slot.
        let reply = try_send(&third, &["RG.PYEXECUTE", COUNT]);
        reply.is_ok_and(|reply| format!("{reply:?}").contains("of slots 0-16383 were not read"))
    });
    let why = try_send(&third, &["RG.TRIGGER", "one"]).unwrap_err();
    assert!(why.to_string().contains("serves slots 0-16383"), "{why}");
    // What needs no keys works.
    let local = "GB('ShardsIDReader').count().run(mode='async_local')";
    assert_eq!(results(&third, local), ["1"]);
}

#[test]
fn a_shard_that_was_reset_and_has_met_the_others_again_takes_part() {
    let cluster = start(3);
    let (first, third) = (cluster.shard(0), cluster.shard(2));
    send(&first, &["RG.PYEXECUTE", REGISTER]);
    for node in cluster.nodes() {
        assert!(all_run_it(&node));
    }
    send(&third, &["CLUSTER", "RESET", "SOFT"]);
    let port = first.port().to_string();
    eventually("the nodes know each other", || {
        send(&third, &["CLUSTER", "MEET", "127.0.0.1", &port]);
        text(&send(&third, &["CLUSTER", "NODES"])).lines().count() == 3
    });
    send(&third, &["CLUSTER", "ADDSLOTSRANGE", "10922", "16383"]);
    for node in cluster.nodes() {
        eventually("all shards run it", || all_run_it(&node));
    }
}
