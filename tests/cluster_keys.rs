//! The keys of a cluster are read once, while slots move.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::shards::{Random, Router, ask, slot_of, tags, try_ask};
use redgrease_embedded::{Cluster, Server};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// The time in which a run has to end, whatever happens. A run that hangs fails a test.
const END: Duration = Duration::from_secs(60);

/// Results and errors of a script, sent to one shard.
fn run(cluster: &Cluster, shard: usize, script: &str) -> (Vec<String>, Vec<String>) {
    try_run(cluster, shard, script).unwrap()
}

fn try_run(
    cluster: &Cluster,
    shard: usize,
    script: &str,
) -> redis::RedisResult<(Vec<String>, Vec<String>)> {
    let client = redis::Client::open(cluster.shard(shard).url()).unwrap();
    let mut connection = client.get_connection().unwrap();
    connection.set_read_timeout(Some(END)).unwrap();
    let mut cmd = redis::cmd("RG.PYEXECUTE");
    cmd.arg(script).query(&mut connection)
}

/// The results of a script without errors, sorted.
#[track_caller]
fn results(cluster: &Cluster, shard: usize, script: &str) -> Vec<String> {
    let (mut results, errors) = run(cluster, shard, script);
    assert_eq!(errors, [""; 0]);
    results.sort();
    results
}

/// Keys with hash tags: by tag, so many.
#[derive(Debug)]
struct Data {
    tags: Vec<(u16, String)>,
    per_tag: usize,
}

impl Data {
    fn name(tag: &str, number: usize) -> String {
        format!("{{{tag}}}:{number}")
    }

    /// Strings, and every tenth key of a tag a hash.
    fn fill(cluster: &Cluster, tag_count: u16, per_tag: usize) -> Data {
        let tags = tags(tag_count);
        let mut router = Router::new(cluster);
        let script = "for i = 0, ARGV[1] - 1 do
            local name = KEYS[1] .. i
            if i % 10 == 9 then redis.call('HSET', name, 'words', 'a b ' .. i)
            else redis.call('SET', name, 'a b ' .. i) end
        end";
        for (_, tag) in &tags {
            let prefix = format!("{{{tag}}}:");
            // The router takes the second word for the key.
            let () = router.send(&["SET", &prefix, "x"]);
            let () = router.send(&["DEL", &prefix]);
            let owner = (0..cluster.shards())
                .map(|shard| cluster.shard(shard))
                .find(|node| {
                    let words = ["EVAL", script, "1", &prefix, &per_tag.to_string()];
                    try_ask::<redis::Value>(node, &words).is_ok()
                });
            assert!(owner.is_some(), "no shard has {tag}");
        }
        Data { tags, per_tag }
    }

    fn count(&self) -> usize {
        self.tags.len() * self.per_tag
    }

    /// Checks that the names are those of all keys, each once.
    #[track_caller]
    fn check(&self, names: &[String], about: &str) {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for name in names {
            *counts.entry(name).or_default() += 1;
        }
        let expected: Vec<String> = self
            .tags
            .iter()
            .flat_map(|(_, tag)| (0..self.per_tag).map(|number| Data::name(tag, number)))
            .collect();
        let wrong: Vec<_> = expected
            .iter()
            .filter(|name| counts.get(name.as_str()) != Some(&1))
            .map(|name| (name, counts.get(name.as_str())))
            .take(10)
            .collect();
        let (read, count) = (names.len(), self.count());
        assert!(
            wrong.is_empty(),
            "{about}: {read} records of {count} keys, not read once: {wrong:?}"
        );
        assert_eq!(read, count, "{about}");
    }
}

