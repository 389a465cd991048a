//! Nothing that a gear does with the server's lock keeps other clients from the server for long.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

#[path = "../common/mod.rs"]
mod common;

mod blocks;
mod busy;
mod process;
mod sync;

use common::{plain_connection, untyped};
use redgrease_embedded::Server;
use std::thread;
use std::time::{Duration, Instant};

/// A server on which Python may hold the lock for 300 ms.
fn strict() -> Server {
    let (server, _con) = common::empty();
    untyped(&server, &["RG.CONFIGSET", "LockMaxTime", "300"]);
    server
}

/// Longer than any limit of these tests, on a slow machine, and much shorter than what the scripts try.
const SOON: Duration = Duration::from_secs(8);

/// The answer of `command`, and the longest time for which another client waited for `PING` meanwhile.
fn silence(server: &Server, command: &[&str]) -> (String, Duration) {
    let mut other = plain_connection(server);
    other
        .set_read_timeout(Some(Duration::from_mins(1)))
        .unwrap();
    thread::scope(|scope| {
        let caller = scope.spawn(|| untyped(server, command));
        let mut longest = Duration::ZERO;
        while !caller.is_finished() {
            let asked = Instant::now();
            let pong: String = redis::cmd("PING").query(&mut other).unwrap();
            assert_eq!(pong, "PONG");
            longest = longest.max(asked.elapsed());
            thread::sleep(Duration::from_millis(5));
        }
        (caller.join().unwrap(), longest)
    })
}

/// Runs `command`, which gets the error of the limit, while the server answers others.
#[track_caller]
fn is_ended(server: &Server, what: &str, command: &[&str]) {
    let (answer, longest) = silence(server, command);
    assert!(answer.contains("LockMaxTime, 300 ms"), "{what}: {answer}");
    assert!(longest < SOON, "{what}: silent for {longest:?}");
}
