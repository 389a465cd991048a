//! Calls that block do not hold up others.

use crate::{at_once, eventually, open, pool_of, server, soon, waiting, waits};
use redgrease::prelude::*;
use redgrease::{Pool, pipe};

/// Four calls wait for a key. Calls that are sent later are answered before them: one of them sets the key.
#[tokio::test]
async fn a_call_does_not_wait_for_those_before_it() {
    let server = server();
    let mut pool = Pool::start(server.url()).await.unwrap();
    let slow: Vec<_> = (0..4).map(|n| waiting(&pool, &n.to_string())).collect();
    eventually("the calls are sent", || pool.metrics().in_use == 4).await;
    assert_eq!(at_once(&mut pool, 1).await.unwrap(), 2);
    assert_eq!(soon(&mut pool, 1).await.unwrap(), 2);
    assert!(slow.iter().all(|slow| !slow.is_finished()));
    open(&mut pool).await;
    for (n, slow) in slow.into_iter().enumerate() {
        assert_eq!(slow.await.unwrap().unwrap(), n.to_string());
    }
    let metrics = pool.metrics();
    assert_eq!((metrics.in_use, metrics.shared), (0, 1));
    assert_eq!((metrics.open, metrics.idle), (5, 5));
}

/// A connection serves one call after the other: this is what a pool is for.
#[tokio::test]
async fn a_call_over_a_connection_waits_for_those_before_it() {
    let server = server();
    let mut con = redgrease::start_async(server.url()).await.unwrap();
    let mut first = con.clone();
    let slow = tokio::spawn(async move { waits(&mut first, "slow").await.unwrap() });
    let mut pool = Pool::connect(server.url()).await.unwrap();
    eventually("the call has begun", || {
        crate::common::untyped(&server, &["GET", "begun"]) == "1"
    })
    .await;
    let quick = tokio::spawn(async move { at_once(&mut con, 1).await.unwrap() });
    assert_eq!(at_once(&mut pool, 1).await.unwrap(), 2);
    assert!(!quick.is_finished());
    open(&mut pool).await;
    assert_eq!(
        (slow.await.unwrap(), quick.await.unwrap()),
        ("slow".to_owned(), 2)
    );
}

#[tokio::test]
async fn sync_gears_and_plain_commands_take_no_socket() {
    let server = server();
    let mut pool = pool_of(&server, 1).await;
    let slow = waiting(&pool, "slow");
    eventually("the call is sent", || pool.metrics().in_use == 1).await;
    let opened = pool.metrics().opened;
    let tasks: Vec<_> = (0..20)
        .map(|n| {
            let mut pool = pool.clone();
            tokio::spawn(async move { at_once(&mut pool, n).await })
        })
        .collect();
    for (n, task) in (0..).zip(tasks) {
        assert_eq!(task.await.unwrap().unwrap(), n + 1);
    }
    let () = redis::cmd("SET")
        .arg("x")
        .arg("y")
        .query_async(&mut pool)
        .await
        .unwrap();
    let (x, length): (String, usize) = redis::pipe()
        .atomic()
        .get("x")
        .strlen("x")
        .query_async(&mut pool)
        .await
        .unwrap();
    assert_eq!((x.as_str(), length), ("y", 1));
    let (a, b) = pipe((at_once::call(1), vec![at_once::call(2)]))
        .on_async(&mut pool)
        .await
        .unwrap();
    assert_eq!(
        (a.unwrap(), b.into_iter().map(Result::unwrap).collect()),
        (2, vec![3])
    );
    let metrics = pool.metrics();
    assert_eq!((metrics.opened, metrics.in_use), (opened, 1));
    open(&mut pool).await;
    slow.await.unwrap().unwrap();
}

/// Everything that waits in the server has a socket for itself, whatever it is.
#[tokio::test]
async fn commands_that_block_do_not_hold_up_others() {
    let server = server();
    let mut pool = Pool::start(server.url()).await.unwrap();
    let popping = {
        let mut pool = pool.clone();
        tokio::spawn(async move {
            let popped: (String, String) = redis::cmd("BLPOP")
                .arg("list")
                .arg(0)
                .query_async(&mut pool)
                .await
                .unwrap();
            popped.1
        })
    };
    let in_pipeline = {
        let mut pool = pool.clone();
        tokio::spawn(async move {
            let (_, popped): (i64, (String, String)) = redis::pipe()
                .cmd("INCR")
                .arg("count")
                .cmd("BRPOP")
                .arg("other")
                .arg(0)
                .query_async(&mut pool)
                .await
                .unwrap();
            popped.1
        })
    };
    let unknown_mode = {
        let mut pool = pool.clone();
        tokio::spawn(async move { pool.trigger::<String>("waits", &["x"]).await.unwrap() })
    };
    eventually("all are sent", || pool.metrics().in_use == 3).await;
    let () = redis::cmd("RPUSH")
        .arg("list")
        .arg("a")
        .query_async(&mut pool)
        .await
        .unwrap();
    assert_eq!(popping.await.unwrap(), "a");
    let () = redis::cmd("RPUSH")
        .arg("other")
        .arg("b")
        .query_async(&mut pool)
        .await
        .unwrap();
    assert_eq!(in_pipeline.await.unwrap(), "b");
    open(&mut pool).await;
    assert_eq!(unknown_mode.await.unwrap().len(), 1);
}

/// A hook that runs on another thread makes a plain command block.
#[tokio::test]
async fn commands_that_gears_replace_do_not_hold_up_others() {
    let server = server();
    let mut pool = Pool::start(server.url()).await.unwrap();
    let hooked = {
        let mut pool = pool.clone();
        tokio::spawn(async move {
            let answer: String = redis::cmd("hget")
                .arg("slow:1")
                .arg("f")
                .query_async(&mut pool)
                .await
                .unwrap();
            answer
        })
    };
    eventually("the command is sent", || pool.metrics().in_use == 1).await;
    assert_eq!(at_once(&mut pool, 1).await.unwrap(), 2);
    assert!(!hooked.is_finished());
    open(&mut pool).await;
    assert_eq!(hooked.await.unwrap(), "hooked");
}

#[gear_command(hook = "HGET", keyprefix = "slow:")]
fn slow_hget(_key: &str, _field: &str) -> String {
    python! {
        import time
        while not cmd.exists("open"):
            time.sleep(0.005)
        return "hooked"
    }
}
