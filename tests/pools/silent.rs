//! Servers that do not answer.

use crate::common::untyped;
use crate::{eventually, open, server, soon, soon_blocking, waiting, waits_blocking};
use redgrease::{BlockingPool, Options, Pool, PoolOptions};
use redgrease_embedded::Server;
use std::process::Command;
use std::time::{Duration, Instant};

/// Stops a server, and lets it go on when this is dropped.
struct Stopped(String);

impl Stopped {
    fn new(server: &Server) -> Self {
        let info = untyped(server, &["INFO", "server"]);
        let id = info
            .lines()
            .find_map(|line| line.strip_prefix("process_id:"));
        let stopped = Stopped(id.unwrap().trim().to_owned());
        stopped.signal("-STOP");
        stopped
    }

    fn signal(&self, signal: &str) {
        let status = Command::new("kill").args([signal, &self.0]).status();
        assert!(status.unwrap().success());
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        self.signal("-CONT");
    }
}

const SOCKETS: usize = 8;

/// The check of eight sockets one after the other, and a new connection, would take 34 seconds.
const LIMIT: Duration = Duration::from_secs(12);

fn options() -> PoolOptions {
    PoolOptions::new()
        .size(SOCKETS)
        .wait(Duration::from_millis(1500))
}

/// Sockets that were idle for longer are checked before they are used.
const REST: Duration = Duration::from_millis(150);

#[track_caller]
fn assert_given_up(error: &redgrease::Error, begun: Instant) {
    assert!(begun.elapsed() < LIMIT, "{:?}", begun.elapsed());
    let text = error.to_string();
    assert!(error.is_connection() && !error.is_timeout(), "{text}");
    for part in ["no answer within 1.5s", "is not stopped"] {
        assert!(text.contains(part), "{text}");
    }
}

#[tokio::test]
async fn a_call_gives_up_within_the_wait_however_many_sockets_are_idle() {
    let server = server();
    let (plain, options) = (Options::new(), options());
    let started = Pool::start_with(server.url(), &plain, &options);
    let (mut pool, _) = started.await.unwrap();
    let calls: Vec<_> = (0..SOCKETS)
        .map(|n| waiting(&pool, &n.to_string()))
        .collect();
    eventually("the calls are sent", || pool.metrics().in_use == SOCKETS).await;
    open(&mut pool).await;
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(pool.metrics().idle, SOCKETS);
    tokio::time::sleep(REST).await;

    let stopped = Stopped::new(&server);
    let begun = Instant::now();
    let error = soon(&mut pool, 1).await.unwrap_err();
    assert_given_up(&error, begun);
    assert!(error.to_string().contains("gear `soon`"), "{error}");
    assert_eq!(pool.metrics().idle, 0);
    // The shared socket.
    let begun = Instant::now();
    let error = redis::cmd("PING").query_async::<()>(&mut pool).await;
    assert_given_up(&error.unwrap_err().into(), begun);

    drop(stopped);
    assert_eq!(soon(&mut pool, 1).await.unwrap(), 2);
    assert_eq!(pool.metrics().in_use, 0);
}

#[test]
fn a_blocking_call_gives_up_within_the_wait() {
    let server = server();
    let started = BlockingPool::start_with(server.url(), &Options::new(), &options());
    let (mut pool, _) = started.unwrap();
    std::thread::scope(|scope| {
        for n in 0..SOCKETS {
            let mut pool = pool.clone();
            scope.spawn(move || waits_blocking(&mut pool, &n.to_string()).unwrap());
        }
        crate::common::eventually("the calls are sent", || pool.metrics().in_use == SOCKETS);
        untyped(&server, &["SET", "open", "1"]);
    });
    assert_eq!(pool.metrics().idle, SOCKETS);
    std::thread::sleep(REST);

    let stopped = Stopped::new(&server);
    let begun = Instant::now();
    let error = soon_blocking(&mut pool, 1).unwrap_err();
    assert_given_up(&error, begun);
    assert_eq!(pool.metrics().idle, 0);
    let begun = Instant::now();
    let error = redis::cmd("PING").query::<()>(&mut pool);
    assert_given_up(&error.unwrap_err().into(), begun);

    drop(stopped);
    assert_eq!(soon_blocking(&mut pool, 1).unwrap(), 2);
}
