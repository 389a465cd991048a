//! [`Error`], [`ErrorKind`] and the errors of conversions.
//!
//! [`Error`] has the size of a pointer. Programs match on its [`kind`](Error::kind). Its `Display` text is for people: it
//! begins with what failed and ends with what to do about it.

mod carried;
mod classify;
mod connect;
mod convert;
mod display;
mod gear;
mod pipeline;

pub(crate) use classify::{full_text, traceback};
pub use convert::{DecodeError, EncodeError};
pub use gear::{Frame, GearError};

use crate::location::Location;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// The `Result` of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The error of this crate's functions.
///
/// `Debug` prints the same text as `Display`, because `fn main() -> redgrease::Result<()>` reports errors with `Debug`.
#[derive(Clone)]
pub struct Error(Box<Repr>);

#[derive(Clone)]
struct Repr {
    kind: ErrorKind,
    /// The call that failed, if the kind does not name it.
    of: Option<String>,
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
        /// The traceback, with line breaks.
        traceback: String,
    },
    /// The server does not know the trigger, and registering the gear again failed or is disabled.
    #[non_exhaustive]
    UnknownTrigger {
        /// The trigger that was called.
        trigger: String,
        /// Why the gear was not registered again.
        reason: Option<String>,
    },
    /// The user of the connection has no right to an `RG.*` command.
    #[non_exhaustive]
    NoPermission {
        /// The command, in upper case.
        command: String,
    },
    /// The server has no `RG.*` commands.
    NoGears,
    /// The program contains no gears to register.
    NoneFound,
    /// Two gears of the program have the same trigger.
    #[non_exhaustive]
    DuplicateTrigger {
        /// The trigger.
        trigger: String,
        /// Location of the first gear.
        first: Location,
        /// Location of the second gear.
        second: Location,
    },
    /// Another session has registered the trigger of a gear.
    #[non_exhaustive]
    TriggerOwned {
        /// The trigger.
        trigger: String,
        /// Id of the session that owns the trigger, if the server reports it.
        owner: Option<String>,
        /// The program that registered it, if the session says so.
        program: Option<String>,
        /// The session that could not be registered.
        session: String,
    },
    /// The server has a session of this name from another program, or from one that cannot be recognised as this one.
    /// Nothing was replaced.
    #[non_exhaustive]
    SessionOwned {
        /// The session.
        session: String,
        /// The program of the session on the server: its package, version, origin and gears.
        theirs: String,
        /// This program, in the same form.
        ours: String,
        /// Whether it is certainly another program. If not, it may also be an earlier build of this one.
        is_other: bool,
    },
    /// The server holds another version of a session, and the [`Policy`](crate::Policy) is to fail in that case.
    #[non_exhaustive]
    Outdated {
        /// The session.
        session: String,
        /// Description of the version on the server.
        found: String,
    },
    /// The requirements of a session could not be installed.
    #[non_exhaustive]
    Requirements {
        /// The server's message, followed by the last lines of pip's output.
        message: String,
        /// The requirements.
        requirements: Vec<String>,
    },
    /// The server refused a registration.
    #[non_exhaustive]
    Registration {
        /// The session that could not be registered.
        session: String,
        /// The server's message.
        message: String,
    },
    /// The server did not answer a command of a registration in time. After `RG.PYEXECUTE` it may still be registering.
    #[non_exhaustive]
    RegistrationTimeout {
        /// The command that was not answered.
        command: String,
        /// The limit: [`Options::registration_timeout`](crate::Options::registration_timeout), or a shorter one for
        /// commands that servers answer at once.
        limit: Duration,
    },
    /// An argument or a reply could not be converted.
    #[non_exhaustive]
    Convert {
        /// The gear that was called, with its location in the source.
        of: Option<String>,
        /// Description of the problem.
        message: String,
    },
    /// An address, option or argument is invalid.
    #[non_exhaustive]
    Config {
        /// Description of the problem.
        message: String,
    },
    /// The connection could not be opened.
    #[non_exhaustive]
    Connect {
        /// Host and port, or the path of a socket. It never contains a password.
        address: String,
    },
    /// The reply did not arrive in time.
    #[non_exhaustive]
    Timeout {
        /// The gear that was called, with its location in the source.
        of: Option<String>,
        /// The limit of the call, if it has one; otherwise the limit of the connection applied.
        limit: Option<Duration>,
        /// What went on in the server and in the pool, if that could be asked: a part of a sentence.
        situation: Option<String>,
        /// Whether the call waited for its gear to be registered again, because the server had lost it. The gear did not
        /// run.
        registering: bool,
    },
    /// No socket of a pool became free within the limit for waiting. Nothing was sent.
    #[non_exhaustive]
    PoolExhausted {
        /// The number of sockets that the pool may open for commands that block.
        size: usize,
        /// How many of them were in use.
        in_use: usize,
        /// The calls that went on waiting.
        waiting: usize,
        /// How long the call waited.
        waited: Duration,
    },
    /// All other errors of the connection or the server.
    Redis,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind) -> Self {
        Error(Box::new(Repr {
            kind,
            of: None,
            source: None,
        }))
    }

    pub(crate) fn caused_by(
        kind: ErrorKind,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> Self {
        Error(Box::new(Repr {
            kind,
            of: None,
            source: Some(Arc::new(source)),
        }))
    }

    pub(crate) fn config(message: impl Into<String>) -> Self {
        Error::new(ErrorKind::Config {
            message: message.into(),
        })
    }

    /// The kind of the error.
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// Names the call that failed.
    pub(crate) fn about_call(mut self, of: String) -> Self {
        self.0.of = Some(of);
        self
    }

    pub(crate) fn kind_mut(&mut self) -> &mut ErrorKind {
        &mut self.0.kind
    }

    /// The Python exception, if a gear raised one.
    pub fn as_gear(&self) -> Option<&GearError> {
        match &self.0.kind {
            ErrorKind::Gear(gear) => Some(gear),
            _ => None,
        }
    }

    /// The redis-rs error that caused this error, if any.
    pub fn as_redis(&self) -> Option<&redis::RedisError> {
        self.0.source.as_deref()?.downcast_ref()
    }

    /// Whether the Python of a gear or script raised an exception.
    pub fn is_python(&self) -> bool {
        matches!(self.0.kind, ErrorKind::Gear(_) | ErrorKind::Script { .. })
    }

    /// Whether the server does not know the trigger.
    pub fn is_unknown_trigger(&self) -> bool {
        matches!(self.0.kind, ErrorKind::UnknownTrigger { .. })
    }

    /// Whether a registration failed because its trigger is already registered.
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

    /// Whether the reply did not arrive in time. The gear may still be running on the server, or the server may still be
    /// registering.
    pub fn is_timeout(&self) -> bool {
        matches!(
            self.0.kind,
            ErrorKind::Timeout { .. } | ErrorKind::RegistrationTimeout { .. }
        )
    }

    /// Whether the server refused a command because a user has no right to it (`NOPERM`): the command of this client, or one
    /// that a gear ran for it.
    pub fn is_no_permission(&self) -> bool {
        match &self.0.kind {
            ErrorKind::Gear(gear) => {
                gear.message.starts_with("NOPERM ")
                    || gear.exception.ends_with(".NoPermissionError")
            }
            ErrorKind::Script { traceback } => {
                let last = traceback.trim_end().lines().next_back();
                last.is_some_and(is_no_permission)
            }
            ErrorKind::Registration { message, .. } => {
                message.starts_with("NOPERM ") || message.contains("error: NOPERM ")
            }
            ErrorKind::NoPermission { .. } => true,
            ErrorKind::Redis => {
                let code = self.as_redis().and_then(redis::RedisError::code);
                code == Some("NOPERM")
            }
            _ => false,
        }
    }

    /// Whether no socket of a pool became free in time. Nothing was sent.
    pub fn is_pool_exhausted(&self) -> bool {
        matches!(self.0.kind, ErrorKind::PoolExhausted { .. })
    }

    /// Whether a value could not be converted.
    pub fn is_conversion(&self) -> bool {
        matches!(self.0.kind, ErrorKind::Convert { .. })
    }

    /// Whether the connection failed: it was refused, or it was lost while waiting for a reply.
    pub fn is_connection(&self) -> bool {
        matches!(self.0.kind, ErrorKind::Connect { .. })
            || matches!(self.0.kind, ErrorKind::Redis)
                && self.as_redis().is_some_and(redis::RedisError::is_io_error)
    }
}

/// Whether the last line of a traceback, or the `Error type:` line of an error without one, is about a missing right.
fn is_no_permission(line: &str) -> bool {
    [
        "gears.error: NOPERM ",
        ".NoPermissionError: ",
        "<class 'gears.error'>, Value: NOPERM ",
        ".NoPermissionError'>, Value: ",
    ]
    .iter()
    .any(|part| line.contains(part))
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
