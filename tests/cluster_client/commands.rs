//! Commands of keys.

use crate::block_on;
use crate::shards::Shards;
use redis::{AsyncCommands as _, Commands as _};

#[test]
fn commands_reach_the_keys_of_all_slots() {
    let shards = Shards::start();
    let mut con = redgrease::connect(shards.url(0)).unwrap();
    for n in 0..300 {
        let () = con.set(format!("key:{n}"), n).unwrap();
    }
    for at in 0..shards.count() {
        let mut one = shards.con(at);
        let count: usize = redis::cmd("DBSIZE").query(&mut one).unwrap();
        assert!(count > 50, "{count}");
    }
    let count: usize = redis::cmd("DBSIZE").query(&mut con).unwrap();
    assert_eq!(count, 300);
    let keys: Vec<String> = con.keys("key:*").unwrap();
    assert_eq!(keys.len(), 300);
    block_on(async {
        let mut con = redgrease::connect_async(shards.url(1)).await.unwrap();
        for n in 0..300 {
            assert_eq!(con.get::<_, i64>(format!("key:{n}")).await.unwrap(), n);
        }
    });
    let () = redis::cmd("FLUSHALL").query(&mut con).unwrap();
    let count: usize = redis::cmd("DBSIZE").query(&mut con).unwrap();
    assert_eq!(count, 0);
}

#[test]
fn pipelines_keep_the_order_of_answers() {
    let shards = Shards::start();
    let mut con = redgrease::connect(shards.url(0)).unwrap();
    let mut pipe = redis::pipe();
    for n in 0..100 {
        pipe.set(format!("key:{n}"), n).ignore();
    }
    for n in 0..100 {
        pipe.get(format!("key:{n}"));
    }
    let expected: Vec<i64> = (0..100).collect();
    assert_eq!(pipe.query::<Vec<i64>>(&mut con).unwrap(), expected);
    let answers: Vec<i64> = block_on(async {
        let mut con = redgrease::Pool::connect(shards.url(1)).await.unwrap();
        pipe.query_async(&mut con).await.unwrap()
    });
    assert_eq!(answers, expected);
}

#[test]
fn transactions_are_of_one_slot() {
    let shards = Shards::start();
    let mut con = redgrease::connect(shards.url(0)).unwrap();
    let mut pipe = redis::pipe();
    pipe.atomic().set("{x}1", 1).ignore().incr("{x}1", 2);
    assert_eq!(pipe.query::<(i64,)>(&mut con).unwrap(), (3,));
    block_on(async {
        let mut con = redgrease::Pool::connect(shards.url(1)).await.unwrap();
        let (answer,): (i64,) = pipe.query_async(&mut con).await.unwrap();
        assert_eq!(answer, 3);
    });
    pipe.set("y", 1);
    let error = redgrease::Error::from(pipe.exec(&mut con).unwrap_err());
    for part in ["different slots", "braces"] {
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[test]
fn commands_about_one_socket_are_refused() {
    let shards = Shards::start();
    let mut con = redgrease::connect(shards.url(0)).unwrap();
    for (command, part) in [("WATCH", "redis-rs"), ("SCAN", "KeysReader")] {
        let answer = redis::cmd(command).arg(0).exec(&mut con);
        let error = redgrease::Error::from(answer.unwrap_err());
        let text = error.to_string();
        assert!(text.contains(command) && text.contains(part), "{text}");
    }
}

#[test]
fn commands_of_keys_in_several_slots_are_split() {
    let shards = Shards::start();
    let mut con = redgrease::connect(shards.url(0)).unwrap();
    let keys: Vec<String> = (0..100).map(|n| format!("key:{n}")).collect();
    let items: Vec<(&String, usize)> = keys.iter().zip(0..).collect();
    let expected: Vec<usize> = (0..100).collect();
    let () = con.mset(&items).unwrap();
    assert_eq!(con.mget::<_, Vec<usize>>(&keys).unwrap(), expected);
    let mut pipe = redis::pipe();
    pipe.get("key:7").mget(&keys).exists(&keys).get("key:8");
    let found: (i64, Vec<usize>, i64, i64) = pipe.query(&mut con).unwrap();
    assert_eq!(found, (7, expected.clone(), 100, 8));
    block_on(async {
        let mut pool = redgrease::Pool::connect(shards.url(1)).await.unwrap();
        assert_eq!(pool.mget::<_, Vec<usize>>(&keys).await.unwrap(), expected);
        assert_eq!(pool.del::<_, usize>(&keys[..60]).await.unwrap(), 60);
    });
    assert_eq!(con.unlink::<_, usize>(&keys).unwrap(), 40);
    // A command that is of one moment stays whole, and its node refuses it.
    let error = con.rename::<_, _, ()>("key:1", "key:2").unwrap_err();
    assert_eq!(error.code(), Some("CROSSSLOT"), "{error}");
}
