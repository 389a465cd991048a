//! Runs over all shards of a real cluster under load: many at once, and more records than a shard may hold.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;
mod on_shards;

use common::eventually;
use on_shards::{ask, client, fill, results, start};
use redgrease_embedded::ClusterNode;
use std::fs;
use std::thread;

/// The most memory that a server has had, in MiB.
fn peak(node: &ClusterNode) -> usize {
    let status = fs::read_to_string(format!("/proc/{}/status", node.pid().unwrap())).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    let kib: usize = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kib >> 10
}

#[test]
fn many_runs_at_once_have_their_own_results() {
    const KEYS: usize = 300;
    const ROUNDS: usize = 25;
    let cluster = start();
    fill(&cluster, KEYS);
    let sum: usize = (0..KEYS).sum();
    thread::scope(|scope| {
        for thread in 0..9 {
            let node = cluster.shard(thread % 3);
            scope.spawn(move || {
                for round in 0..ROUNDS {
                    let factor = thread * ROUNDS + round + 1;
                    let script = format!(
                        "GB().map(lambda r: int(r['value']) * {factor}).repartition(lambda n: str(n)).map(lambda n: n).collect().accumulate(lambda a, n: (a or 0) + n).run()"
                    );
                    assert_eq!(results(&node, &script), [(sum * factor).to_string()]);
                }
            });
        }
    });
    for node in cluster.nodes() {
        assert_eq!(results(&node, "GB().count().run()"), [KEYS.to_string()]);
    }
}

#[test]
fn a_slow_shard_holds_up_those_that_send_to_it() {
    const RECORDS: usize = 1000;
    const BYTES: usize = 100_000;
    let cluster = start();
    let before: Vec<usize> = cluster.nodes().iter().map(peak).collect();
    let script = format!(
        "import time\ndef slow(r):\n    time.sleep(0.0005)\n    return len(r)\n\
         GB('PythonReader').map(lambda n: b'%d ' % n + b'x' * {BYTES}).repartition(lambda r: 'one').map(slow).count().run(lambda: iter(range({RECORDS})))"
    );
    assert_eq!(
        results(&cluster.shard(0), &script),
        [(3 * RECORDS).to_string()]
    );
    for (node, before) in cluster.nodes().iter().zip(before) {
        let grown = peak(node) - before;
        assert!(
            grown < 100,
            "{grown} MiB of {} MiB",
            (3 * RECORDS * BYTES) >> 20
        );
    }
}

#[test]
fn a_run_that_waits_does_not_hold_up_others() {
    let cluster = start();
    fill(&cluster, 30);
    let stuck = "import time\ndef slow(r):\n    time.sleep(0.05)\n    return r\n\
         GB('PythonReader').map(lambda n: b'x' * 100000).repartition(lambda r: 'one').map(slow).run(lambda: iter(range(100000)))";
    let id: String = ask(&cluster.shard(0), &["RG.PYEXECUTE", stuck, "UNBLOCKING"]);
    thread::sleep(std::time::Duration::from_secs(1));
    for node in cluster.nodes() {
        assert_eq!(
            results(&node, "GB().map(lambda r: r['key']).count().run()"),
            ["30"]
        );
    }
    let () = ask(&cluster.shard(0), &["RG.ABORTEXECUTION", &id]);
}

#[test]
fn readers_stop_when_the_first_records_are_enough() {
    let cluster = start();
    let script = "GB('PythonReader').foreach(lambda n: execute('INCR', 'read{%s}' % hashtag())).collect().limit(5).count().run(lambda: iter(range(1000000)))";
    assert_eq!(results(&cluster.shard(0), script), ["5"]);
}

#[test]
fn triggers_of_many_clients_are_answered_in_full() {
    const CLIENTS: usize = 6;
    const CALLS: usize = 60;
    let cluster = start();
    let () = ask(
        &cluster.shard(0),
        &[
            "RG.PYEXECUTE",
            "GB('CommandReader').map(lambda r: int(r[1])).register(trigger='t')",
        ],
    );
    thread::scope(|scope| {
        for number in 0..CLIENTS {
            let node = cluster.shard(number % 3);
            scope.spawn(move || {
                let mut connection = client(&node);
                for call in 0..CALLS {
                    let word = (number * CALLS + call).to_string();
                    let replies: Vec<String> = redis::cmd("RG.TRIGGER")
                        .arg("t")
                        .arg(&word)
                        .query(&mut connection)
                        .unwrap();
                    assert_eq!(replies, vec![word; 3]);
                }
            });
        }
    });
    for node in cluster.nodes() {
        let running = || ask::<Vec<redis::Value>>(&node, &["RG.DUMPEXECUTIONS"]).len();
        eventually("executions of triggers are bounded", || running() <= 1000);
    }
}
