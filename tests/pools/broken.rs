//! Sockets that break, servers that restart or are down.

use crate::common::{free_port, untyped};
use crate::{at_once, eventually, server, soon, waiting};
use redgrease::{Options, Pool, PoolOptions};
use redgrease_embedded::Server;
use std::time::Duration;

/// Closes the sockets of all other clients.
fn kill_all(server: &Server) {
    untyped(
        server,
        &["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"],
    );
}

/// Sockets that were idle for longer are checked before they are used.
async fn rest() {
    tokio::time::sleep(Duration::from_millis(150)).await;
}

#[tokio::test]
async fn no_call_is_lost_to_a_socket_that_the_server_closed() {
    let server = server();
    let mut pool = Pool::start(server.url()).await.unwrap();
    for n in 0..5 {
        assert_eq!(soon(&mut pool, n).await.unwrap(), n + 1);
        assert_eq!(at_once(&mut pool, n).await.unwrap(), n + 1);
        kill_all(&server);
        rest().await;
    }
    assert_eq!(pool.metrics().in_use, 0);
}

/// A call over a socket that was closed a moment ago may fail, because redis-rs does not tell whether it was sent.
#[tokio::test]
async fn a_socket_that_was_closed_a_moment_ago_costs_one_call_at_most() {
    let server = server();
    let mut pool = Pool::start(server.url()).await.unwrap();
    for n in 0..10 {
        assert_eq!(soon(&mut pool, n).await.unwrap(), n + 1);
        assert_eq!(at_once(&mut pool, n).await.unwrap(), n + 1);
        kill_all(&server);
        let outcome = soon(&mut pool, n).await;
        match outcome {
            // Without an error, the pool has no reason to check its other socket.
            Ok(next) => {
                assert_eq!(next, n + 1);
                rest().await;
            }
            Err(e) => assert!(e.is_connection(), "{e}"),
        }
        assert_eq!(at_once(&mut pool, n).await.unwrap(), n + 1);
        assert_eq!(soon(&mut pool, n).await.unwrap(), n + 1);
    }
    assert_eq!(pool.metrics().in_use, 0);
}

#[tokio::test]
async fn a_call_that_was_interrupted_fails_and_the_others_go_on() {
    let server = server();
    let mut pool = Pool::start(server.url()).await.unwrap();
    let slow: Vec<_> = (0..3).map(|n| waiting(&pool, &n.to_string())).collect();
    eventually("the calls are sent", || {
        untyped(&server, &["GET", "begun"]) == "3"
    })
    .await;
    kill_all(&server);
    for slow in slow {
        let error = slow.await.unwrap().unwrap_err();
        assert!(error.is_connection(), "{error}");
    }
    // It was not sent again.
    assert_eq!(untyped(&server, &["GET", "begun"]), "3");
    // One socket has broken, so the others are checked, also if they were used a moment ago.
    assert_eq!(at_once(&mut pool, 1).await.unwrap(), 2);
    assert_eq!(soon(&mut pool, 1).await.unwrap(), 2);
    let metrics = pool.metrics();
    assert_eq!((metrics.in_use, metrics.open, metrics.shared), (0, 1, 1));
}

fn on(port: u16) -> Server {
    Server::builder().port(port).start().unwrap()
}

#[tokio::test]
async fn a_pool_recovers_when_the_server_is_back() {
    let port = free_port();
    let server = on(port);
    let address = format!("redis://127.0.0.1:{port}/");
    let mut pool = Pool::start(address.as_str()).await.unwrap();
    assert_eq!(soon(&mut pool, 1).await.unwrap(), 2);
    let slow = waiting(&pool, "slow");
    eventually("the call is sent", || pool.metrics().in_use == 1).await;
    server.kill().unwrap();
    assert!(slow.await.unwrap().unwrap_err().is_connection());

    // Nothing is sent, and nobody waits for long.
    let calls: Vec<_> = (0..50)
        .map(|n| {
            let mut pool = pool.clone();
            tokio::spawn(async move {
                match n % 2 {
                    0 => soon(&mut pool, n).await,
                    _ => at_once(&mut pool, n).await,
                }
            })
        })
        .collect();
    for call in calls {
        let error = call.await.unwrap().unwrap_err();
        assert!(error.is_connection(), "{error}");
    }
    let error = soon(&mut pool, 1).await.unwrap_err();
    assert!(
        error.to_string().contains(&format!("127.0.0.1:{port}")),
        "{error}"
    );

    // The new server knows no gears. The pool registers them again.
    let _server = on(port);
    assert_eq!(soon(&mut pool, 1).await.unwrap(), 2);
    assert_eq!(at_once(&mut pool, 1).await.unwrap(), 2);
    assert_eq!(pool.metrics().in_use, 0);
}

/// The server goes away and comes back while many tasks call.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_under_load_leaves_no_wrong_answer() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    let port = free_port();
    let server = on(port);
    let options = PoolOptions::new().size(8);
    let address = format!("redis://127.0.0.1:{port}/");
    let (pool, _) = Pool::start_with(address.as_str(), &Options::new(), &options)
        .await
        .unwrap();
    let ends = Arc::new(AtomicBool::new(false));
    let answered = Arc::new(AtomicUsize::new(0));
    let tasks: Vec<_> = (0..16_i64)
        .map(|task| {
            let (mut pool, ends, answered) =
                (pool.clone(), Arc::clone(&ends), Arc::clone(&answered));
            tokio::spawn(async move {
                for n in 0.. {
                    if ends.load(Ordering::SeqCst) {
                        break;
                    }
                    let n = task * 1_000_000 + n;
                    let answer = match task % 2 {
                        0 => soon(&mut pool, n).await,
                        _ => at_once(&mut pool, n).await,
                    };
                    match answer {
                        Ok(answer) => {
                            assert_eq!(answer, n + 1);
                            answered.fetch_add(1, Ordering::SeqCst);
                        }
                        Err(e) => {
                            // The gears of the new server come back with the first call that misses them.
                            assert!(e.is_connection() || e.is_unknown_trigger(), "{e}");
                            tokio::time::sleep(Duration::from_millis(5)).await;
                        }
                    }
                }
            })
        })
        .collect();
    let more = |than: usize| answered.load(Ordering::SeqCst) > than + 200;
    eventually("calls are answered", || more(0)).await;
    server.kill().unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let _server = on(port);
    let so_far = answered.load(Ordering::SeqCst);
    eventually("calls are answered again", || more(so_far)).await;
    ends.store(true, Ordering::SeqCst);
    for task in tasks {
        task.await.unwrap();
    }
    let metrics = pool.metrics();
    assert_eq!((metrics.in_use, metrics.waiting), (0, 0));
    assert!(metrics.open <= 8, "{metrics:?}");
}

#[tokio::test]
async fn an_address_without_a_server_is_an_error_at_once() {
    let address = format!("redis://user:s3cret@127.0.0.1:{}/", free_port());
    let error = Pool::start(address.as_str()).await.unwrap_err();
    assert!(
        error.is_connection() && !error.to_string().contains("s3cret"),
        "{error}"
    );
    let error = redgrease::BlockingPool::start(address.as_str()).unwrap_err();
    assert!(
        error.is_connection() && !error.to_string().contains("s3cret"),
        "{error}"
    );
}
