//! The one error type.

use std::fmt;

/// What the functions of this crate return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a server could not be started, used or stopped.
///
/// Its text starts with what failed and ends with what to do.
pub struct Error {
    kind: ErrorKind,
    message: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// The sort of an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// No server program was found, or the one that was named is not there.
    NoServerProgram,
    /// No engine was found, or the one that was named is not there.
    NoEngine,
    /// The builder was given something that cannot work.
    InvalidOption,
    /// The port or the data directory is used by another server.
    InUse,
    /// The server ended before it answered.
    Exited,
    /// The server did not answer in time.
    TimedOut,
    /// A process answers that is not the one that was started.
    ForeignServer,
    /// The operating system refused something.
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

    pub(crate) fn io(what: impl Into<String>, source: std::io::Error) -> Self {
        Error {
            kind: ErrorKind::Io,
            message: what.into(),
            source: Some(Box::new(source)),
        }
    }

    /// What sort of error it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// `true` if something has to be installed or built first.
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

/// The text, because this is what a test prints that unwraps.
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
