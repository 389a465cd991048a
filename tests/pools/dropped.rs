//! Calls whose futures are dropped: nobody reads their late answers.

use crate::{at_once, eventually, open, pool_of, server, soon, waits};
use redgrease::Pool;
use std::time::Duration;

#[tokio::test]
async fn a_dropped_call_closes_its_socket() {
    let server = server();
    let mut pool = pool_of(&server, 1).await;
    let limit = Duration::from_millis(50);
    let late = tokio::time::timeout(limit, waits(&mut pool, "late")).await;
    assert!(late.is_err());
    assert_eq!(pool.metrics().in_use, 0);
    open(&mut pool).await;
    // The next caller does not get "late".
    assert_eq!(waits(&mut pool, "next").await.unwrap(), "next");
}

/// Many calls are dropped at any moment of their lives: in the line, while a socket is opened, and while they wait for
/// the answer. All others get their own answers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_of_dropped_calls_mixes_up_no_answers() {
    let server = server();
    let pool = pool_of(&server, 4).await;
    let tasks: Vec<_> = (0..12_u64)
        .map(|task| {
            let mut pool = pool.clone();
            tokio::spawn(async move {
                let mut answered = 0;
                for n in 0..60_u64 {
                    let number = i64::try_from(task * 1000 + n).unwrap();
                    let limit = Duration::from_micros((task * 7 + n * 53) % 3000);
                    let call = async {
                        match n % 3 {
                            0 => at_once(&mut pool, number).await,
                            _ => soon(&mut pool, number).await,
                        }
                    };
                    if let Ok(answer) = tokio::time::timeout(limit, call).await {
                        assert_eq!(answer.unwrap(), number + 1);
                        answered += 1;
                    }
                    let number = number + 500_000;
                    assert_eq!(soon(&mut pool, number).await.unwrap(), number + 1);
                }
                answered
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let metrics = pool.metrics();
    assert_eq!((metrics.in_use, metrics.waiting), (0, 0));
    assert!(metrics.open <= 4, "{metrics:?}");
    assert_eq!(metrics.open, metrics.idle);
}

#[tokio::test]
async fn a_call_that_is_dropped_in_the_line_leaves_it() {
    let server = server();
    let mut pool = pool_of(&server, 1).await;
    let slow = crate::waiting(&pool, "slow");
    eventually("the call is sent", || pool.metrics().in_use == 1).await;
    let dropped: Vec<_> = (0..10)
        .map(|n| crate::waiting(&pool, &n.to_string()))
        .collect();
    eventually("the calls wait", || pool.metrics().waiting == 10).await;
    for call in &dropped {
        call.abort();
    }
    eventually("the line is empty", || pool.metrics().waiting == 0).await;
    open(&mut pool).await;
    slow.await.unwrap().unwrap();
    assert_eq!(soon(&mut pool, 1).await.unwrap(), 2);
    // Only the first call has reached the server.
    assert_eq!(crate::common::untyped(&server, &["GET", "begun"]), "1");
}

/// A pool whose futures were never polled has sent nothing.
#[tokio::test]
async fn a_future_that_is_never_polled_takes_nothing() {
    let server = server();
    let mut pool = Pool::start(server.url()).await.unwrap();
    drop(soon(&mut pool, 1));
    assert_eq!(pool.metrics().in_use, 0);
    assert_eq!(soon(&mut pool, 1).await.unwrap(), 2);
}
