//! Pools: many calls at the same time, each with a socket for itself if it blocks.
#![cfg(all(feature = "macros", feature = "aio"))]
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

#[path = "../common/mod.rs"]
mod common;

mod blocking;
mod concurrency;

use redgrease::prelude::*;
use redgrease_embedded::Server;

/// Waits until another client sets the key `open`. A coroutine, so that it takes no thread of the server.
#[gear_command]
async fn waits(name: &str) -> String {
    python! {
        import asyncio
        while not cmd.exists("open"):
            await asyncio.sleep(0.005)
        return name
    }
}

#[gear_command(mode = "sync")]
async fn at_once(n: i64) -> i64 {
    python! { return n + 1 }
}

/// The twin of `waits` for blocking connections.
#[gear_command]
fn waits_blocking(name: &str) -> String {
    python! {
        import time
        while not cmd.exists("open"):
            time.sleep(0.005)
        return name
    }
}

#[gear_command(mode = "sync")]
fn at_once_blocking(n: i64) -> i64 {
    python! { return n + 1 }
}

fn server() -> Server {
    Server::start().unwrap()
}
