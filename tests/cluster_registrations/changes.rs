//! A change at any shard is made on all shards, or on none.

use super::{agreed, all_answer, call, masters, refused, register, script, three};
use crate::common::eventually;
use crate::common::shards::{ids, send, text, try_send};
use redgrease_embedded::Server;
use redis::Value;
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn a_change_at_any_shard_is_in_force_on_all_when_the_client_is_answered() {
    let cluster = three();
    let nodes = masters(&cluster);
    for (at, node) in nodes.iter().enumerate() {
        let trigger = format!("hello{at}");
        register(node, &format!("app{at}"), &trigger, "first");
        all_answer(&nodes, &trigger, "first");
        // The next shard upgrades it, and the one after that removes it.
        register(
            &nodes[(at + 1) % 3],
            &format!("app{at}"),
            &trigger,
            "second",
        );
        all_answer(&nodes, &trigger, "second");
        let had = ids(node);
        assert_eq!(had.len(), 1);
        assert_eq!(ids(&nodes[(at + 1) % 3]), had);
        send(&nodes[(at + 2) % 3], &["RG.UNREGISTER", &had[0]]);
        for node in &nodes {
            assert_eq!(ids(node), Vec::<String>::new());
            let words = ["RG.PYDUMPSESSIONS", "SESSIONS", &format!("app{at}")];
            let Value::Array(rows) = send(node, &words) else {
                panic!("no rows");
            };
            assert!(text(&rows[0]).contains("does not exists"));
            call(node, &trigger).unwrap_err();
        }
    }
}

#[test]
fn a_trigger_that_is_taken_is_refused_at_every_shard() {
    let cluster = three();
    let nodes = masters(&cluster);
    register(&nodes[0], "one", "hello", "one");
    for node in &nodes {
        let script = script("hello", "two");
        let why = refused(node, &["RG.PYEXECUTE", &script, "ID", "two"]);
        assert!(why.contains("trigger already registered"), "{why}");
        let why = refused(node, &["RG.PYEXECUTE", &script, "ID", "one"]);
        assert!(why.contains("Session one already exists"), "{why}");
    }
    all_answer(&nodes, "hello", "one");
}

#[test]
fn a_silent_shard_keeps_a_registration_from_all_and_catches_up_when_it_has_left() {
    let cluster = Server::cluster()
        .shards(3)
        .node_timeout(Duration::from_secs(8))
        .start()
        .unwrap();
    let nodes = masters(&cluster);
    register(&nodes[0], "old", "old", "old");
    nodes[2].pause().unwrap();
    let begun = Instant::now();
    let script = script("hello", "one");
    let why = refused(&nodes[0], &["RG.PYEXECUTE", &script, "ID", "app"]);
    let took = begun.elapsed();
    assert!(
        why.contains(nodes[2].id()) && why.contains("does not answer"),
        "{why}"
    );
    assert!((4..8).contains(&took.as_secs()), "{took:?}");
    nodes[2].resume().unwrap();
    assert_eq!(agreed(&nodes).len(), 1);
    register(&nodes[2], "app", "hello", "two");
    all_answer(&nodes, "hello", "two");
}

/// Signs of life come every second, so a limit below that says nothing about a shard that prepares a change.
#[test]
fn a_short_limit_takes_no_living_shard_for_lost() {
    let cluster = Server::cluster()
        .module_arg("ExecutionMaxIdleTime", "100")
        .start()
        .unwrap();
    let nodes = masters(&cluster);
    let slow = format!("import time\ntime.sleep(1.5)\n{}", script("slow", "here"));
    for _ in 0..3 {
        send(&nodes[0], &["RG.PYEXECUTE", &slow, "ID", "slow", "UPGRADE"]);
    }
    all_answer(&nodes, "slow", "here");
}

#[test]
fn of_two_registrations_at_once_all_shards_have_the_same() {
    let cluster = three();
    let nodes = masters(&cluster);
    for round in 0..10 {
        let outcomes: Vec<redis::RedisResult<Value>> = thread::scope(|scope| {
            let begin = |at: usize| {
                let node = &nodes[at];
                let (session, answer) = (format!("app{round}"), format!("answer{at}"));
                let script = script(&session, &answer);
                scope.spawn(move || {
                    try_send(node, &["RG.PYEXECUTE", &script, "ID", &session, "UPGRADE"])
                })
            };
            let all: Vec<_> = (0..3).map(begin).collect();
            all.into_iter().map(|one| one.join().unwrap()).collect()
        });
        for error in outcomes.iter().filter_map(|one| one.as_ref().err()) {
            let why = error.to_string();
            assert!(
                why.contains("has changed") && why.contains("try again"),
                "{why}"
            );
        }
        let had = agreed(&nodes);
        if outcomes.iter().any(Result::is_ok) {
            let answer = call(&nodes[0], &format!("app{round}")).unwrap();
            all_answer(&nodes, &format!("app{round}"), &answer);
        } else {
            assert!(!had.iter().any(|id| id.contains(&format!("app{round}"))));
        }
    }
}

