//! Calls that block do not hold up others.

use crate::common::eventually;
use crate::{at_once, server, waits};
use redgrease::Pool;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Four calls wait for a key. Calls that are sent later are answered before them: one of them sets the key.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_does_not_wait_for_those_before_it() {
    let server = server();
    let mut pool = Pool::start(server.url()).await.unwrap();
    let is_open = Arc::new(AtomicBool::new(false));
    let slow: Vec<_> = (0..4)
        .map(|n| {
            let (mut pool, is_open) = (pool.clone(), Arc::clone(&is_open));
            tokio::spawn(async move {
                let name = waits(&mut pool, &n.to_string()).await.unwrap();
                assert!(is_open.load(Ordering::SeqCst));
                name
            })
        })
        .collect();
    eventually("the calls are sent", || pool.metrics().in_use == 4);
    assert_eq!(at_once(&mut pool, 1).await.unwrap(), 2);
    is_open.store(true, Ordering::SeqCst);
    let () = redis::cmd("SET")
        .arg("open")
        .arg(1)
        .query_async(&mut pool)
        .await
        .unwrap();
    for (n, slow) in slow.into_iter().enumerate() {
        assert_eq!(slow.await.unwrap(), n.to_string());
    }
    let metrics = pool.metrics();
    assert_eq!((metrics.in_use, metrics.idle, metrics.shared), (0, 4, 1));
}

/// A connection serves one call after the other: this is what a pool is for.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_over_a_connection_waits_for_those_before_it() {
    let server = server();
    let mut con = redgrease::start_async(server.url()).await.unwrap();
    let mut first = con.clone();
    let slow = tokio::spawn(async move { waits(&mut first, "slow").await.unwrap() });
    let mut other = redgrease::connect_async(server.url()).await.unwrap();
    eventually("the call runs", || {
        crate::common::untyped(&server, &["RG.DUMPEXECUTIONS"]).contains("running")
    });
    let quick = tokio::spawn(async move { at_once(&mut con, 1).await.unwrap() });
    assert_eq!(at_once(&mut other, 1).await.unwrap(), 2);
    assert!(!quick.is_finished());
    let () = redis::cmd("SET")
        .arg("open")
        .arg(1)
        .query_async(&mut other)
        .await
        .unwrap();
    assert_eq!(
        (slow.await.unwrap(), quick.await.unwrap()),
        ("slow".to_owned(), 2)
    );
}
