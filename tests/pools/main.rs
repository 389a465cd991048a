//! Pools: many calls at the same time, each with a socket for itself if it blocks.
//!
//! | file | purpose |
//! |---|---|
//! | `concurrency.rs` | calls that block do not hold up others |
//! | `limits.rs` | the number of sockets, the line for them, and idle sockets |
//! | `broken.rs` | sockets that break, servers that restart or are down |
//! | `dropped.rs` | calls whose futures are dropped |
//! | `options.rs` | namespaces, users, healing and chains |
//! | `time_limits.rs` | time limits of calls, and what their errors say |
//! | `refused.rs` | commands that would change a shared socket |
//! | `runtimes.rs` | one pool in several runtimes |
//! | `silent.rs` | servers that do not answer |
//! | `swallowed.rs` | registrations whose commands get no answer |
//! | `errors.rs` | what the errors of pools and connections say |
//! | `leftovers.rs` | nothing outlives a pool or a runtime |
//! | `blocking.rs` | the blocking twin, with threads |
#![cfg(all(feature = "macros", feature = "aio"))]
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

#[path = "../common/mod.rs"]
mod common;

mod blocking;
mod broken;
mod concurrency;
mod dropped;
mod errors;
mod leftovers;
mod limits;
mod options;
mod refused;
mod runtimes;
mod silent;
mod swallowed;
mod time_limits;

use redgrease::prelude::*;
use redgrease::{Options, Pool, PoolOptions};
use redgrease_embedded::Server;
use std::time::Duration;
use tokio::task::JoinHandle;

/// Waits until another client sets the key `open`. A coroutine, so that it takes no thread of the server.
#[gear_command]
async fn waits(name: &str) -> String {
    python! {
        import asyncio
        cmd.incr("begun")
        while not cmd.exists("open"):
            await asyncio.sleep(0.005)
        return name
    }
}

#[gear_command(mode = "sync")]
async fn at_once(n: i64) -> i64 {
    python! { return n + 1 }
}

/// Runs on another thread of the server, and ends soon.
#[gear_command]
async fn soon(n: i64) -> i64 {
    python! { return n + 1 }
}

/// The twin of `waits` for blocking connections.
#[gear_command]
fn waits_blocking(name: &str) -> String {
    python! {
        import time
        cmd.incr("begun")
        while not cmd.exists("open"):
            time.sleep(0.005)
        return name
    }
}

#[gear_command(mode = "sync")]
fn at_once_blocking(n: i64) -> i64 {
    python! { return n + 1 }
}

#[gear_command]
fn soon_blocking(n: i64) -> i64 {
    python! { return n + 1 }
}

fn server() -> Server {
    Server::start().unwrap()
}

/// A pool with so many sockets that has registered the gears.
async fn pool_of(server: &Server, size: usize) -> Pool {
    let (options, size) = (Options::new(), PoolOptions::new().size(size));
    let started = Pool::start_with(server.url(), &options, &size);
    started.await.unwrap().0
}

/// Calls `waits` in a task of its own.
fn waiting(pool: &Pool, name: &str) -> JoinHandle<redgrease::Result<String>> {
    let (mut pool, name) = (pool.clone(), name.to_owned());
    tokio::spawn(async move { waits(&mut pool, &name).await })
}

/// The address for the user `app`, who may not do what administrators do, and has these rights in addition.
fn address_of_app(server: &Server, more: &[&str]) -> String {
    let rules = ["on", ">spam", "~*", "+@all", "-@admin", "-@dangerous"];
    let words = [&["ACL", "SETUSER", "app"], &rules[..], more].concat();
    assert_eq!(common::untyped(server, &words), "OK");
    let socket = server.socket().display();
    format!("redis+unix://{socket}?user=app&pass=spam")
}

/// Lets the calls of `waits` end.
async fn open(pool: &mut Pool) {
    let () = redis::cmd("SET")
        .arg("open")
        .arg(1)
        .query_async(pool)
        .await
        .unwrap();
}

/// Waits for a condition without taking the thread of the runtime.
#[track_caller]
fn eventually<'a>(
    what: &'a str,
    mut holds: impl FnMut() -> bool + Send + 'a,
) -> impl Future<Output = ()> + Send + 'a {
    let caller = std::panic::Location::caller();
    async move {
        let begun = std::time::Instant::now();
        while !holds() {
            assert!(
                begun.elapsed() < Duration::from_secs(30),
                "{caller}: not in time: {what}"
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}
