//! The blocking twin, with threads.

use crate::common::{eventually, untyped};
use crate::{at_once_blocking, server, soon_blocking, waits_blocking};
use redgrease::prelude::*;
use redgrease::{BlockingPool, Options, PoolOptions, pipe};
use redgrease_embedded::Server;
use redis::ConnectionLike as _;
use std::thread;
use std::time::Duration;

fn pool_of(server: &Server, size: usize) -> BlockingPool {
    let options = PoolOptions::new().size(size).wait(Duration::from_secs(30));
    BlockingPool::start_with(server.url(), &Options::new(), &options)
        .unwrap()
        .0
}

#[test]
fn a_call_of_one_thread_does_not_wait_for_those_of_others() {
    let server = server();
    let mut pool = pool_of(&server, 2);
    thread::scope(|scope| {
        let slow: Vec<_> = (0..2)
            .map(|n| {
                let mut pool = pool.clone();
                scope.spawn(move || waits_blocking(&mut pool, &n.to_string()).unwrap())
            })
            .collect();
        eventually("the calls are sent", || pool.metrics().in_use == 2);
        // All sockets for calls that block are in use.
        assert_eq!(at_once_blocking(&mut pool, 1).unwrap(), 2);
        let (one, two) = pipe((at_once_blocking::call(0), at_once_blocking::call(1)))
            .on(&mut pool)
            .unwrap();
        assert_eq!((one.unwrap(), two.unwrap()), (1, 2));
        let (x, y): (i64, i64) = redis::pipe()
            .atomic()
            .incr("x", 1)
            .incr("x", 1)
            .query(&mut pool)
            .unwrap();
        assert_eq!((x, y), (1, 2));
        let late = {
            let mut pool = pool.clone();
            scope.spawn(move || soon_blocking(&mut pool, 1).unwrap())
        };
        eventually("the call waits", || pool.metrics().waiting == 1);
        let () = redis::cmd("SET")
            .arg("open")
            .arg(1)
            .query(&mut pool)
            .unwrap();
        for (n, slow) in slow.into_iter().enumerate() {
            assert_eq!(slow.join().unwrap(), n.to_string());
        }
        assert_eq!(late.join().unwrap(), 2);
    });
    let metrics = pool.metrics();
    assert_eq!((metrics.in_use, metrics.idle, metrics.waits), (0, 2, 1));
}

#[test]
fn a_call_that_gets_no_socket_says_why() {
    let server = server();
    let options = PoolOptions::new().size(1).wait(Duration::from_millis(50));
    let (mut pool, _) = BlockingPool::start_with(server.url(), &Options::new(), &options).unwrap();
    thread::scope(|scope| {
        let mut slow = pool.clone();
        let slow = scope.spawn(move || waits_blocking(&mut slow, "slow").unwrap());
        eventually("the call is sent", || pool.metrics().in_use == 1);
        let error = soon_blocking(&mut pool, 1).unwrap_err();
        assert!(
            error.is_pool_exhausted() && error.to_string().contains("1 of 1"),
            "{error}"
        );
        let () = redis::cmd("SET")
            .arg("open")
            .arg(1)
            .query(&mut pool)
            .unwrap();
        assert_eq!(slow.join().unwrap(), "slow");
    });
    assert_eq!(soon_blocking(&mut pool, 1).unwrap(), 2);
    assert_eq!(pool.metrics().exhausted, 1);
}

