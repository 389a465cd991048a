//! Runs all kinds of gears for a long time, on several servers at once.
//!
//! | file | purpose |
//! |---|---|
//! | `steady.rs` | a server that stays up; its memory is printed once a minute |
//! | `crashing.rs` | a server with an AOF that is killed or restarted again and again |
//! | `pair.rs` | a master and a replica with hooks, whose roles change and which are killed |
//! | `calm.rs` | a few rounds of every job, one after the other, on one server |
//! | `cluster/` | a cluster whose slots move and whose masters change |
//! | `events.rs` | checks that no stream message is lost, and that only messages in flight at a restart are handled twice |
//! | `jobs.rs` | the jobs of the clients |
//! | `gears.rs` | the registered gears |
//! | `memory.rs` | the table of memory |
//!
//! Options: `--minutes 30`, `--seed N`, or `--rounds N` for `calm.rs`, or `--cluster 3` with `--replicas 1` and
//! `--without pauses,failovers,restarts,..` (parts of `cluster/`). The program fails if a call
//! hangs or fails, if a message is lost or handled twice, if a replica differs from its master, or if a server crashes. It does not judge
//! memory: read the table to find a leak.

mod calm;
mod cluster;
mod crashing;
mod events;
mod gears;
mod jobs;
mod memory;
mod pair;
mod steady;

use redgrease_tools::{Args, Outcome};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Time limit of a call; a call that takes longer counts as hanging. The slowest call on a slow
/// machine takes far less.
pub(crate) const BOUND: Duration = Duration::from_secs(30);

/// Pause of each client between two calls. The soak looks for wrong interleavings of the jobs, not
/// for the highest rate.
pub(crate) const PAUSE: Duration = Duration::from_millis(2);

/// The end of the program: a time, or the first failure on any server.
#[derive(Debug)]
pub(crate) struct Until {
    end: Instant,
    failed: AtomicBool,
}

impl Until {
    pub(crate) fn is_over(&self) -> bool {
        Instant::now() >= self.end || self.failed.load(Ordering::Relaxed)
    }

    pub(crate) fn left(&self) -> Duration {
        self.end.saturating_duration_since(Instant::now())
    }
}

fn main() -> ExitCode {
    redgrease_tools::main(run)
}

fn run(args: &Args) -> Outcome {
    if let Some(rounds) = args.get("rounds")? {
        return calm::run(rounds);
    }
    let minutes: u64 = args.get("minutes")?.unwrap_or(30);
    let seed: u64 = args.get("seed")?.unwrap_or(1);
    if let Some(shards) = args.get("cluster")? {
        return cluster::run(args, shards, minutes, seed);
    }
    println!("{minutes} minutes, seed {seed}");
    let until = Until {
        end: Instant::now() + Duration::from_secs(minutes * 60),
        failed: AtomicBool::new(false),
    };
    let noticed = |outcome: Outcome| {
        if outcome.is_err() {
            until.failed.store(true, Ordering::Relaxed);
        }
        outcome
    };
    let (steady, pair, crashing) = thread::scope(|scope| {
        let steady = scope.spawn(|| noticed(steady::run(&until)));
        let pair = scope.spawn(|| noticed(pair::run(&until, seed)));
        let crashing = noticed(crashing::run(&until, seed));
        let steady = steady
            .join()
            .unwrap_or_else(|_| Err("the thread of the steady server panicked".to_owned()));
        let pair = pair
            .join()
            .unwrap_or_else(|_| Err("the thread of the pair panicked".to_owned()));
        (steady, pair, crashing)
    });
    steady.map_err(|error| format!("on the server that stays up: {error}"))?;
    pair.map_err(|error| format!("on the pair with hooks: {error}"))?;
    crashing.map_err(|error| format!("on the server that is restarted: {error}"))?;
    println!("no call hung or failed, no message was lost or handled twice");
    Ok(())
}
