//! One installation at a time among all servers that share a directory.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::level::{Level, Log};

/// How often a taken lock is asked for again, and how often the log hears about it.
const POLL: Duration = Duration::from_millis(50);
const REPORT: Duration = Duration::from_secs(30);

/// The right to change the environment. Given back when dropped and no child holds it.
pub(super) struct Lock(File);

impl Lock {
    /// Waits until nobody else installs. It has no limit: whoever holds the lock is a living
    /// process, since the system gives a lock back when its holder ends.
    pub(super) fn acquire(path: &Path, log: &Log) -> io::Result<Self> {
        let file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(path)?;
        let mut reported = None::<Instant>;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self(file)),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(error),
            }
            if reported.is_none_or(|at| at.elapsed() >= REPORT) {
                reported = Some(Instant::now());
                log(
                    Level::Notice,
                    "requirements: waiting for another installation to end",
                );
            }
            thread::sleep(POLL);
        }
    }

    /// A handle that keeps the lock for as long as it is open, for a child that outlives us.
    pub(super) fn share(&self) -> io::Result<File> {
        self.0.try_clone()
    }
}
