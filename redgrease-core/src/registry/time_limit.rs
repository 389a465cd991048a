//! The time that an exchange with a server has, and that of each command.

use crate::error::{Error, ErrorKind};
use redis::{Arg, Cmd};
use std::time::{Duration, Instant};

/// The time for the answer to a command that the server answers at once. Also a server that is held by another command
/// for some seconds answers within it.
const PROMPT: Duration = Duration::from_secs(10);

/// The command that may install requirements, so that its answer may take minutes.
const SLOW: &str = "RG.PYEXECUTE";

/// A limit that has begun.
#[derive(Debug, Clone)]
pub(super) struct TimeLimit {
    /// The command that is waited for.
    command: String,
    /// The limit as the error shows it.
    limit: Option<Duration>,
    /// `None` is too far away for the clock, or no limit.
    end: Option<Instant>,
}

impl TimeLimit {
    /// The limit of a whole exchange, from now on.
    pub(super) fn new(limit: Option<Duration>) -> Self {
        TimeLimit {
            command: SLOW.to_owned(),
            limit,
            end: limit.and_then(|limit| Instant::now().checked_add(limit)),
        }
    }

    /// The limit of a command that is sent now, within this one.
    pub(super) fn of_command(&self, cmd: &Cmd) -> Self {
        let command = match cmd.args_iter().next() {
            Some(Arg::Simple(name)) => String::from_utf8_lossy(name).into_owned(),
            _ => String::new(),
        };
        let whole = TimeLimit {
            command,
            ..self.clone()
        };
        let prompt = Instant::now() + PROMPT;
        if whole.command == SLOW || whole.end.is_some_and(|end| end <= prompt) {
            return whole;
        }
        TimeLimit {
            limit: Some(PROMPT),
            end: Some(prompt),
            ..whole
        }
    }

    /// The time that is left; `None` without a limit.
    pub(super) fn left(&self) -> Option<Duration> {
        let end = self.end?;
        Some(end.saturating_duration_since(Instant::now()))
    }

    pub(super) fn has_passed(&self) -> bool {
        self.left().is_some_and(|left| left.is_zero())
    }

    /// The error when the limit has passed.
    pub(super) fn unanswered(&self) -> Error {
        Error::new(ErrorKind::RegistrationTimeout {
            command: self.command.clone(),
            limit: self.limit.unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::{SessionsOptions, cmd};

    #[test]
    fn commands_that_are_answered_at_once_have_less_time() {
        let whole = TimeLimit::new(Some(Duration::from_mins(10)));
        let prompt = whole.of_command(&cmd::dump_sessions(&SessionsOptions::new()));
        assert!(prompt.left().unwrap() <= PROMPT);
        let script = whole.of_command(&redis::cmd(SLOW));
        assert!(script.left().unwrap() > PROMPT);
        for (limit, command) in [(prompt, "RG.PYDUMPSESSIONS within 10s"), (script, SLOW)] {
            let text = limit.unanswered().to_string();
            assert!(text.contains(command), "{text}");
        }
    }

    #[test]
    fn the_whole_limit_ends_every_command() {
        let whole = TimeLimit::new(Some(Duration::ZERO));
        assert!(whole.has_passed() && whole.of_command(&redis::cmd("PING")).has_passed());
        let endless = TimeLimit::new(None);
        assert_eq!(endless.of_command(&redis::cmd(SLOW)).left(), None);
        assert!(endless.of_command(&redis::cmd("PING")).left().is_some());
        assert!(!TimeLimit::new(Some(Duration::MAX)).has_passed());
    }
}
