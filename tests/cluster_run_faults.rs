//! Runs over all shards of a real cluster in which something goes wrong: they end with an error in a bounded time.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;
mod on_shards;

use common::eventually;
use common::rounds::rounds;
use common::shards::Random;
use on_shards::{ask, client, fill, results, run};
use redgrease_embedded::{Cluster, ClusterNode, Server};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// A shard that says nothing for so long is lost.
const IDLE: Duration = Duration::from_millis(IDLE_MILLIS as u64);
const IDLE_MILLIS: usize = 3000;
/// The error comes this much later at most.
const SLACK: Duration = Duration::from_secs(5);

/// Each shard has many records that take their time.
const SLOW: &str = "import time\ndef slow(r):\n    time.sleep(0.02)\n    return r\n\
    GB('PythonReader').map(slow).repartition(lambda r: str(r)).map(slow).run(lambda: iter(range(100000)))";

fn start() -> Cluster {
    let cluster = Server::cluster()
        .shards(3)
        .node_timeout(Duration::from_mins(1))
        .module_arg("ExecutionMaxIdleTime", IDLE.as_millis().to_string())
        .start()
        .unwrap();
    cluster.settle().unwrap();
    cluster
}

/// The executions of a server that have not ended.
fn running(node: &ClusterNode) -> usize {
    let rows: Vec<Vec<redis::Value>> = ask(node, &["RG.DUMPEXECUTIONS"]);
    let status =
        |row: &Vec<redis::Value>| redis::from_redis_value::<String>(row[3].clone()).unwrap();
    let ended = |row: &&Vec<redis::Value>| matches!(status(row).as_str(), "done" | "aborted");
    rows.len() - rows.iter().filter(ended).count()
}

fn wait_until(what: &str, condition: impl FnMut() -> bool) {
    eventually(what, condition);
}

type Outcome = (Vec<String>, Vec<String>);

/// Begins a script in another thread, and waits until all shards work for it.
fn begin(
    cluster: &Cluster,
    shard: usize,
    script: &'static str,
) -> JoinHandle<redis::RedisResult<Outcome>> {
    let node = cluster.shard(shard);
    let run = thread::spawn(move || {
        let mut cmd = redis::cmd("RG.PYEXECUTE");
        cmd.arg(script).query(&mut client(&node))
    });
    for node in cluster.nodes() {
        wait_until("all shards take part", || running(&node) == 1);
    }
    run
}

/// The run ends soon, with this one error and without a result.
fn ends_with_error(run: JoinHandle<redis::RedisResult<Outcome>>, parts: &[&str]) {
    let begun = Instant::now();
    let (results, errors) = run.join().unwrap().unwrap();
    assert!(begun.elapsed() < IDLE + SLACK, "{:?}", begun.elapsed());
    assert_eq!(results, [""; 0]);
    assert_eq!(errors.len(), 1, "{errors:?}");
    for part in parts {
        assert!(errors[0].contains(part), "{part}: {errors:?}");
    }
}

fn all_have_ended(nodes: &[ClusterNode]) {
    for node in nodes {
        wait_until("all parts have ended", || running(node) == 0);
    }
}

#[test]
fn a_shard_that_is_stopped_for_long_ends_the_run_and_goes_on_with_the_next() {
    let cluster = start();
    let run = begin(&cluster, 0, SLOW);
    let stopped = cluster.shard(2);
    stopped.pause().unwrap();
    ends_with_error(run, &["Execution max idle reached", stopped.id()]);
    all_have_ended(&[cluster.shard(0), cluster.shard(1)]);
    stopped.resume().unwrap();
    all_have_ended(&cluster.nodes());
    cluster.settle().unwrap();
    fill(&cluster, 10);
    assert_eq!(results(&cluster.shard(2), "GB().count().run()"), ["10"]);
}

/// Runs that begin when the shard is silent already.
#[test]
fn a_run_that_begins_after_a_shard_was_stopped_ends_in_time() {
    let cluster = start();
    fill(&cluster, 100);
    let stopped = cluster.shard(2);
    stopped.pause().unwrap();
    let mut late = Duration::ZERO;
    for script in [
        "GB().count().run()",
        "GB('ShardsIDReader').run()",
        "GB().count().run()",
    ] {
        let begun = Instant::now();
        let (found, errors) = run(&cluster.shard(0), script);
        println!("{script}: {:?} {errors:?}", begun.elapsed());
        late = late.max(begun.elapsed());
        assert_eq!(found, [""; 0]);
        assert!(errors[0].contains(stopped.id()), "{errors:?}");
    }
    assert!(late < IDLE + SLACK / 2, "{late:?}");
    stopped.resume().unwrap();
}

