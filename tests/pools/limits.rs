//! The number of sockets, the line for them, and idle sockets.

use crate::{eventually, open, pool_of, server, soon, waiting};
use redgrease::{ErrorKind, Options, Pool, PoolOptions};
use std::time::Duration;

#[tokio::test]
async fn calls_wait_for_a_socket_in_the_order_of_arrival() {
    let server = server();
    let mut pool = pool_of(&server, 1).await;
    let slow = waiting(&pool, "slow");
    eventually("the call is sent", || pool.metrics().in_use == 1).await;
    let mut others = Vec::new();
    for n in 0..5 {
        let mut other = pool.clone();
        others.push(tokio::spawn(async move { soon(&mut other, n).await }));
        eventually("the call waits", || pool.metrics().waiting == others.len()).await;
    }
    open(&mut pool).await;
    for (n, other) in (0..).zip(others) {
        assert_eq!(other.await.unwrap().unwrap(), n + 1);
    }
    slow.await.unwrap().unwrap();
    let metrics = pool.metrics();
    assert_eq!((metrics.size, metrics.open, metrics.idle), (1, 1, 1));
    assert_eq!(
        (metrics.waits, metrics.waiting, metrics.exhausted),
        (5, 0, 0)
    );
    assert!(metrics.waited > Duration::ZERO);
}

#[tokio::test]
async fn a_call_that_gets_no_socket_says_why() {
    let server = server();
    let options = PoolOptions::new().size(2).wait(Duration::from_millis(50));
    let (mut pool, report) = Pool::start_with(server.url(), &Options::new(), &options)
        .await
        .unwrap();
    assert!(report.registered().count() > 0);
    let slow: Vec<_> = (0..2).map(|n| waiting(&pool, &n.to_string())).collect();
    eventually("the calls are sent", || pool.metrics().in_use == 2).await;
    let error = soon(&mut pool, 1).await.unwrap_err();
    assert!(
        error.is_pool_exhausted() && !error.is_timeout() && !error.is_connection(),
        "{error}"
    );
    let ErrorKind::PoolExhausted {
        size,
        in_use,
        waiting,
        waited,
        ..
    } = error.kind()
    else {
        panic!("{error}");
    };
    assert_eq!((*size, *in_use, *waiting), (2, 2, 0));
    assert_eq!(*waited, Duration::from_millis(50));
    for part in [
        "within 50ms",
        "2 of 2",
        "PoolOptions::size",
        "nothing was sent",
    ] {
        assert!(error.to_string().contains(part), "{error}");
    }
    // The error of a plain command has the same text.
    let popped = redis::cmd("BLPOP")
        .arg("x")
        .arg(0)
        .query_async::<()>(&mut pool)
        .await;
    assert!(popped.unwrap_err().to_string().contains("2 of 2"));
    assert_eq!(pool.metrics().exhausted, 2);
    open(&mut pool).await;
    for slow in slow {
        slow.await.unwrap().unwrap();
    }
    assert_eq!(soon(&mut pool, 1).await.unwrap(), 2);
}

#[tokio::test]
async fn sizes_that_make_no_sense_are_refused() {
    for size in [0, 10_001, usize::MAX] {
        let options = PoolOptions::new().size(size);
        // Refused before anything is sent: no server listens there.
        let address = "redis://127.0.0.1:1/";
        let error = Pool::connect_with(address, &options).await.unwrap_err();
        assert!(error.to_string().contains("PoolOptions::size"), "{error}");
        let error = redgrease::BlockingPool::connect_with(address, &options).unwrap_err();
        assert!(error.to_string().contains("PoolOptions::size"), "{error}");
    }
}

#[tokio::test]
async fn idle_sockets_are_closed_after_a_while() {
    let server = server();
    let options = PoolOptions::new().idle(Duration::from_millis(50));
    let (mut pool, _) = Pool::start_with(server.url(), &Options::new(), &options)
        .await
        .unwrap();
    let slow: Vec<_> = (0..3).map(|n| waiting(&pool, &n.to_string())).collect();
    eventually("the calls are sent", || pool.metrics().in_use == 3).await;
    open(&mut pool).await;
    for slow in slow {
        slow.await.unwrap().unwrap();
    }
    eventually("idle sockets are closed", || pool.metrics().open == 0).await;
    assert_eq!(pool.metrics().idle, 0);
    assert_eq!(soon(&mut pool, 1).await.unwrap(), 2);
    eventually("they are closed again", || pool.metrics().open == 0).await;
}

#[tokio::test]
async fn the_sockets_of_a_dropped_pool_are_closed() {
    let server = server();
    let before = clients(&server);
    let mut pool = Pool::start(server.url()).await.unwrap();
    assert_eq!(soon(&mut pool, 1).await.unwrap(), 2);
    let clone = pool.clone();
    drop(pool);
    assert!(clients(&server) > before);
    drop(clone);
    eventually("all sockets are closed", || clients(&server) == before).await;
}

/// The number of clients of a server, with the one that asks.
fn clients(server: &redgrease_embedded::Server) -> usize {
    crate::common::untyped(server, &["CLIENT", "LIST"])
        .lines()
        .count()
}