/// While the script of the first shard runs on the third one, the second shard begins a script for the same session. The session is
/// there when that script registers.
#[test]
fn a_session_that_another_shard_makes_while_a_script_runs_is_upgraded() {
    let cluster = three();
    let nodes = masters(&cluster);
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    let tags: Vec<String> = nodes
        .iter()
        .map(|node| {
            let script = "GB('ShardsIDReader').map(lambda x: hashtag()).run(mode='async_local')";
            let (tags, _): (Vec<String>, Vec<String>) =
                redis::from_redis_value(send(node, &["RG.PYEXECUTE", script])).unwrap();
            tags.concat()
        })
        .collect();
    // Each run of a script tells where it runs, and waits there until it may go on.
    let waiting = |answer: &str, at: &str| {
        let script = script("app", answer);
        let dir = dir.path().display();
        format!(
            "
import os, time
open('{dir}/{answer}-%s' % hashtag(), 'w').close()
while hashtag() == '{at}' and not os.path.exists('{dir}/{answer}-goes-on'):
    time.sleep(0.01)
{script}
"
        )
    };
    let began = |answer: &str, shard: usize| {
        let name = format!("{answer}-{}", tags[shard]);
        eventually("a script runs", || path(&name).exists());
    };
    let goes_on = |answer: &str| {
        std::fs::write(path(&format!("{answer}-goes-on")), "").unwrap();
    };
    thread::scope(|scope| {
        let send_to = |shard: usize, script: String| {
            let node = &nodes[shard];
            scope.spawn(move || try_send(node, &["RG.PYEXECUTE", &script, "ID", "app", "UPGRADE"]))
        };
        let first = send_to(0, waiting("first", &tags[2]));
        began("first", 1);
        began("first", 2);
        let second = send_to(1, waiting("second", &tags[1]));
        began("second", 1);
        goes_on("first");
        first.join().unwrap().unwrap();
        goes_on("second");
        second.join().unwrap().unwrap();
    });
    assert_eq!(agreed(&nodes).len(), 1);
    all_answer(&nodes, "app", "second");
}

#[test]
fn a_registration_of_a_running_gear_reaches_all_shards() {
    let cluster = three();
    let nodes = masters(&cluster);
    let script = "
def grow(words):
    GB('CommandReader').map(lambda _: 'grown').register(trigger=words[1], mode='sync')
GB('CommandReader').foreach(grow).register(trigger='grow', mode='sync')
GB('CommandReader').foreach(grow).register(trigger='grow_async', mode='async_local')
";
    send(&nodes[0], &["RG.PYEXECUTE", script, "ID", "app"]);
    send(&nodes[1], &["RG.TRIGGER", "grow", "one"]);
    send(&nodes[2], &["RG.TRIGGER", "grow_async", "two"]);
    let had = agreed(&nodes);
    assert_eq!(had.len(), 4);
    all_answer(&nodes, "one", "grown");
    all_answer(&nodes, "two", "grown");
    for id in had.iter().filter(|id| !id.starts_with(nodes[0].id())) {
        send(&nodes[0], &["RG.UNREGISTER", id]);
    }
    assert_eq!(agreed(&nodes).len(), 2);
}

#[test]
fn on_registered_runs_once_on_each_shard_when_all_agree() {
    let cluster = three();
    let nodes = masters(&cluster);
    let script = "
def registered():
    execute('INCR', 'times-{' + hashtag() + '}')
GB('CommandReader').map(lambda _: execute('GET', 'times-{' + hashtag() + '}')).register(trigger='hello', mode='sync', onRegistered=registered)
";
    send(&nodes[1], &["RG.PYEXECUTE", script, "ID", "app"]);
    all_answer(&nodes, "hello", "1");
}

#[test]
fn a_time_event_of_a_running_gear_goes_on_on_its_shard() {
    let cluster = three();
    let nodes = masters(&cluster);
    register(&nodes[1], "other", "other", "other");
    let script = "
def tick():
    execute('INCR', 'ticks-{' + hashtag() + '}')
GB('ShardsIDReader').foreach(lambda _: registerTE(1, tick)).collect().run()
";
    // The session has nothing that the shards share, so it is in no agreement.
    send(&nodes[0], &["RG.PYEXECUTE", script, "ID", "app"]);
    let ticks =
        "GB('ShardsIDReader').map(lambda _: execute('GET', 'ticks-{' + hashtag() + '}')).run()";
    eventually(
        "the time event runs for longer than shards need to agree",
        || {
            let answer = format!("{:?}", send(&nodes[0], &["RG.PYEXECUTE", ticks]));
            answer.contains("\"8\"") || answer.contains("'8'")
        },
    );
}
