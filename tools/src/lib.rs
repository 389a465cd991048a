//! Benchmarks and endurance tests of the engine, which `cargo xtask` starts.
//!
//! | program | purpose |
//! |---|---|
//! | `calls` | compares calls of gears with PING, Lua and modules that do nothing |
//! | `events` | compares handlers of streams and keys with consumer groups and subscribers |
//! | `batch` | compares jobs over many keys: the engine, Lua, redis-py and redis-rs |
//! | `memory` | measures the memory of sessions, registrations, executions, calls that wait, and futures |
//! | `cluster` | compares jobs, calls and registrations on a cluster with those on one server |
//! | `soak` | runs all kinds of gears for a long time, with kills and restarts of the server |
//! | `fuzz` | sends random and damaged input |
//! | `tests/stress` | runs all kinds of gears for ten seconds, as part of `cargo xtask test` |
//!
//! This library holds the parts they share. All of them need `REDGREASE_ENGINE` in their
//! environment, as `cargo xtask` sets it.

mod args;
pub mod batch;
mod client;
pub mod gears;
pub mod hooked;
pub mod jobs;
mod load;
mod process;
mod random;
mod server_log;

pub use args::Args;
pub use client::{Client, text_of};
pub use load::{Clients, Load, join};
pub use process::{busy_nanos, cpu_time, resident_kib};
pub use random::Random;
pub use server_log::{check_log, check_log_at};

/// The result of a step; the error is the text that the program prints.
pub type Outcome<T = ()> = Result<T, String>;

/// Runs a program with its options. An error is printed and makes the exit code a failure.
pub fn main(run: impl FnOnce(&Args) -> Outcome) -> std::process::ExitCode {
    match Args::parse(std::env::args().skip(1)).and_then(|args| run(&args)) {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            std::process::ExitCode::FAILURE
        }
    }
}
