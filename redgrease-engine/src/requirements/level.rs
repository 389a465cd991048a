//! Log levels of the store.

/// The level of a line for the server's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    /// Ordinary progress.
    Notice,
    /// A problem that an operator should look at.
    Warning,
}

/// Writes a line to the server's log. Called from the thread that installs.
pub(crate) type Log = Box<dyn Fn(Level, &str) + Send + Sync>;
