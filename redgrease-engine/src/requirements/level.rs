//! How loud a line of the log is.

/// The importance of a line that the store hands to the server's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    /// Ordinary progress.
    Notice,
    /// Something an operator should look at.
    Warning,
}

/// Where the lines go. Called from whichever thread installs.
pub(crate) type Log = Box<dyn Fn(Level, &str) + Send + Sync>;
