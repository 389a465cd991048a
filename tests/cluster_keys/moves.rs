//! Keys that are read while slots move.

use crate::common::capability::is_redis_6;
use crate::common::eventually;
use crate::common::rounds::rounds;
use crate::common::shards::{Random, ask};
use crate::data::Data;
use crate::{results, run_at};
use redgrease_embedded::{Cluster, Server};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// Moves slots to random shards until the body has ended. Returns what the body returns and the number of moves.
pub(super) fn while_slots_move<R>(
    cluster: &Cluster,
    data: &Data,
    random: &mut Random,
    pause: Duration,
    body: impl FnOnce() -> R,
) -> (R, usize) {
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let other = scope.spawn(|| {
            let mut moves = 0;
            while !is_over.load(Ordering::Relaxed) {
                let (slot, _) = data.tags[random.below(data.tags.len())];
                let to = random.below(cluster.shards());
                // A slow machine may keep a server from answering for a moment. A move that failed goes on.
                eventually("a slot moves", || cluster.move_slot(slot, to).is_ok());
                moves += 1;
                // The load of this test, not a condition to wait for.
                thread::sleep(pause);
            }
            moves
        });
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(body));
        is_over.store(true, Ordering::Relaxed);
        let moves = other.join().unwrap();
        match outcome {
            Ok(outcome) => (outcome, moves),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

/// Reads everything `rounds` times in each way while slots move.
fn reads_each_key_once(tag_count: u16, per_tag: usize, rounds: usize, pause: Duration) {
    let mut random = Random::new();
    let cluster = Server::cluster().shards(3).start().unwrap();
    let data = Data::fill(&cluster, tag_count, per_tag);
    let names = "GB().map(lambda r: r['key']).run('*', readValue=False)";
    let values = "GB().map(lambda r: r['key'] if r['value'] else None).run()";
    let words = "GB().flatmap(lambda r: (r['value']['words'] if r['type'] == 'hash' else r['value']).split()).countby().filter(lambda r: r['key'] in 'ab').run()";
    // The values are read with commands, one by one, because the server has to check the rights. Redis 6 cannot.
    let has_reader = !is_redis_6(&cluster.shard(0));
    let user = "on >secret ~* &* +@all -flushall".split(' ');
    for node in cluster.nodes().into_iter().filter(|_| has_reader) {
        let words: Vec<&str> = ["ACL", "SETUSER", "reader"]
            .into_iter()
            .chain(user.clone())
            .collect();
        let () = ask(&node, &words);
    }
    let as_reader = |shard| {
        let node = cluster.shard(shard);
        let login = if has_reader {
            "://reader:secret@"
        } else {
            "://"
        };
        node.url().replace("://", login)
    };
    let count = data.count();
    let expected = ["a", "b"].map(|word| format!("{{'key': '{word}', 'value': {count}}}"));
    let body = || {
        for round in 0..rounds {
            let shard = round % 3;
            let about = format!("round {round}");
            data.check(&results(&cluster, shard, names), &about);
            data.check(&results(&cluster, shard, values), &about);
            let (names, errors) = run_at(&as_reader(shard), values).unwrap();
            assert_eq!(errors, [""; 0], "{about}");
            data.check(&names, &format!("{about} with restricted rights"));
            assert_eq!(results(&cluster, shard, words), expected, "{about}");
            let counted = results(&cluster, shard, "GB().count().run()");
            assert_eq!(counted, [count.to_string()], "{about}");
            println!("{about}: {count} keys once each");
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

/// A shard whose limit is used up ends its part, and may be given a slot afterwards: the run goes on without it.
#[test]
fn a_run_ends_when_slots_go_to_a_shard_that_needs_no_more() {
    let mut random = Random::new();
    let cluster = Server::cluster().shards(3).start().unwrap();
    let data = Data::fill(&cluster, 30, 60);
    // The shard that begins the run is slow and lets no record pass. The others end at once.
    let script = |first: &str| {
        format!(
            "import time
def passes(record):
    if execute('CLUSTER', 'MYID') == '{first}':
        time.sleep(0.003)
        return False
    return True
GB().filter(passes).limit(1).run('*', readValue=False)"
        )
    };
    let body = || {
        for round in 0..6 {
            let first = cluster.shard(round % 3);
            let (names, errors) = run_at(first.url(), &script(first.id())).unwrap();
            assert_eq!(errors, [""; 0], "round {round}");
            assert!(names.len() <= 2, "round {round}: {names:?}");
        }
    };
    let ((), moves) = while_slots_move(&cluster, &data, &mut random, Duration::ZERO, body);
    assert!(moves > 6, "slots have moved");
}

/// `SEED` repeats the moves of a run, and `ROUNDS` shortens it.
#[test]
#[ignore = "takes many minutes"]
fn each_of_300_thousand_keys_is_read_once_while_slots_move() {
    reads_each_key_once(30, 10_000, rounds(50), Duration::from_millis(100));
}
