//! Words of all shards are counted while something goes wrong: the counts are right, or an error says why there are none.
//!
//! `ROUNDS` is the number of counts, and `SEED` repeats the faults of a run.

use crate::common::eventually;
use crate::common::rounds::{Tally, rounds};
use crate::common::shards::{Random, try_ask};
use crate::data::Data;
use crate::moves::while_slots_move;
use crate::{HONEST, run_at};
use redgrease_embedded::{Cluster, ClusterBuilder, Server};
use std::thread;
use std::time::{Duration, Instant};

/// A shard that says nothing for so long is lost.
const IDLE: Duration = Duration::from_secs(3);

const WORDS: &str = "
def words(record):
    return (record['value']['words'] if record['type'] == 'hash' else record['value']).split()
GB().flatmap(words).countby().map(lambda r: '%s=%d' % (r['key'], r['value'])).run()
";

/// Hash tags, and keys of each.
type Size = (u16, usize);
const SHORT: Size = (30, 400);
const LONG: Size = (30, 10_000);

/// The rounds of long tests.
const MANY: usize = 50;
const FEW: usize = 3;

/// What happens to a shard. All is well again when it returns.
type Fault = fn(&Cluster, usize, &mut Random);

fn builder() -> ClusterBuilder {
    Server::cluster()
        .shards(3)
        .replicas(1)
        .start_timeout(Duration::from_mins(2))
        .module_arg("ExecutionMaxIdleTime", IDLE.as_millis().to_string())
}

/// The right result of a count: each key has the words `a` and `b`, and a number that one key of each tag has.
fn expected((tag_count, per_tag): Size) -> Vec<String> {
    let numbers = (0..per_tag).map(|number| format!("{number}={tag_count}"));
    let count = usize::from(tag_count) * per_tag;
    let words = ["a", "b"].map(|word| format!("{word}={count}"));
    let mut all: Vec<String> = numbers.chain(words).collect();
    all.sort();
    all
}

/// Counts at a server. A right result is `Ok`, and the reason of an honest error is `Err`. The test fails if the result is wrong, or
/// the count does not end.
#[track_caller]
fn count(url: &str, expected: &[String], about: &str) -> Result<(), String> {
    match run_at(url, WORDS) {
        Ok((mut results, errors)) if errors.is_empty() => {
            results.sort();
            let is_missing = |record: &&String| results.binary_search(record).is_err();
            let missing: Vec<_> = expected.iter().filter(is_missing).take(5).collect();
            assert!(
                results == expected,
                "{about}: wrong counts. {} results of {}, missing {missing:?}",
                results.len(),
                expected.len()
            );
            Ok(())
        }
        Ok((results, errors)) => {
            let honest = HONEST.iter().find(|part| errors[0].contains(**part));
            let Some(honest) = honest else {
                panic!("{about}: {errors:?}");
            };
            let is_part = *honest == "were not read";
            assert!(results.is_empty() || is_part, "{about}: {errors:?}");
            Err((*honest).to_owned())
        }
        Err(error) => {
            assert!(!error.is_timeout(), "{about}: the count hangs: {error}");
            Err("the server that was asked has let the client go".to_owned())
        }
    }
}

/// Counts again and again. In the middle of each count a fault happens to a shard.
fn counts_with_faults(name: &str, cluster: &Cluster, size: Size, few: usize, fault: Fault) {
    let mut random = Random::new();
    let data = Data::fill(cluster, size.0, size.1);
    // The replicas have all data.
    cluster.settle().unwrap();
    let expected = expected(size);
    assert_eq!(data.count(), usize::from(size.0) * size.1);
    let begun = Instant::now();
    count(cluster.shard(0).url(), &expected, "before").unwrap();
    let usual = usize::try_from(begun.elapsed().as_micros()).unwrap();
    let mut tally = Tally::new();
    for round in 0..rounds(few) {
        let (from, shard) = (random.below(3), random.below(3));
        let before = Duration::from_micros(random.below(usual) as u64);
        let about = format!("round {round}, begun at {from}, fault at {shard} after {before:?}");
        let url = cluster.shard(from).url().to_owned();
        let (outcome, took) = thread::scope(|scope| {
            let counting = scope.spawn(|| {
                let begun = Instant::now();
                (count(&url, &expected, &about), begun.elapsed())
            });
            // The moment of the fault, not a condition to wait for.
            thread::sleep(before);
            fault(cluster, shard, &mut random);
            counting.join().unwrap()
        });
        tally.add(
            outcome.as_ref().map_or_else(String::as_str, |()| "right"),
            took,
        );
        // The engine may hear a moment later that all is well again.
        eventually("a count is right again", || {
            count(cluster.shard(from).url(), &expected, &about).is_ok()
        });
    }
    tally.print(name);
}

