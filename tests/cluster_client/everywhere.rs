//! Gears and chains that run on all shards.

use crate::block_on;
use crate::shards::Shards;
use redgrease::prelude::*;
use redgrease::{BlockingPool, Pool};
use std::collections::BTreeSet;

/// The port of each server, and the value of its key `here:{..}`.
#[gear_command(mode = "async")]
fn ports() -> PerShard<(u16, Option<i64>)> {
    python! {
        value = cmd.get("here:{" + hashtag() + "}")
        return int(execute("CONFIG", "GET", "port")[1]), None if value is None else int(value)
    }
}

/// The twin of [`ports`] for async connections.
#[gear_command(mode = "async")]
async fn ports_async() -> PerShard<u16> {
    python! { return int(execute("CONFIG", "GET", "port")[1]) }
}

/// Refuses on the shard with this port, and fails on this one.
#[gear_command(mode = "async")]
fn refuses(refusing: u16, failing: u16) -> PerShard<Result<u16, String>> {
    python! {
        port = int(execute("CONFIG", "GET", "port")[1])
        if port == failing:
            raise ValueError("not here")
        return Err("port %d" % port) if port == refusing else port
    }
}

#[test]
fn a_gear_for_all_shards_answers_for_each() {
    let shards = Shards::start();
    let mut con = redgrease::start(shards.url(0)).unwrap();
    let mut pool = BlockingPool::connect(shards.url(1)).unwrap();
    let all: BTreeSet<u16> = shards.ports.iter().copied().collect();
    // Whichever shard the call reaches.
    for _ in 0..4 {
        for answers in [ports(&mut con).unwrap(), ports(&mut pool).unwrap()] {
            assert_eq!(answers.0.len(), 3);
            let ran: BTreeSet<u16> = answers.iter().map(|(port, _)| *port).collect();
            assert_eq!(ran, all);
        }
    }
    // A connection of redis-rs reaches one shard, and the answer is the same.
    assert_eq!(ports(&mut shards.con(2)).unwrap().0.len(), 3);
    block_on(async {
        let mut pool = Pool::connect(shards.url(2)).await.unwrap();
        let ran: BTreeSet<u16> = ports_async(&mut pool).await.unwrap().into_iter().collect();
        assert_eq!(ran, all);
    });
}

#[test]
fn refusals_are_those_of_shards_and_a_failure_is_that_of_all() {
    let shards = Shards::start();
    let mut con = redgrease::start(shards.url(0)).unwrap();
    let (refusing, failing) = (shards.ports[1], shards.ports[2]);
    let mut answers = refuses(&mut con, refusing, 0).unwrap().0;
    answers.sort_by_key(Result::is_err);
    assert_eq!(answers[2], Err(format!("port {refusing}")));
    assert!(answers[..2].iter().all(Result::is_ok), "{answers:?}");
    let error = refuses(&mut con, refusing, failing).unwrap_err();
    let exception = error.as_gear().unwrap();
    assert_eq!(
        (&*exception.exception, &*exception.message),
        ("ValueError", "not here")
    );
    assert!(error.to_string().contains("everywhere.rs"), "{error}");
}

#[test]
fn the_numbers_of_all_shards_are_added_up() {
    let shards = Shards::start();
    let mut con = redgrease::start(shards.url(0)).unwrap();
    for _ in 0..9 {
        crate::port(&mut con).unwrap();
    }
    let stats = crate::port::GEAR.stats(&mut con).unwrap().unwrap();
    assert_eq!((stats.triggered, stats.failed), (9, 0));
    block_on(async {
        let mut con = redgrease::connect_async(shards.url(1)).await.unwrap();
        let stats = crate::port::GEAR.stats_async(&mut con).await;
        assert_eq!(stats.unwrap().unwrap().triggered, 9);
    });
    // One shard has counted its own.
    let stats = crate::port::GEAR.stats(&mut shards.con(2)).unwrap();
    assert_eq!(stats.unwrap().triggered, 3);
}

#[test]
fn a_chain_reads_the_keys_of_all_shards() {
    let shards = Shards::start();
    let mut con = redgrease::connect(shards.url(0)).unwrap();
    let mut pipe = redis::pipe();
    for n in 0..300 {
        pipe.set(format!("n:{n}"), n).ignore();
    }
    pipe.exec(&mut con).unwrap();
    let sum = KeysReader::new("n:*")
        .values()
        .map_to::<i64>(python!(lambda n: int(n)))
        .sum::<i64>()
        .run();
    // Each call reaches another shard.
    for _ in 0..4 {
        assert_eq!(sum.on(&mut con).unwrap().into_value().unwrap(), 44_850);
    }
    // A run that goes on without the client is asked for at its shard.
    let runs: Vec<_> = (0..4).map(|_| sum.start(&mut con).unwrap()).collect();
    for run in runs {
        assert_eq!(run.wait(&mut con).unwrap().into_value().unwrap(), 44_850);
    }
}
