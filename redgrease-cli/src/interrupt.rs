//! Ctrl-C, SIGTERM, and the end of the terminal.

use crate::failure::Failure;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Whether a person, or the system, wants the program to end. The first signal is left to the command, which ends what it has begun;
/// the second one ends the program at once.
#[derive(Debug, Clone)]
pub(crate) struct Interrupt(Arc<AtomicBool>);

/// Whether the program was started to ignore a signal, as `nohup` does. Where the system does not tell, it was.
fn is_ignored(signal: i32) -> bool {
    std::fs::read_to_string("/proc/self/status").map_or(true, |status| ignores(&status, signal))
}

fn ignores(status: &str, signal: i32) -> bool {
    let mask = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_none_or(|mask| mask >> (signal - 1) & 1 == 1)
}

impl Interrupt {
    pub(crate) fn catch() -> Result<Self, Failure> {
        let hangup = (!is_ignored(SIGHUP)).then_some(SIGHUP);
        Self::of([SIGINT, SIGTERM].into_iter().chain(hangup))
    }

    /// [`Interrupt::catch`] for a command that reads keys. It ends at once with its terminal: reading keys of a terminal that is gone
    /// would not end.
    pub(crate) fn catch_with_keys() -> Result<Self, Failure> {
        Self::of([SIGINT, SIGTERM])
    }

    fn of(signals: impl IntoIterator<Item = i32>) -> Result<Self, Failure> {
        let flag = Arc::new(AtomicBool::new(false));
        for signal in signals {
            let code = 128 + signal;
            flag::register_conditional_shutdown(signal, code, Arc::clone(&flag))
                .and_then(|_| flag::register(signal, Arc::clone(&flag)))
                .map_err(|e| {
                    Failure::failed(format!(
                        "signals cannot be caught ({e}): look for limits of this process"
                    ))
                })?;
        }
        Ok(Interrupt(flag))
    }

    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    /// Sleeps, but not longer than until the signal. Whether the time is over.
    pub(crate) fn sleep(&self, time: Duration) -> bool {
        const STEP: Duration = Duration::from_millis(50);
        let end = Instant::now() + time;
        while !self.is_set() {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            std::thread::sleep(left.min(STEP));
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_that_are_ignored_stay_so() {
        let status = |mask: &str| format!("Name:\tx\nSigIgn:\t{mask}\nSigCgt:\t0\n");
        assert!(ignores(&status("0000000000000001"), SIGHUP));
        assert!(!ignores(&status("0000000000001002"), SIGHUP));
        assert!(ignores("Name:\tx\n", SIGHUP));
    }
}
