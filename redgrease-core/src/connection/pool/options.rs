//! The options of a pool.

use crate::error::{Error, Result};
use std::time::Duration;

/// The largest number of sockets. Servers accept 10000 clients by default (`maxclients`).
const MAX_SIZE: usize = 10_000;

/// Options of [`Pool`](crate::Pool) and [`BlockingPool`](crate::BlockingPool).
///
/// ```
/// use redgrease_core::PoolOptions;
/// use std::time::Duration;
///
/// let options = PoolOptions::new().size(64).wait(Duration::from_secs(2));
/// # let _ = options;
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PoolOptions {
    pub(super) size: usize,
    pub(super) wait: Duration,
    pub(super) idle: Duration,
    pub(super) blocking: Vec<String>,
}

impl Default for PoolOptions {
    fn default() -> Self {
        PoolOptions {
            size: 32,
            wait: Duration::from_secs(10),
            idle: Duration::from_mins(1),
            blocking: Vec::new(),
        }
    }
}

impl PoolOptions {
    /// The defaults: at most 32 sockets, 10 seconds of waiting for one of them, and a minute until an idle one is closed.
    pub fn new() -> Self {
        PoolOptions::default()
    }

    /// Sets how many sockets the pool opens at most for commands that block: the number of gears that can be called at
    /// the same time. They are opened when they are needed. The server runs as many gears at once as its setting
    /// `ExecutionThreads` says (coroutines that wait do not count); the others wait there.
    #[must_use]
    pub fn size(mut self, size: usize) -> Self {
        self.size = size;
        self
    }

    /// Sets how long a call waits for a socket at most. The check of idle sockets and the opening of a new one lie within
    /// that time, too (for those there is at least a second); a server that is silent for so long is an error of the
    /// connection. If all sockets are in use, the call fails with
    /// [`ErrorKind::PoolExhausted`](crate::ErrorKind::PoolExhausted), and nothing was sent.
    #[must_use]
    pub fn wait(mut self, limit: Duration) -> Self {
        self.wait = limit;
        self
    }

    /// Sets when a socket is closed that was not used. One second less than the setting `timeout` of the server is a good
    /// value, if that is set.
    #[must_use]
    pub fn idle(mut self, limit: Duration) -> Self {
        self.idle = limit;
        self
    }

    /// Names commands that block because gears of other programs replace them (`hook = ".."`) or withhold their answer
    /// (`commands = [..]`). The pool knows the gears of this program itself.
    #[must_use]
    pub fn blocking_commands<S: Into<String>>(
        mut self,
        names: impl IntoIterator<Item = S>,
    ) -> Self {
        self.blocking.extend(names.into_iter().map(Into::into));
        self
    }

    pub(super) fn check(&self) -> Result<()> {
        match self.size {
            0 => Err(Error::config(
                "a pool of no sockets cannot call a gear: give `PoolOptions::size(..)` at least 1",
            )),
            1..=MAX_SIZE => Ok(()),
            size => Err(Error::config(format!(
                "a pool of {size} sockets is more than a server accepts: give `PoolOptions::size(..)` at most {MAX_SIZE}, \
                 and look at the setting `maxclients` of the server"
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_that_make_no_sense_are_refused() {
        for (size, word) in [
            (0, "at least 1"),
            (10_001, "at most 10000"),
            (usize::MAX, "maxclients"),
        ] {
            let error = PoolOptions::new().size(size).check().unwrap_err();
            assert!(error.to_string().contains(word), "{error}");
        }
        for size in [1, 32, 10_000] {
            PoolOptions::new().size(size).check().unwrap();
        }
    }
}
