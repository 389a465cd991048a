//! Keys that are read while something goes wrong.

use crate::common::eventually;
use crate::common::shards::ask;
use crate::data::Data;
use crate::{HONEST, results, run, run_at, try_run};
use redgrease_embedded::Server;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn a_shard_that_is_stopped_for_a_moment_reads_on() {
    let cluster = Server::cluster()
        .shards(3)
        .node_timeout(Duration::from_mins(1))
        .start()
        .unwrap();
    let data = Data::fill(&cluster, 30, 100);
    // A record takes a while, so that the shard is stopped in the middle.
    let script = "import time
def slow(record):
    time.sleep(0.001)
    return record['key']
GB().map(slow).run('*', readValue=False)";
    let names = thread::scope(|scope| {
        let running = scope.spawn(|| results(&cluster, 0, script));
        let stopped = cluster.shard(1);
        for _ in 0..3 {
            stopped.pause().unwrap();
            thread::sleep(Duration::from_millis(200));
            stopped.resume().unwrap();
            let _: String = ask(&stopped, &["PING"]);
        }
        running.join().unwrap()
    });
    data.check(&names, "a shard was stopped");
}

#[test]
fn a_slot_that_comes_to_no_rest_is_an_error_that_names_it() {
    let cluster = Server::cluster()
        .shards(3)
        .module_arg("ExecutionMaxIdleTime", "1000")
        .start()
        .unwrap();
    let data = Data::fill(&cluster, 6, 10);
    let (slot, _) = data.tags[0];
    let owner = (0..3).find(|shard| {
        let slots: String = ask(&cluster.shard(*shard), &["CLUSTER", "NODES"]);
        let myself = slots.lines().find(|line| line.contains("myself")).unwrap();
        let ranges = myself.split_whitespace().skip(8);
        ranges.into_iter().any(|range| {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            (first.parse().unwrap()..=last.parse::<u16>().unwrap()).contains(&slot)
        })
    });
    let owner = owner.unwrap();
    let target = cluster.shard((owner + 1) % 3);
    let migrate = |state: &[&str]| {
        let slot = slot.to_string();
        let words = [&["CLUSTER", "SETSLOT", &slot], state].concat();
        let _: redis::Value = ask(&cluster.shard(owner), &words);
    };
    migrate(&["MIGRATING", target.id()]);
    for shard in 0..3 {
        let began = Instant::now();
        let (results, errors) = run(&cluster, shard, "GB().count().run()");
        let error = errors.first().cloned().unwrap_or_default();
        assert!(
            error.contains("Execution max idle reached")
                && error.contains(&format!("slot {slot} ")),
            "{error}"
        );
        assert_eq!(
            results, [""; 0],
            "a part of the keys is not shown as all of them"
        );
        assert!(began.elapsed() < Duration::from_secs(15));
    }
    migrate(&["STABLE"]);
    let counted = results(&cluster, 0, "GB().count().run()");
    assert_eq!(counted, [data.count().to_string()]);
}

#[test]
fn slots_that_no_server_has_are_named() {
    let cluster = Server::cluster()
        .shards(3)
        .server_arg("cluster-require-full-coverage", "no")
        .start()
        .unwrap();
    let data = Data::fill(&cluster, 6, 10);
    let missing = (0..16384).find(|slot| data.tags.iter().all(|(tag, _)| tag != slot));
    let missing = missing.unwrap().to_string();
    for node in cluster.nodes() {
        let _: redis::Value = ask(&node, &["CLUSTER", "DELSLOTS", &missing]);
    }
    let (results, errors) = run(&cluster, 1, "GB().count().run()");
    assert_eq!(results, [data.count().to_string()], "{errors:?}");
    let error = errors.first().cloned().unwrap_or_default();
    assert!(
        error.contains(&format!("slot {missing} were not read")) && errors.len() == 1,
        "{errors:?}"
    );
}

#[test]
fn a_run_works_on_the_shards_that_have_not_failed() {
    let cluster = Server::cluster()
        .shards(3)
        .server_arg("cluster-require-full-coverage", "no")
        .start()
        .unwrap();
    let data = Data::fill(&cluster, 30, 10);
    let killed: usize = ask(&cluster.shard(2), &["DBSIZE"]);
    let left = (data.count() - killed).to_string();
    cluster.shard(2).kill().unwrap();
    for shard in [0, 1] {
        let is_failed = || {
            let nodes: String = ask(&cluster.shard(shard), &["CLUSTER", "NODES"]);
            nodes.contains("master,fail ")
        };
        eventually("the shard counts as failed", is_failed);
        // The engine hears of it a moment later.
        let mut outcome = (Vec::new(), Vec::new());
        eventually("a run works on what is there", || {
            outcome = run(&cluster, shard, "GB().count().run()");
            outcome.0 == [left.clone()]
        });
        let errors = outcome.1;
        assert!(
            matches!(&errors[..], [one] if one.contains("were not read")),
            "{errors:?}"
        );
    }
}

/// A replica takes the place of its master while keys are read: the result is right, or an error says that a shard was lost.
#[test]
fn a_failover_never_gives_a_wrong_result() {
    let cluster = Server::cluster().shards(3).replicas(1).start().unwrap();
    let data = Data::fill(&cluster, 30, 400);
    cluster.settle().unwrap();
    let is_over = AtomicBool::new(false);
    let (mut right, mut lost) = (0, 0);
    thread::scope(|scope| {
        let failovers = scope.spawn(|| {
            for shard in 0..3 {
                cluster.failover(shard).unwrap();
            }
            is_over.store(true, Ordering::Relaxed);
        });
        let mut round = 0;
        while !is_over.load(Ordering::Relaxed) || round < 3 {
            round += 1;
            let script = "GB().map(lambda r: r['key']).run('*', readValue=False)";
            // The server lets go of the clients of a master that becomes a replica.
            let Ok((names, errors)) = try_run(&cluster, round % 3, script) else {
                lost += 1;
                continue;
            };
            println!("round {round}: {} records, {errors:?}", names.len());
            match errors.first() {
                None => {
                    data.check(&names, &format!("round {round}"));
                    right += 1;
                }
                Some(error) => {
                    let is_honest = HONEST.iter().any(|part| error.contains(part));
                    assert!(is_honest, "{errors:?}");
                    assert_eq!(names, [""; 0]);
                    lost += 1;
                }
            }
        }
        failovers.join().unwrap();
    });
    println!("{right} right results, {lost} errors");
    let script = "GB().map(lambda r: r['key']).run('*', readValue=False)";
    for shard in 0..3 {
        data.check(&results(&cluster, shard, script), "afterwards");
        let replica = cluster.replica(shard, 0);
        let (names, errors) = run_at(replica.url(), script).unwrap();
        assert_eq!(errors, [""; 0]);
        data.check(&names, "asked at a replica");
    }
}
