//! [`Error`] and [`ErrorKind`].

use std::fmt;

/// The `Result` of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The error of starting, using or stopping a server.
///
/// The text begins with what failed and ends with what to do about it.
pub struct Error {
    kind: ErrorKind,
    message: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// The kind of an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// No server program was found, or the given program does not exist.
    NoServerProgram,
    /// No engine was found, or the given library does not exist.
    NoEngine,
    /// An option of the builder is invalid.
    InvalidOption,
    /// Another process uses the port, or another server uses the data directory.
    InUse,
    /// The server ended before its first reply.
    Exited,
    /// The server did not reply in time.
    TimedOut,
    /// The replying process is not the one that was started.
    ForeignServer,
    /// A node of a cluster refused a command, or has no part that the call needs.
    Cluster,
    /// An operation of the operating system failed.
    Io,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Error {
            kind,
            message: message.into(),
            source: None,
        }
    }

    pub(crate) fn io(message: impl Into<String>, source: std::io::Error) -> Self {
        Error {
            kind: ErrorKind::Io,
            message: message.into(),
            source: Some(Box::new(source)),
        }
    }

    /// The kind of the error.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// `true` if the server program or the engine must be installed or built first.
    #[must_use]
    pub fn is_missing_part(&self) -> bool {
        matches!(self.kind, ErrorKind::NoServerProgram | ErrorKind::NoEngine)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.source {
            Some(source) => write!(f, ": {source}"),
            None => Ok(()),
        }
    }
}

/// Prints the kind and the text, because `unwrap` reports errors with `Debug`.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {self}", self.kind)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| source.as_ref() as _)
    }
}
