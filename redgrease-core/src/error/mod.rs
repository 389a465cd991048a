//! What can go wrong.
//!
//! [`Error`] is one pointer wide. Its [`kind`](Error::kind) is what a `match` is written against, its `Display` what a
//! person reads: first what failed, last what to do about it.

mod classify;
mod convert;
mod display;
mod gear;

pub(crate) use classify::{full_text, traceback};
pub use convert::{DecodeError, EncodeError};
pub use gear::{Frame, GearError};

use crate::location::Location;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Result of everything in this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong.
///
/// `Debug` prints the same text as `Display`, since that is what `fn main() -> redgrease::Result<()>` shows.
#[derive(Clone)]
pub struct Error(Box<Repr>);

#[derive(Clone)]
struct Repr {
    kind: ErrorKind,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

/// Kinds of errors.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The Python of a gear raised an exception.
    Gear(GearError),
    /// The Python of a script raised an exception; the text is Python's traceback.
    #[non_exhaustive]
    Script {
        /// The traceback, one line per line.
        traceback: String,
    },
    /// The server does not know the trigger, and registering it again did not help or was switched off.
    #[non_exhaustive]
    UnknownTrigger {
        /// The trigger that was called.
        trigger: String,
        /// Why it was not registered again.
        reason: Option<String>,
    },
    /// The server has no `RG.*` commands.
    NoGears,
    /// The program contains no gears to register.
    NoneFound,
    /// Two gears of the program have one trigger.
    #[non_exhaustive]
    DuplicateTrigger {
        /// The trigger.
        trigger: String,
        /// Where the first of them stands.
        first: Location,
        /// Where the second stands.
        second: Location,
    },
    /// The trigger of a gear is registered by another session.
    #[non_exhaustive]
    TriggerOwned {
        /// The trigger.
        trigger: String,
        /// Id of the session that owns it, if the server tells.
        owner: Option<String>,
        /// The session that was to be registered.
        session: String,
    },
    /// The server holds another version, and the policy is to refuse that.
    #[non_exhaustive]
    Outdated {
        /// The session.
        session: String,
        /// What is there.
        found: String,
    },
    /// The requirements of a session could not be installed.
    #[non_exhaustive]
    Requirements {
        /// What the server says: a sentence, then the last lines of pip.
        message: String,
        /// What was asked for.
        requirements: Vec<String>,
    },
    /// The server refused a registration.
    #[non_exhaustive]
    Registration {
        /// The session that was to be registered.
        session: String,
        /// What the server says.
        message: String,
    },
    /// A value could not be converted, on its way to the server or back.
    #[non_exhaustive]
    Convert {
        /// The gear or command it belongs to, with its place in the source.
        of: Option<String>,
        /// What is wrong with it.
        message: String,
    },
    /// An address or an option that cannot be used.
    #[non_exhaustive]
    Config {
        /// What is wrong with it.
        message: String,
    },
    /// No connection could be made.
    #[non_exhaustive]
    Connect {
        /// Where to: host and port, or a path. Never a password.
        address: String,
    },
    /// No answer came in time.
    #[non_exhaustive]
    Timeout {
        /// What was called.
        of: Option<String>,
        /// The limit, if it was ours.
        limit: Option<Duration>,
    },
    /// Anything else: the connection, or an answer of the server that has no kind of its own.
    Redis,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind) -> Self {
        Error(Box::new(Repr { kind, source: None }))
    }

    pub(crate) fn caused_by(
        kind: ErrorKind,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> Self {
        Error(Box::new(Repr {
            kind,
            source: Some(Arc::new(source)),
        }))
    }

    pub(crate) fn config(message: impl Into<String>) -> Self {
        Error::new(ErrorKind::Config {
            message: message.into(),
        })
    }

    /// The kind of error.
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    pub(crate) fn kind_mut(&mut self) -> &mut ErrorKind {
        &mut self.0.kind
    }

    /// The Python exception, if that is what it is.
    pub fn as_gear(&self) -> Option<&GearError> {
        match &self.0.kind {
            ErrorKind::Gear(gear) => Some(gear),
            _ => None,
        }
    }

    /// The error of the connection behind it, if there is one.
    pub fn as_redis(&self) -> Option<&redis::RedisError> {
        self.0.source.as_deref()?.downcast_ref()
    }

    /// The Python of a gear or script raised an exception.
    pub fn is_python(&self) -> bool {
        matches!(self.0.kind, ErrorKind::Gear(_) | ErrorKind::Script { .. })
    }

    /// The server does not know the trigger.
    pub fn is_unknown_trigger(&self) -> bool {
        matches!(self.0.kind, ErrorKind::UnknownTrigger { .. })
    }

    /// A trigger was to be registered that is registered already.
    pub fn is_duplicate_trigger(&self) -> bool {
        match &self.0.kind {
            ErrorKind::TriggerOwned { .. } | ErrorKind::DuplicateTrigger { .. } => true,
            ErrorKind::Script { traceback } => traceback.contains("trigger already registered"),
            ErrorKind::Registration { message, .. } => {
                message.contains("trigger already registered")
            }
            _ => false,
        }
    }

    /// The server has no `RG.*` commands.
    pub fn is_no_gears(&self) -> bool {
        matches!(self.0.kind, ErrorKind::NoGears)
    }

    /// No answer came in time. What was called may still be running on the server.
    pub fn is_timeout(&self) -> bool {
        matches!(self.0.kind, ErrorKind::Timeout { .. })
    }

    /// A value could not be converted.
    pub fn is_conversion(&self) -> bool {
        matches!(self.0.kind, ErrorKind::Convert { .. })
    }

    /// The connection failed: refused, lost, or cut while an answer was awaited.
    pub fn is_connection(&self) -> bool {
        matches!(self.0.kind, ErrorKind::Connect { .. })
            || matches!(self.0.kind, ErrorKind::Redis)
                && self.as_redis().is_some_and(redis::RedisError::is_io_error)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|e| e as _)
    }
}

impl From<EncodeError> for Error {
    fn from(e: EncodeError) -> Self {
        Error::new(ErrorKind::Convert {
            of: None,
            message: e.to_string(),
        })
    }
}

impl From<DecodeError> for Error {
    fn from(e: DecodeError) -> Self {
        Error::new(ErrorKind::Convert {
            of: None,
            message: e.to_string(),
        })
    }
}

#[cfg(test)]
mod tests;