/// Commands that the pool takes for quick ones, and that wait: they are held by a hook of another program, for instance.
#[test]
fn plain_commands_use_other_sockets_when_their_own_are_busy() {
    const QUICK: usize = 8;
    let server = server();
    let options = PoolOptions::new().size(2).wait(Duration::from_millis(300));
    let (pool, _) = BlockingPool::start_with(server.url(), &Options::new(), &options).unwrap();
    // Writes wait until the server goes on with them.
    untyped(&server, &["CLIENT", "PAUSE", "100000", "WRITE"]);
    thread::scope(|scope| {
        let write = |n: usize| {
            let mut pool = pool.clone();
            scope.spawn(move || redis::cmd("SET").arg(n).arg(n).exec(&mut pool))
        };
        let mut writes: Vec<_> = (0..QUICK).map(write).collect();
        let blocked = || untyped(&server, &["INFO", "clients"]);
        eventually("the quick sockets are busy", || {
            blocked().contains(&format!("blocked_clients:{QUICK}"))
        });
        assert_eq!(pool.metrics().in_use, 0);
        // Two more sockets are free.
        redis::cmd("PING").exec(&mut pool.clone()).unwrap();
        writes.extend((QUICK..QUICK + 2).map(write));
        eventually("all sockets are busy", || pool.metrics().in_use == 2);
        let error = redis::cmd("PING").exec(&mut pool.clone()).unwrap_err();
        let error = redgrease::Error::from(error);
        assert!(
            error.is_pool_exhausted() && error.to_string().contains("10 of 10"),
            "{error}"
        );
        assert_eq!(pool.metrics().exhausted, 1);
        untyped(&server, &["CLIENT", "UNPAUSE"]);
        for write in writes {
            write.join().unwrap().unwrap();
        }
    });
    assert_eq!(pool.metrics().in_use, 0);
}

#[test]
fn no_call_is_lost_to_a_socket_that_the_server_closed() {
    let server = server();
    let mut pool = pool_of(&server, 2);
    for n in 0..3 {
        assert_eq!(soon_blocking(&mut pool, n).unwrap(), n + 1);
        assert_eq!(at_once_blocking(&mut pool, n).unwrap(), n + 1);
        untyped(
            &server,
            &["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"],
        );
        thread::sleep(Duration::from_millis(150));
    }
    assert!(pool.check_connection() && pool.is_open());
}

#[test]
fn threads_get_their_own_answers() {
    let server = server();
    let pool = pool_of(&server, 3);
    thread::scope(|scope| {
        for task in 0..6_i64 {
            let mut pool = pool.clone();
            scope.spawn(move || {
                for n in 0..50 {
                    let n = task * 1000 + n;
                    assert_eq!(soon_blocking(&mut pool, n).unwrap(), n + 1);
                    assert_eq!(at_once_blocking(&mut pool, n).unwrap(), n + 1);
                }
            });
        }
    });
    let metrics = pool.metrics();
    assert!(
        metrics.open <= 3 && metrics.in_use == 0 && metrics.waits > 0,
        "{metrics:?}"
    );
}

#[test]
fn idle_sockets_are_closed_after_a_while() {
    let server = server();
    let options = PoolOptions::new().idle(Duration::from_millis(50));
    let (mut pool, _) = BlockingPool::start_with(server.url(), &Options::new(), &options).unwrap();
    assert_eq!(soon_blocking(&mut pool, 1).unwrap(), 2);
    eventually("idle sockets are closed", || {
        let metrics = pool.metrics();
        (metrics.open, metrics.shared) == (0, 0)
    });
    assert_eq!(soon_blocking(&mut pool, 1).unwrap(), 2);
    assert_eq!(at_once_blocking(&mut pool, 1).unwrap(), 2);
}

#[test]
fn everything_is_sent_over_a_pool() {
    let server = server();
    let mut pool = BlockingPool::connect(server.url()).unwrap();
    redgrease::register_all(&mut pool).unwrap();
    let () = redis::cmd("MSET")
        .arg(&["a:1", "x", "a:2", "y"])
        .query(&mut pool)
        .unwrap();
    let keys = KeysOnlyReader::new("a:*").count().run();
    assert_eq!(keys.on(&mut pool).unwrap().values, [2]);
    let run = keys.start(&mut pool).unwrap();
    assert_eq!(run.wait(&mut pool).unwrap().values, [2]);
    crate::common::unregister_all(&mut pool);
    assert_eq!(soon_blocking(&mut pool, 1).unwrap(), 2);
}
