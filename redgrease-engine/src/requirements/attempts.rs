//! Runs a command of an installer, and repeats it when its download was interrupted.

use std::ffi::OsString;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use super::child::Runner;
use super::environment::{Environment, run_error};
use super::error::{InstallError, InstallErrorKind};
use super::level::Level;
use super::obstacle::obstacle;

/// Number of attempts when a download is interrupted.
const TRIES: u32 = 3;
/// Pause after the first attempt. It grows by this time with each attempt.
const PAUSE: Duration = Duration::from_secs(1);

/// The cause of a failed command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// A download was interrupted. Another attempt may succeed.
    Interrupted,
    /// The index is unreachable. The installer has already retried.
    Unreachable,
    /// Any other failure. Another attempt would fail in the same way.
    Final,
}

/// The environment that an installer works on, and what runs its commands. The lock is held.
#[derive(Clone, Copy)]
pub(super) struct Work<'a> {
    pub(super) environment: &'a Environment,
    pub(super) runner: &'a Runner<'a>,
}

/// One command of an installer.
#[derive(Debug, Default)]
pub(super) struct Command {
    pub(super) program: PathBuf,
    pub(super) args: Vec<OsString>,
    /// Variables that the command gets beside those of the server.
    pub(super) variables: Vec<(&'static str, OsString)>,
}

/// How to read the output of an installer.
pub(super) struct Output {
    /// The name of the installer.
    pub(super) of: &'static str,
    /// The cause of a failure.
    pub(super) cause: fn(&[String]) -> Cause,
    /// The lines that explain a failure.
    pub(super) relevant_lines: fn(&[String]) -> Vec<String>,
}

impl Work<'_> {
    /// Runs a command, again if a download was interrupted. A failed connection is not repeated, because the installers have
    /// tried it several times.
    pub(super) fn run(&self, command: &Command, output: &Output) -> Result<(), InstallError> {
        let mut tried = 0;
        loop {
            tried += 1;
            let outcome = self
                .runner
                .run(&command.program, &command.args, &command.variables)
                .map_err(|error| run_error(&command.program, &error))?;
            if outcome.success {
                return Ok(());
            }
            let obstacle = obstacle(&outcome, self.environment.directory());
            let cause = (output.cause)(&outcome.lines);
            if obstacle.is_none() && cause == Cause::Interrupted && tried < TRIES {
                let again = format!(
                    "requirements: a download was interrupted, attempt {} of {TRIES}",
                    tried + 1
                );
                (self.runner.log)(Level::Warning, &again);
                thread::sleep(PAUSE * tried);
                continue;
            }
            let kind = match cause {
                _ if obstacle.is_some() => InstallErrorKind::Environment,
                Cause::Final => InstallErrorKind::Failed,
                Cause::Interrupted | Cause::Unreachable => InstallErrorKind::Network,
            };
            let mut lines = Vec::from_iter(obstacle);
            lines.extend((output.relevant_lines)(&outcome.lines));
            if lines.is_empty() {
                lines.push(format!(
                    "{} failed without an error message: see the server's log",
                    output.of
                ));
            }
            return Err(InstallError::new(kind, lines));
        }
    }
}
