//! Commands about executions of other shards, from any shard.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::capability::{Capability, lacks};
use common::eventually;
use redgrease_embedded::{Cluster, ClusterNode, Server};
use redis::Value;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// One cluster for all tests that do not harm it.
fn cluster() -> &'static Cluster {
    static CLUSTER: LazyLock<Cluster> = LazyLock::new(|| Server::cluster().start().unwrap());
    &CLUSTER
}

fn client(node: &ClusterNode) -> redis::Connection {
    redis::Client::open(node.url())
        .unwrap()
        .get_connection()
        .unwrap()
}

fn try_send(node: &ClusterNode, words: &[&str]) -> redis::RedisResult<Value> {
    let mut command = redis::cmd(words[0]);
    command.arg(&words[1..]);
    command.query(&mut client(node))
}

fn send<T: redis::FromRedisValue>(node: &ClusterNode, words: &[&str]) -> T {
    redis::from_redis_value(try_send(node, words).unwrap()).unwrap()
}

/// The error of a command, with its first word.
fn error(node: &ClusterNode, words: &[&str]) -> String {
    let error = try_send(node, words).unwrap_err();
    let words = (error.code(), error.detail());
    let words = format!(
        "{} {}",
        words.0.unwrap_or_default(),
        words.1.unwrap_or_default()
    );
    words.trim().to_owned()
}

/// Begins a run of one shard alone. Returns its id.
fn begin(node: &ClusterNode, script: &str) -> String {
    send(node, &["RG.PYEXECUTE", script, "UNBLOCKING"])
}

const DONE: &str =
    "GB('ShardsIDReader').map(lambda x: [1, 'é', 2.5]).run(mode='async_local', convertToStr=False)";
const LOOP: &str = "
def turn(x):
    while True: pass
GB('ShardsIDReader').map(turn).run(mode='async_local')";
/// Runs until the key `go` of its shard is there.
const WAITS: &str = "
import time
def wait(x):
    while not execute('exists', 'go{%s}' % hashtag()): time.sleep(0.005)
    return 'gone'
GB('ShardsIDReader').map(wait).run(mode='async_local')";

fn status(node: &ClusterNode, id: &str) -> Option<String> {
    let rows: Vec<(String, String, String, String, String, i64)> =
        send(node, &["RG.DUMPEXECUTIONS"]);
    let row = rows.into_iter().find(|row| row.1 == id);
    row.map(|row| row.3)
}

#[test]
fn results_come_from_the_shard_that_has_them() {
    let (first, second) = (cluster().shard(0), cluster().shard(1));
    let id = begin(&first, DONE);
    eventually("it ends", || status(&first, &id).as_deref() == Some("done"));
    for command in ["RG.GETRESULTS", "RG.GETRESULTSBLOCKING"] {
        let here = try_send(&first, &[command, &id]).unwrap();
        let there = try_send(&second, &[command, &id]).unwrap();
        assert_eq!(here, there);
        assert!(format!("{there:?}").contains("2.5"), "{there:?}");
    }
}

#[test]
fn a_client_waits_for_an_execution_of_another_shard() {
    let (first, third) = (cluster().shard(0), cluster().shard(2));
    let id = begin(&first, WAITS);
    let refusal = error(&third, &["RG.GETRESULTS", &id]);
    assert!(refusal.contains("execution is still running"), "{refusal}");
    let refusal = error(&third, &["RG.DROPEXECUTION", &id]);
    assert!(refusal.contains("not yet finished"), "{refusal}");
    std::thread::scope(|scope| {
        let waits = scope.spawn(|| -> (Vec<String>, Vec<String>) {
            send(&third, &["RG.GETRESULTSBLOCKING", &id])
        });
        let tag: (Vec<String>, Vec<String>) = send(
            &first,
            &[
                "RG.PYEXECUTE",
                "GB('ShardsIDReader').map(lambda x: hashtag()).run(mode='async_local')",
            ],
        );
        let key = format!("go{{{}}}", tag.0[0]);
        let () = send(&first, &["SET", &key, "1"]);
        assert_eq!(waits.join().unwrap(), (vec!["gone".to_owned()], vec![]));
        let () = send(&first, &["DEL", &key]);
    });
}

#[test]
fn an_execution_of_another_shard_is_aborted_and_dropped() {
    let (first, second) = (cluster().shard(0), cluster().shard(1));
    let id = begin(&first, LOOP);
    eventually("it runs", || {
        status(&first, &id).as_deref() == Some("running")
    });
    let ok: String = send(&second, &["RG.ABORTEXECUTION", &id]);
    assert_eq!(ok, "OK");
    // The reply comes when the execution has ended.
    let ended = status(&first, &id).unwrap();
    assert!(["done", "aborted"].contains(&ended.as_str()), "{ended}");
    let ok: String = send(&second, &["RG.DROPEXECUTION", &id]);
    assert_eq!(ok, "OK");
    assert_eq!(status(&first, &id), None);
    for command in [
        "RG.GETRESULTS",
        "RG.DROPEXECUTION",
        "RG.GETRESULTSBLOCKING",
        "RG.GETEXECUTION",
    ] {
        for node in [&first, &second] {
            let refusal = error(node, &[command, &id]);
            assert!(
                refusal.contains("plan does not exist"),
                "{command}: {refusal}"
            );
        }
    }
    let refusal = error(&second, &["RG.ABORTEXECUTION", &id]);
    assert!(refusal.contains("execution does not exist"), "{refusal}");
}