/// Moves slots to random shards until the body has ended. Returns what the body returns and the number of moves.
fn while_slots_move<R>(
    cluster: &Cluster,
    data: &Data,
    random: &mut Random,
    pause: Duration,
    body: impl FnOnce() -> R,
) -> (R, usize) {
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let mover = scope.spawn(|| {
            let mut moves = 0;
            while !is_over.load(Ordering::Relaxed) {
                let (slot, _) = data.tags[random.below(data.tags.len())];
                cluster
                    .move_slot(slot, random.below(cluster.shards()))
                    .unwrap();
                moves += 1;
                // The load of this test, not a condition to wait for.
                thread::sleep(pause);
            }
            moves
        });
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(body));
        is_over.store(true, Ordering::Relaxed);
        let moves = mover.join().unwrap();
        match outcome {
            Ok(outcome) => (outcome, moves),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

#[test]
fn keys_of_all_types_are_read_once() {
    let cluster = Server::cluster().shards(3).start().unwrap();
    let mut router = Router::new(&cluster);
    for (_, tag) in tags(9) {
        for (command, rest) in [
            ("SET", &["1"][..]),
            ("HSET", &["f", "1"]),
            ("RPUSH", &["1", "2"]),
            ("SADD", &["1"]),
            ("ZADD", &["1", "m"]),
            ("XADD", &["1-1", "f", "1"]),
        ] {
            let name = format!("{}{{{tag}}}", command.to_lowercase());
            let words = [&[command, &name], rest].concat();
            let _: redis::Value = router.send(&words);
        }
        let expired = format!("expired{{{tag}}}");
        let _: redis::Value = router.send(&["SET", &expired, "1", "PX", "1"]);
    }
    let script = "GB().filter(lambda r: not r['key'].startswith('expired')).map(lambda r: r['type'] + ' ' + '.'.join(r['value'] or [])).countby().run()";
    let values = [
        "{'key': 'hash f', 'value': 9}",
        "{'key': 'list 1.2', 'value': 9}",
        "{'key': 'set ', 'value': 9}",
        "{'key': 'string 1', 'value': 9}",
        "{'key': 'unknown ', 'value': 9}",
        "{'key': 'zset ', 'value': 9}",
    ];
    for shard in 0..3 {
        assert_eq!(results(&cluster, shard, script), values);
        let prefix = "GB().count().run('h*')";
        assert_eq!(results(&cluster, shard, prefix), ["9"]);
        let names = "GB().map(lambda r: r['key'][0]).countby().run('[rz]*', readValue=False)";
        let of_names = ["{'key': 'r', 'value': 9}", "{'key': 'z', 'value': 9}"];
        assert_eq!(results(&cluster, shard, names), of_names);
        // One key by its name is read where it is.
        let (_, tag) = &tags(9)[shard];
        let one = format!(
            "GB().map(lambda r: (r['type'], r['value'])).run('hset{{{tag}}}', noScan=True)"
        );
        assert_eq!(results(&cluster, 0, &one), ["('hash', {'f': '1'})"]);
        let none = format!(
            "GB().map(lambda r: (r['type'], r['value'])).run('none{{{tag}}}', noScan=True)"
        );
        assert_eq!(results(&cluster, 0, &none), ["('empty', None)"]);
        let stream = format!("GB('StreamReader').map(lambda r: r['value']).run('xadd{{{tag}}}')");
        assert_eq!(results(&cluster, 0, &stream), ["{'f': '1'}"]);
        let few = results(&cluster, shard, "GB().limit(2).count().run()");
        assert_eq!(few, ["6"], "two keys of each shard");
    }
}

/// Reads everything `rounds` times in each way while slots move.
fn reads_each_key_once(tag_count: u16, per_tag: usize, rounds: usize, pause: Duration) {
    let mut random = Random::new();
    let cluster = Server::cluster().shards(3).start().unwrap();
    let data = Data::fill(&cluster, tag_count, per_tag);
    let names = "GB().map(lambda r: r['key']).run('*', readValue=False)";
    let values = "GB().map(lambda r: r['key'] if r['value'] else None).run()";
    let words = "GB().flatmap(lambda r: (r['value']['words'] if r['type'] == 'hash' else r['value']).split()).countby().filter(lambda r: r['key'] in 'ab').run()";
    let count = data.count();
    let expected = ["a", "b"].map(|word| format!("{{'key': '{word}', 'value': {count}}}"));
    let body = || {
        for round in 0..rounds {
            let shard = round % 3;
            let about = format!("round {round}");
            data.check(&results(&cluster, shard, names), &about);
            data.check(&results(&cluster, shard, values), &about);
            assert_eq!(results(&cluster, shard, words), expected, "{about}");
            let counted = results(&cluster, shard, "GB().count().run()");
            assert_eq!(counted, [count.to_string()], "{about}");
        }
    };
    let ((), moves) = while_slots_move(&cluster, &data, &mut random, pause, body);
    println!("{rounds} rounds, {moves} moves");
    assert!(moves > rounds, "slots have moved");
}

#[test]
fn each_key_is_read_once_while_slots_move() {
    reads_each_key_once(30, 400, 5, Duration::ZERO);
}

/// A slot that has more keys than are read at once moves while its keys are read.
#[test]
fn keys_of_large_slots_are_read_once_while_they_move() {
    reads_each_key_once(4, 5000, 3, Duration::ZERO);
}

/// `SEED` repeats a run. It takes many minutes.
#[test]
#[ignore = "takes many minutes"]
fn each_of_300_thousand_keys_is_read_once_while_slots_move() {
    reads_each_key_once(30, 10_000, 50, Duration::from_millis(100));
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
    assert_eq!(slot_of("06S"), 0);
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
                    assert!(error.contains("Execution max idle reached"), "{errors:?}");
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
        let (names, _): (Vec<String>, Vec<String>) = ask(&replica, &["RG.PYEXECUTE", script]);
        data.check(&names, "asked at a replica");
    }
}
