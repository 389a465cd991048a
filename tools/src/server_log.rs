//! The log of a server under test.

use crate::Outcome;
use redgrease_embedded::Server;
use std::fs;
use std::path::Path;

/// Texts that only a crash or a bug of the engine writes.
const ALARMS: [&str; 3] = ["BUG REPORT", "panicked", "failed inside the engine"];

/// Checks that a server's log shows no crash and no bug of the engine.
///
/// # Errors
/// The alarming text and the last lines of the log.
pub fn check_log(server: &Server) -> Outcome {
    check_log_at(server.log_path(), || server.log_tail(60))
}

/// The same for a log file; `tail` returns its last lines.
///
/// # Errors
/// The alarming text and the last lines of the log.
pub fn check_log_at(path: &Path, tail: impl FnOnce() -> String) -> Outcome {
    let log = fs::read_to_string(path).unwrap_or_default();
    match ALARMS.iter().find(|alarm| log.contains(**alarm)) {
        Some(alarm) => Err(format!("the log contains {alarm:?}:\n{}", tail())),
        None => Ok(()),
    }
}
