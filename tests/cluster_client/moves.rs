//! Slots that move, and nodes that fail.

use crate::common::{PATIENCE, eventually};
use crate::shards::Shards;
use crate::{block_on, port, port_async, port_of, port_of_async};
use redis::{AsyncCommands as _, Commands as _, RedisResult};

/// A key in a slot of the first primary.
const KEY: &str = "{06S}:a";
const SLOT: u16 = 0;

/// How often a node has redirected a command.
fn redirected(shards: &Shards, at: usize, word: &str) -> u64 {
    let stats = shards.ask(at, &["INFO", "errorstats"]);
    let wanted = format!("errorstat_{word}:count=");
    let line = stats.lines().find_map(|line| line.strip_prefix(&*wanted));
    line.map_or(0, |count| count.trim().parse().unwrap())
}

#[test]
fn a_connection_follows_a_slot_that_has_moved() {
    let shards = Shards::start();
    let mut con = redgrease::start(shards.url(0)).unwrap();
    let mut pool = redgrease::BlockingPool::connect(shards.url(1)).unwrap();
    let () = con.set(KEY, 1).unwrap();
    shards.move_slot(SLOT, 2);
    let on_key = || port_of::call(KEY).on_key(KEY);
    let found = (shards.ports[2], Some(1));
    for _ in 0..3 {
        assert_eq!(on_key().on(&mut con).unwrap(), found);
        assert_eq!(con.incr::<_, _, i64>(KEY, 0).unwrap(), 1);
    }
    // It was told once.
    assert_eq!(redirected(&shards, 0, "MOVED"), 1);
    assert_eq!(on_key().on(&mut pool).unwrap(), found);
}

#[test]
fn an_async_connection_follows_a_slot_that_has_moved() {
    let shards = Shards::start();
    block_on(async {
        let mut con = redgrease::start_async(shards.url(0)).await.unwrap();
        let mut pool = redgrease::Pool::connect(shards.url(1)).await.unwrap();
        let () = con.set(KEY, 1).await.unwrap();
        shards.move_slot(SLOT, 1);
        let found = (shards.ports[1], Some(1));
        for _ in 0..3 {
            let on_key = || port_of_async::call(KEY).on_key(KEY);
            assert_eq!(on_key().on_async(&mut con).await.unwrap(), found);
            assert_eq!(con.get::<_, i64>(KEY).await.unwrap(), 1);
            assert_eq!(on_key().on_async(&mut pool).await.unwrap(), found);
        }
        assert_eq!(redirected(&shards, 0, "MOVED"), 2);
    });
}

#[test]
fn keys_are_found_while_their_slot_moves() {
    let shards = Shards::start();
    let mut con = redgrease::start(shards.url(0)).unwrap();
    let mut pool = redgrease::BlockingPool::connect(shards.url(1)).unwrap();
    let () = con.set(KEY, 1).unwrap();
    shards.begin_move(SLOT, 0, 1);
    // It is still here, and a new one is created there.
    assert_eq!(con.incr::<_, _, i64>(KEY, 1).unwrap(), 2);
    assert_eq!(con.incr::<_, _, i64>("{06S}:b", 5).unwrap(), 5);
    assert_eq!(pool.incr::<_, _, i64>("{06S}:b", 1).unwrap(), 6);
    assert_eq!(redirected(&shards, 0, "ASK"), 2);
    let call = port_of::call("{06S}:c").on_key("{06S}:c");
    assert_eq!(call.on(&mut con).unwrap(), (shards.ports[1], None));
    shards.move_keys(SLOT, 0, 1);
    assert_eq!(con.incr::<_, _, i64>(KEY, 1).unwrap(), 3);
    let mut pipe = redis::pipe();
    pipe.incr(KEY, 1).incr("{06S}:b", 1).get("elsewhere");
    let found: (i64, i64, Option<i64>) = pipe.query(&mut con).unwrap();
    assert_eq!(found, (4, 7, None));
    block_on(async {
        let mut con = redgrease::connect_async(shards.url(2)).await.unwrap();
        let mut pool = redgrease::Pool::connect(shards.url(2)).await.unwrap();
        assert_eq!(con.incr::<_, _, i64>(KEY, 1).await.unwrap(), 5);
        assert_eq!(pool.incr::<_, _, i64>(KEY, 1).await.unwrap(), 6);
    });
    shards.move_slot(SLOT, 1);
    assert_eq!(con.get::<_, i64>(KEY).unwrap(), 6);
    // A transaction that its node refuses did not run, and goes to the other node.
    shards.move_slot(SLOT, 2);
    let mut pipe = redis::pipe();
    pipe.atomic().incr(KEY, 1).incr("{06S}:b", 1);
    assert_eq!(pipe.query::<(i64, i64)>(&mut con).unwrap(), (7, 8));
}

#[test]
fn a_replica_that_was_promoted_is_found() {
    let shards = Shards::with_replicas(1);
    let mut con = redgrease::start(shards.url(0)).unwrap();
    let mut pool = redgrease::BlockingPool::connect(shards.url(1)).unwrap();
    let () = con.set(KEY, 1).unwrap();
    let () = pool.set(KEY, 2).unwrap();
    shards.caught_up(0, 3);
    shards.node(0).kill().unwrap();
    // Commands fail until the cluster has promoted the replica.
    eventually("the replica serves the slot", || {
        con.get::<_, i64>(KEY).is_ok_and(|found| found == 2)
    });
    eventually("the pool finds it", || {
        pool.get::<_, i64>(KEY).is_ok_and(|found| found == 2)
    });
    // Gears run on what is there.
    let ports = [shards.ports[1], shards.ports[2], shards.node(3).port()];
    for _ in 0..9 {
        assert!(ports.contains(&port(&mut con).unwrap()));
        assert!(ports.contains(&port(&mut pool).unwrap()));
    }
}

#[test]
fn an_async_connection_finds_a_replica_that_was_promoted() {
    let shards = Shards::with_replicas(1);
    block_on(async {
        let mut con = redgrease::start_async(shards.url(0)).await.unwrap();
        let mut pool = redgrease::Pool::connect(shards.url(0)).await.unwrap();
        let () = con.set(KEY, 1).await.unwrap();
        let () = pool.set(KEY, 2).await.unwrap();
        shards.caught_up(0, 3);
        shards.node(0).kill().unwrap();
        let begun = std::time::Instant::now();
        let in_time = |found: RedisResult<i64>| {
            let patient = begun.elapsed() < PATIENCE;
            assert!(patient, "no replica serves the slot: {found:?}");
            found != Ok(2)
        };
        while in_time(con.get(KEY).await) {}
        while in_time(pool.get(KEY).await) {}
        for _ in 0..9 {
            port_async(&mut con).await.unwrap();
            port_async(&mut pool).await.unwrap();
        }
    });
}