#[test]
fn a_shard_that_is_stopped_for_a_moment_goes_on() {
    let cluster = start();
    let run = begin(
        &cluster,
        0,
        "import time\ndef slow(r):\n    time.sleep(0.02)\n    return r\n\
         GB('PythonReader').map(slow).repartition(lambda r: str(r)).count().run(lambda: iter(range(150)))",
    );
    cluster.shard(2).pause().unwrap();
    thread::sleep(IDLE / 3);
    cluster.shard(2).resume().unwrap();
    assert_eq!(
        run.join().unwrap().unwrap(),
        (vec!["450".to_owned()], Vec::new())
    );
}

#[test]
fn a_shard_that_is_killed_ends_the_run() {
    let cluster = start();
    let run = begin(&cluster, 1, SLOW);
    let killed = cluster.shard(0);
    killed.kill().unwrap();
    ends_with_error(run, &["Execution max idle reached", killed.id()]);
    all_have_ended(&[cluster.shard(1), cluster.shard(2)]);
}

#[test]
fn a_shard_that_is_started_again_ends_the_run() {
    let cluster = start();
    let run = begin(&cluster, 1, SLOW);
    let again = cluster.shard(0);
    again.kill().unwrap();
    again.start().unwrap();
    ends_with_error(run, &["Execution max idle reached", again.id()]);
    all_have_ended(&cluster.nodes());
}

#[test]
fn a_shard_whose_replica_takes_its_place_ends_the_run() {
    let cluster = Server::cluster()
        .shards(3)
        .replicas(1)
        .module_arg("ExecutionMaxIdleTime", IDLE.as_millis().to_string())
        .start()
        .unwrap();
    cluster.settle().unwrap();
    let shards: Vec<ClusterNode> = (0..3).map(|shard| cluster.shard(shard)).collect();
    let id: String = ask(&shards[1], &["RG.PYEXECUTE", SLOW, "UNBLOCKING"]);
    for node in &shards {
        wait_until("all shards take part", || running(node) == 1);
    }
    cluster.failover(0).unwrap();
    all_have_ended(&shards);
    let (results, errors): Outcome = ask(&shards[1], &["RG.GETRESULTS", &id]);
    assert_eq!(results, [""; 0]);
    let place = format!(
        "the shard {} is lost, another server has taken its place",
        shards[0].id()
    );
    assert!(errors.concat().contains(&place), "{errors:?}");
    cluster.settle().unwrap();
    fill(&cluster, 10);
    assert_eq!(count_of_keys(&shards[1]), ["10"]);
}

fn count_of_keys(node: &ClusterNode) -> Vec<String> {
    results(node, "GB().count().run()")
}

#[test]
fn an_execution_of_a_server_that_was_started_again_may_have_an_old_id() {
    let cluster = start();
    let ids = |count: usize| -> Vec<String> {
        let one = |_| {
            ask(
                &cluster.shard(1),
                &["RG.PYEXECUTE", "GB('ShardsIDReader').run()", "UNBLOCKING"],
            )
        };
        (0..count).map(one).collect()
    };
    let before = ids(5);
    all_have_ended(&cluster.nodes());
    cluster.shard(1).kill().unwrap();
    cluster.shard(1).start().unwrap();
    cluster.settle().unwrap();
    let after = ids(5);
    assert!(
        after.iter().any(|id| before.contains(id)),
        "{before:?} {after:?}"
    );
    all_have_ended(&cluster.nodes());
    for id in after {
        let (mut results, errors): Outcome = ask(&cluster.shard(1), &["RG.GETRESULTS", &id]);
        results.sort();
        let mut shards: Vec<String> = cluster
            .nodes()
            .iter()
            .map(|node| node.id().to_owned())
            .collect();
        shards.sort();
        assert_eq!((results, errors), (shards, Vec::new()));
    }
}

#[test]
fn the_other_parts_end_when_the_shard_that_began_the_run_is_killed() {
    let cluster = start();
    let run = begin(&cluster, 1, SLOW);
    cluster.shard(1).kill().unwrap();
    assert!(run.join().unwrap().is_err());
    all_have_ended(&[cluster.shard(0), cluster.shard(2)]);
}

#[test]
fn an_abort_ends_all_parts() {
    let cluster = start();
    let id: String = ask(&cluster.shard(0), &["RG.PYEXECUTE", SLOW, "UNBLOCKING"]);
    for node in cluster.nodes() {
        wait_until("all shards take part", || running(&node) == 1);
    }
    let () = ask(&cluster.shard(0), &["RG.ABORTEXECUTION", &id]);
    all_have_ended(&cluster.nodes());
}