#[test]
fn the_entries_of_an_execution_come_from_all_shards() {
    let (first, second) = (cluster().shard(0), cluster().shard(1));
    let id = begin(&first, DONE);
    eventually("it ends", || status(&first, &id).as_deref() == Some("done"));
    let entries = |node: &ClusterNode, rest: &[&str]| -> Vec<(String, String, String, Value)> {
        send(node, &[&["RG.GETEXECUTION", id.as_str()], rest].concat())
    };
    for (node, rest) in [
        (&first, &[][..]),
        (&first, &["SHARD"]),
        (&first, &["cluster"]),
        (&second, &[]),
        (&second, &["CLUSTER"]),
    ] {
        let entries = entries(node, rest);
        assert_eq!(entries.len(), 1, "{entries:?}");
        assert_eq!(entries[0].1, first.id());
        assert!(format!("{:?}", entries[0].3).contains("done"));
    }
    let refusal = error(&second, &["RG.GETEXECUTION", &id, "SHARD"]);
    assert!(
        refusal.contains("execution plan does not exist"),
        "{refusal}"
    );
    let refusal = error(&first, &["RG.GETEXECUTION", &id, "NODE"]);
    assert!(refusal.contains("unknown subcommand"), "{refusal}");
}

/// Begins a run over all shards, and waits until each shard has this status of it.
fn begin_everywhere(script: &str, expected: &str) -> String {
    let id = begin(&cluster().shard(0), script);
    for shard in 0..3 {
        eventually("each shard has its part", || {
            status(&cluster().shard(shard), &id).as_deref() == Some(expected)
        });
    }
    id
}

#[test]
fn a_run_over_all_shards_is_one_run_for_each_shard() {
    let id = begin_everywhere("GB('ShardsIDReader').run()", "done");
    let mut ids: Vec<String> = (0..3)
        .map(|at| cluster().shard(at).id().to_owned())
        .collect();
    ids.sort();
    for shard in 0..3 {
        let node = cluster().shard(shard);
        for command in ["RG.GETRESULTS", "RG.GETRESULTSBLOCKING"] {
            let (mut results, errors): (Vec<String>, Vec<String>) = send(&node, &[command, &id]);
            results.sort();
            assert_eq!((results, errors), (ids.clone(), vec![]));
        }
        let entries: Vec<(String, String, String, Value)> = send(&node, &["RG.GETEXECUTION", &id]);
        assert_eq!(entries[0].1, node.id());
        let mut shards: Vec<String> = entries.into_iter().map(|entry| entry.1).collect();
        shards.sort();
        assert_eq!(shards, ids);
    }
    let ok: String = send(&cluster().shard(2), &["RG.DROPEXECUTION", &id]);
    assert_eq!(ok, "OK");
    for shard in 0..3 {
        eventually("no shard has a part of it", || {
            status(&cluster().shard(shard), &id).is_none()
        });
    }
}

/// Without a step that collects them, each shard keeps the records that it has.
#[test]
fn a_shard_that_keeps_records_answers_with_them() {
    let id = begin_everywhere("GB('ShardsIDReader').run(collect=False)", "done");
    for shard in 0..3 {
        let node = cluster().shard(shard);
        let results: (Vec<String>, Vec<String>) = send(&node, &["RG.GETRESULTS", &id]);
        assert_eq!(results, (vec![node.id().to_owned()], vec![]));
    }
}

/// So a client that adds up the answers of all shards has each record once.
#[test]
fn a_shard_that_keeps_no_record_answers_with_none() {
    let first = cluster().shard(0).id().to_owned();
    let script =
        format!("GB('ShardsIDReader').filter(lambda id: id == '{first}').run(collect=False)");
    let id = begin_everywhere(&script, "done");
    for shard in 0..3 {
        let node = cluster().shard(shard);
        let own = if shard == 0 {
            vec![first.clone()]
        } else {
            vec![]
        };
        for command in ["RG.GETRESULTS", "RG.GETRESULTSBLOCKING"] {
            let results: (Vec<String>, Vec<String>) = send(&node, &[command, &id]);
            assert_eq!(results, (own.clone(), vec![]), "{command} at {shard}");
        }
    }
}

#[test]
fn an_abort_reaches_all_shards() {
    let script = "
def turn(x):
    while True: pass
GB('ShardsIDReader').map(turn).run()";
    let id = begin_everywhere(script, "running");
    let ok: String = send(&cluster().shard(1), &["RG.ABORTEXECUTION", &id]);
    assert_eq!(ok, "OK");
    for shard in 0..3 {
        eventually("each part has ended", || {
            status(&cluster().shard(shard), &id).is_none_or(|now| now == "done" || now == "aborted")
        });
    }
    let (results, errors): (Vec<String>, Vec<String>) =
        send(&cluster().shard(2), &["RG.GETRESULTS", &id]);
    assert!(
        results.is_empty() && !errors.is_empty(),
        "{results:?} {errors:?}"
    );
}