/// Counts while slots move all the time: there is no reason for an error.
fn counts_while_slots_move(size: Size, few: usize) {
    let mut random = Random::new();
    let cluster = patient().start().unwrap();
    let data = Data::fill(&cluster, size.0, size.1);
    let expected = expected(size);
    let mut tally = Tally::new();
    let rounds = rounds(few);
    let body = || {
        for round in 0..rounds {
            let begun = Instant::now();
            let about = format!("round {round}");
            count(cluster.shard(round % 3).url(), &expected, &about).unwrap();
            tally.add("right", begun.elapsed());
        }
    };
    let pause = Duration::from_millis(100);
    let ((), moves) = while_slots_move(&cluster, &data, &mut random, pause, body);
    tally.print(&format!("{moves} moves"));
    assert!(moves > 0, "slots have moved");
}

fn promote(cluster: &Cluster, shard: usize, _: &mut Random) {
    cluster.failover(shard).unwrap();
}

fn kill_and_promote(cluster: &Cluster, shard: usize, _: &mut Random) {
    let master = cluster.shard(shard);
    master.kill().unwrap();
    cluster.failover(shard).unwrap();
    master.start().unwrap();
    let new = cluster.shard(shard);
    // These servers do not become replicas by themselves.
    eventually("the old master is a replica", || {
        try_ask::<String>(&master, &["CLUSTER", "REPLICATE", new.id()]).is_ok()
    });
    cluster.settle().unwrap();
}

fn stop_for_a_while(cluster: &Cluster, shard: usize, random: &mut Random) {
    let master = cluster.shard(shard);
    let pause = random.below(2 * usize::try_from(IDLE.as_millis()).unwrap());
    master.pause().unwrap();
    // The pause is the fault.
    thread::sleep(Duration::from_millis(pause as u64));
    master.resume().unwrap();
    cluster.settle().unwrap();
}

fn kill_and_start(cluster: &Cluster, shard: usize, random: &mut Random) {
    let master = cluster.shard(shard);
    master.kill().unwrap();
    thread::sleep(Duration::from_millis(random.below(2000) as u64));
    master.start().unwrap();
    cluster.settle().unwrap();
}

/// No replica takes the place of a server that is away for a while, however slow the machine is.
fn patient() -> ClusterBuilder {
    builder().node_timeout(Duration::from_mins(1))
}

fn while_replicas_are_promoted(size: Size, few: usize) {
    let cluster = builder().start().unwrap();
    counts_with_faults("promoted", &cluster, size, few, promote);
}

fn while_replicas_take_the_place_of_the_killed(size: Size, few: usize) {
    let cluster = builder().start().unwrap();
    counts_with_faults("killed, promoted", &cluster, size, few, kill_and_promote);
}

fn while_shards_are_stopped(size: Size, few: usize) {
    let cluster = patient().start().unwrap();
    counts_with_faults("stopped", &cluster, size, few, stop_for_a_while);
}

fn while_shards_are_killed_and_come_back(size: Size, few: usize) {
    // They come back with their data.
    let cluster = patient()
        .server_arg("appendonly", "yes")
        .server_arg("appendfsync", "no")
        .start()
        .unwrap();
    counts_with_faults("killed, back", &cluster, size, few, kill_and_start);
}

#[test]
fn words_are_counted_right_while_slots_move() {
    counts_while_slots_move(SHORT, FEW);
}

#[test]
fn words_are_counted_right_or_not_at_all_while_replicas_are_promoted() {
    while_replicas_are_promoted(SHORT, FEW);
}

#[test]
fn words_are_counted_right_or_not_at_all_while_replicas_take_the_place_of_the_killed() {
    while_replicas_take_the_place_of_the_killed(SHORT, FEW);
}

#[test]
fn words_are_counted_right_or_not_at_all_while_shards_are_stopped() {
    while_shards_are_stopped(SHORT, FEW);
}

#[test]
fn words_are_counted_right_or_not_at_all_while_shards_are_killed_and_come_back() {
    while_shards_are_killed_and_come_back(SHORT, FEW);
}

#[test]
#[ignore = "takes minutes"]
fn words_of_300_thousand_keys_while_slots_move() {
    counts_while_slots_move(LONG, MANY);
}

#[test]
#[ignore = "takes minutes"]
fn words_of_300_thousand_keys_while_replicas_are_promoted() {
    while_replicas_are_promoted(LONG, MANY);
}

#[test]
#[ignore = "takes minutes"]
fn words_of_300_thousand_keys_while_replicas_take_the_place_of_the_killed() {
    while_replicas_take_the_place_of_the_killed(LONG, MANY);
}

#[test]
#[ignore = "takes minutes"]
fn words_of_300_thousand_keys_while_shards_are_stopped() {
    while_shards_are_stopped(LONG, MANY);
}

#[test]
#[ignore = "takes minutes"]
fn words_of_300_thousand_keys_while_shards_are_killed_and_come_back() {
    while_shards_are_killed_and_come_back(LONG, MANY);
}