#[test]
fn a_limit_on_one_shard_ends_the_whole_run_with_its_reason() {
    let cluster = start();
    let limited = cluster.shard(1);
    let take = "GB('PythonReader').map(lambda r: bytearray(200 << 20) if hashtag() == '8M' else r).collect().map(lambda r: len(r)).run(lambda: iter([b'']))";
    for (name, value, script, reason) in [
        (
            "ExecutionMaxTime",
            "300",
            SLOW,
            "it ran longer than ExecutionMaxTime, 300 ms",
        ),
        (
            "ExecutionMaxRecords",
            "7",
            SLOW,
            "it had more records than ExecutionMaxRecords, 7",
        ),
        (
            "ExecutionMaxMemory",
            "30000000",
            take,
            "it took more memory than ExecutionMaxMemory, 30000000 bytes",
        ),
    ] {
        let _: redis::Value = ask(&limited, &["RG.CONFIGSET", name, value]);
        let begun = Instant::now();
        let (results, errors) = run(&cluster.shard(0), script);
        assert!(begun.elapsed() < SLACK, "{name}: {:?}", begun.elapsed());
        assert_eq!(results, [""; 0]);
        assert!(
            matches!(&errors[..], [one] if one.contains(reason)),
            "{errors:?}"
        );
        all_have_ended(&cluster.nodes());
        let _: redis::Value = ask(&limited, &["RG.CONFIGSET", name, "0"]);
    }
}

#[test]
fn honest_long_steps_are_not_taken_for_silence() {
    let cluster = start();
    let sleeps = "import time\nGB('PythonReader').map(lambda r: time.sleep(5)).count().run(lambda: iter([1]))";
    assert_eq!(results(&cluster.shard(0), sleeps), ["3"]);
    // This one holds the interpreter.
    let computes = "import time\ndef long(r):\n    end = time.time() + 5\n    while time.time() < end:\n        sum(range(10 ** 8))\n\
                    GB('PythonReader').map(long).count().run(lambda: iter([1]))";
    assert_eq!(results(&cluster.shard(0), computes), ["3"]);
}

#[test]
fn a_plan_that_cannot_be_sent_runs_nowhere() {
    let cluster = start();
    let mut cmd = redis::cmd("RG.PYEXECUTE");
    cmd.arg("import threading\nlock = threading.Lock()\nGB('ShardsIDReader').map(lambda x: [execute('SET', 'ran{%s}' % hashtag(), 1), lock]).run()");
    let outcome: redis::RedisResult<Outcome> = cmd.query(&mut client(&cluster.shard(0)));
    let text = match outcome {
        Ok((results, errors)) => {
            assert_eq!(results, [""; 0]);
            errors.concat()
        }
        Err(error) => error.to_string(),
    };
    assert!(text.contains("serialized a python callback"), "{text}");
    assert_eq!(results(&cluster.shard(0), "GB().count().run()"), [""; 0]);
}

/// Counts words while a shard is stopped for a random time. The counts are right, or the run ends with an error that names the
/// shard.
#[test]
fn words_are_counted_right_or_not_at_all_while_shards_are_stopped() {
    const KEYS: usize = 3000;
    let cluster = start();
    fill(&cluster, KEYS);
    let script = "import time\ndef words(r):\n    time.sleep(0.0003)\n    return ['w%d' % (int(r['value']) % 50), 'all']\n\
                  GB().flatmap(words).countby(lambda w: w).map(lambda r: '%s=%d' % (r['key'], r['value'])).run()";
    let mut expected: Vec<String> = (0..50)
        .map(|word| format!("w{word}={}", KEYS / 50))
        .collect();
    expected.push(format!("all={KEYS}"));
    expected.sort();
    let (mut right, mut failed) = (0, 0);
    let mut random = Random::new();
    for round in 0..rounds(3) {
        let (from, stopped) = (random.below(3), random.below(3));
        let pauses = [random.below(900), random.below(IDLE_MILLIS * 2)];
        let [before, during] = pauses.map(|millis| Duration::from_millis(millis as u64));
        let node = cluster.shard(from);
        let run = thread::spawn(move || run(&node, script));
        thread::sleep(before);
        let victim = cluster.shard(stopped);
        victim.pause().unwrap();
        thread::sleep(during);
        victim.resume().unwrap();
        let begun = Instant::now();
        let (mut results, errors) = run.join().unwrap();
        let told = format!(
            "round {round}: shard {stopped} was stopped after {before:?} for {during:?}, the run began at {from}"
        );
        assert!(begun.elapsed() < IDLE + SLACK, "{told}");
        if errors.is_empty() {
            results.sort();
            assert_eq!(results, expected, "{told}");
            right += 1;
        } else {
            assert_eq!(results, [""; 0], "{told}");
            assert_eq!(errors.len(), 1, "{told}: {errors:?}");
            assert!(
                errors[0].contains("Execution max idle reached"),
                "{told}: {errors:?}"
            );
            assert!(
                errors[0].contains(victim.id()) || stopped == from,
                "{told}: {errors:?}"
            );
            assert!(during > Duration::from_secs(1), "{told}: {errors:?}");
            failed += 1;
        }
        all_have_ended(&cluster.nodes());
    }
    println!("{right} right, {failed} ended with an error");
}
