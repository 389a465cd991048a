//! A file lock that allows one installation at a time among all servers that share a directory.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::holder::{Holder, waiting_for};
use super::level::{Level, Log};

/// Time between two attempts to take the lock.
const POLL: Duration = Duration::from_millis(50);
/// Time between two log lines about waiting.
const REPORT: Duration = Duration::from_secs(30);

/// Permission to change the environment. The lock is released when this value is dropped and no
/// child process holds a handle from [`Lock::share`].
pub(super) struct Lock(File);

impl Lock {
    /// Waits for the lock. There is no timeout: the system releases a lock when its process ends,
    /// so the holder is a running process.
    pub(super) fn acquire(path: &Path, log: &Log) -> io::Result<Self> {
        let file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(path)?;
        let mut reported = None::<Instant>;
        loop {
            match file.try_lock() {
                Ok(()) => {
                    let lock = Self(file);
                    lock.name(&Holder::this_server(None));
                    return Ok(lock);
                }
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(error),
            }
            if reported.is_none_or(|at| at.elapsed() >= REPORT) {
                reported = Some(Instant::now());
                log(Level::Notice, &waiting_for(path));
            }
            thread::sleep(POLL);
        }
    }

    /// Writes the process group of the installer that runs into the file, for servers that wait.
    pub(super) fn name_installer(&self, group: u32) {
        self.name(&Holder::this_server(Some(group)));
    }

    /// Writes the holder into the file.
    fn name(&self, holder: &Holder) {
        let text = holder.to_string();
        // Without it, other servers cannot name the holder. The lock is held all the same.
        let _ = self
            .0
            .set_len(0)
            .and_then(|()| (&self.0).write_all(text.as_bytes()));
    }

    /// A handle that holds the lock while it is open, for a child process that may outlive the
    /// server.
    pub(super) fn share(&self) -> io::Result<File> {
        self.0.try_clone()
    }
}
