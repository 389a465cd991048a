//! Everything at once for a long time, on two servers:
//!
//! | file | what |
//! |---|---|
//! | `steady.rs` | a server that stays up: what it holds in memory is shown once a minute |
//! | `crashing.rs` | a server that is killed or restarted again and again, with its AOF on |
//! | `calm.rs` | a few rounds of everything, one after the other |
//! | `events.rs` | messages of streams: none may be lost, none handled twice but across an end |
//! | `load.rs`, `jobs.rs` | what clients do meanwhile |
//! | `gears.rs` | the Python that is registered |
//! | `memory.rs` | the table of memory |
//!
//! Options: `--minutes 30`, `--seed N`, or `--rounds N` for the calm way. It fails if a call hangs or fails, if a message is lost or
//! handled twice, or if a server crashes. Whether memory leaks is for the reader of the table.

mod calm;
mod crashing;
mod events;
mod gears;
mod jobs;
mod load;
mod memory;
mod steady;

use redgrease_embedded::Server;
use redgrease_tools::{Args, Outcome};
use std::fs;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// A call that takes longer hangs. It is far more than the slowest call on a slow machine needs.
pub(crate) const BOUND: Duration = Duration::from_secs(30);

/// When everything has to be over, also because something failed elsewhere.
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
    let (steady, crashing) = thread::scope(|scope| {
        let steady = scope.spawn(|| noticed(steady::run(&until)));
        let crashing = noticed(crashing::run(&until, seed));
        let steady = steady
            .join()
            .unwrap_or_else(|_| Err("the steady part failed itself".to_owned()));
        (steady, crashing)
    });
    steady.map_err(|error| format!("on the server that stays up: {error}"))?;
    crashing.map_err(|error| format!("on the server that is restarted: {error}"))?;
    println!("no call hung or failed, no message was lost or handled twice");
    Ok(())
}

/// Fails if the log has what must never be there.
pub(crate) fn check_log(server: &Server) -> Outcome {
    let log = fs::read_to_string(server.log_path()).unwrap_or_default();
    for word in ["BUG REPORT", "panicked", "failed inside the engine"] {
        if log.contains(word) {
            return Err(format!("the log has {word:?}:\n{}", server.log_tail(60)));
        }
    }
    Ok(())
}
