//! Connections and pools to a cluster of real servers.
//!
//! | file | purpose |
//! |---|---|
//! | `shards.rs` | starts the servers, and moves slots step by step |
//! | `addresses.rs` | several addresses, of which some nodes are down |
//! | `calls.rs` | where gears run, registrations, healing, settings |
//! | `commands.rs` | commands of keys, pipelines and transactions |
//! | `everywhere.rs` | gears and chains that run on all shards |
//! | `moves.rs` | slots that move, nodes that fail |
//! | `once.rs` | a gear runs once, also when its connection breaks |
//! | `pools.rs` | many calls at the same time |
#![cfg(all(feature = "macros", feature = "aio", feature = "cluster"))]
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

#[path = "../common/mod.rs"]
mod common;

mod addresses;
mod calls;
mod commands;
mod everywhere;
mod moves;
mod once;
mod pools;
mod shards;

use redgrease::prelude::*;
use std::future::Future;

/// The port of the server that the gear runs on.
#[gear_command(mode = "sync")]
fn port() -> u16 {
    python! {
        return int(execute("CONFIG", "GET", "port")[1])
    }
}

/// [`port`] for async connections, on another thread of the server.
#[gear_command]
async fn port_async() -> u16 {
    python! {
        return int(execute("CONFIG", "GET", "port")[1])
    }
}

/// The port of the server that the gear runs on, with the value of a key, which is there: the key cannot leave meanwhile.
#[gear_command(mode = "sync")]
fn port_of(key: &str) -> (u16, Option<i64>) {
    python! {
        value = cmd.get(key)
        return int(execute("CONFIG", "GET", "port")[1]), None if value is None else int(value)
    }
}

/// The twin of [`port_of`] for async connections.
#[gear_command(mode = "sync")]
async fn port_of_async(key: &str) -> (u16, Option<i64>) {
    python! {
        value = cmd.get(key)
        return int(execute("CONFIG", "GET", "port")[1]), None if value is None else int(value)
    }
}

/// Does not end within the limits of these tests.
#[gear_command]
fn sleeps() -> i64 {
    python! {
        import time
        time.sleep(3)
        return 1
    }
}

/// The twin of [`sleeps`] for async connections.
#[gear_command]
async fn sleeps_async() -> i64 {
    python! {
        import time
        time.sleep(3)
        return 1
    }
}

/// Runs a future to its end.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(future)
}