/// Inside MULTI no client may be blocked.
#[test]
fn other_shards_are_not_asked_inside_a_transaction() {
    let (first, second) = (cluster().shard(0), cluster().shard(1));
    let id = begin(&first, DONE);
    eventually("it ends", || status(&first, &id).as_deref() == Some("done"));
    let words: [&[&str]; 4] = [
        &["RG.GETRESULTS", &id],
        &["RG.DROPEXECUTION", &id],
        &["RG.ABORTEXECUTION", &id],
        &["RG.GETEXECUTION", &id, "CLUSTER"],
    ];
    for words in words {
        let mut pipe = redis::pipe();
        pipe.atomic().cmd(words[0]).arg(&words[1..]);
        let result: redis::RedisResult<Value> = pipe.query(&mut client(&second));
        let text = format!("{result:?}");
        assert!(text.contains("MULTI/LUA"), "{words:?}: {text}");
    }
    // What this shard has, it tells.
    let mut pipe = redis::pipe();
    pipe.atomic().cmd("RG.GETEXECUTION").arg(&id);
    pipe.cmd("RG.DROPEXECUTION").arg(&id);
    let result: redis::RedisResult<Value> = pipe.query(&mut client(&first));
    assert!(format!("{:?}", result.unwrap()).contains(first.id()));
}

/// The rights on the other shard are those of the user there.
#[test]
fn the_user_who_asks_has_its_rights_on_the_other_shard() {
    let (first, second) = (cluster().shard(0), cluster().shard(1));
    if lacks(&first, Capability::CommandsAsUser) {
        return;
    }
    let id = begin(&first, DONE);
    eventually("it ends", || status(&first, &id).as_deref() == Some("done"));
    let rules = ["on", "nopass", "~*", "+@all", "-rg.pyexecute"];
    let () = send(
        &second,
        &[&["ACL", "SETUSER", "guest"], &rules[..]].concat(),
    );
    let ask = |command: &str| -> String {
        let mut connection = client(&second);
        let () = redis::cmd("AUTH")
            .arg("guest")
            .arg("x")
            .query(&mut connection)
            .unwrap();
        let reply: redis::RedisResult<Value> = redis::cmd(command).arg(&id).query(&mut connection);
        format!("{reply:?}")
    };
    let reply = ask("RG.GETRESULTS");
    assert!(
        reply.contains("the user 'guest' does not exist") && reply.contains(first.id()),
        "{reply}"
    );
    for shard in [0, 2] {
        let node = cluster().shard(shard);
        let () = send(&node, &[&["ACL", "SETUSER", "guest"], &rules[..]].concat());
    }
    for command in ["RG.GETRESULTS", "RG.DROPEXECUTION", "RG.GETEXECUTION"] {
        let reply = ask(command);
        assert!(reply.contains("plan does not exist"), "{command}: {reply}");
    }
    let () = send(
        &first,
        &["ACL", "SETUSER", "guest", "+rg.pyexecute", "-rg.getresults"],
    );
    let reply = ask("RG.GETRESULTS");
    assert!(
        reply.contains("NOPERM") || reply.contains("permission"),
        "{reply}"
    );
    let reply = ask("RG.GETEXECUTION");
    assert!(reply.contains("done"), "{reply}");
}

#[test]
fn a_shard_that_does_not_answer_is_named() {
    let cluster = Server::cluster()
        .module_arg("ExecutionMaxIdleTime", "700")
        .node_timeout(Duration::from_mins(1))
        .start()
        .unwrap();
    let (first, second) = (cluster.shard(0), cluster.shard(1));
    let id = begin(&first, LOOP);
    eventually("it runs", || {
        status(&first, &id).as_deref() == Some("running")
    });
    // The shard lives: the client waits for as long as it takes.
    let mut waits = client(&second);
    waits
        .set_read_timeout(Some(Duration::from_secs(5)))
        .unwrap();
    let reply: redis::RedisResult<Value> = redis::cmd("RG.GETRESULTSBLOCKING")
        .arg(&id)
        .query(&mut waits);
    assert!(reply.unwrap_err().is_timeout());
    first.pause().unwrap();
    for words in [
        &["RG.GETRESULTS", id.as_str()][..],
        &["RG.GETRESULTSBLOCKING", &id],
        &["RG.ABORTEXECUTION", &id],
        &["RG.GETEXECUTION", &id],
    ] {
        let begun = Instant::now();
        let refusal = error(&second, words);
        assert!(begun.elapsed() < Duration::from_secs(10), "{words:?}");
        let name = format!(
            "the shard {} (127.0.0.1:{}) does not answer",
            first.id(),
            first.port()
        );
        assert!(refusal.contains(&name), "{words:?}: {refusal}");
    }
    first.resume().unwrap();
    eventually("the shard is there again", || {
        try_send(&second, &["RG.ABORTEXECUTION", &id]).is_ok()
    });
}
