//! Compares a cluster with one server: jobs over many keys, calls, and registrations.
//!
//! | file | purpose |
//! |---|---|
//! | `servers.rs` | the servers with the same keys, and their CPU time |
//! | `ways.rs` | the jobs by gears and by clients that pull |
//! | `jobs.rs` | the table of jobs, and the work for moving and merging |
//! | `calls.rs` | the latency of `RG.TRIGGER` |
//! | `registering.rs` | the latency of registrations on 3, 6 and 12 shards |
//!
//! Options: `--keys 1000000`, `--rounds 3`, `--shards 3`, `--calls 2000`, `--registrations 20`, `--python PROGRAM` (a Python
//! with redis-py), `--part jobs` (or `calls`, `registering`; without it all of them).
//! The program does not judge times. It fails if two ways return different results.

mod calls;
mod jobs;
mod registering;
mod servers;
mod ways;

use redgrease_tools::{Args, Outcome};
use std::process::ExitCode;
use std::time::Duration;

/// Time limit of a call; every job takes far less.
const BOUND: Duration = Duration::from_mins(5);

fn main() -> ExitCode {
    redgrease_tools::main(run)
}

fn run(args: &Args) -> Outcome {
    let part: Option<String> = args.get("part")?;
    let is_asked = |name: &str| part.as_deref().is_none_or(|part| part == name);
    let shards = args.get("shards")?.unwrap_or(3);
    let mut outcome = Ok(());
    if is_asked("jobs") {
        let keys = args.get("keys")?.unwrap_or(1_000_000);
        let rounds = args.get("rounds")?.unwrap_or(3);
        let python: Option<String> = args.get("python")?;
        outcome = jobs::compare(shards, keys, rounds, python.as_deref());
    }
    if is_asked("calls") {
        outcome = outcome.and(calls::compare(shards, args.get("calls")?.unwrap_or(2000)));
    }
    if is_asked("registering") {
        let count = args.get("registrations")?.unwrap_or(20);
        outcome = outcome.and(registering::compare(count));
    }
    outcome
}

/// A time in milliseconds, for tables.
fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
