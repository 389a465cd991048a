//! The log of a server under test.

use crate::Outcome;
use redgrease_embedded::Server;
use std::fs;

/// Texts that only a crash or a bug of the engine writes.
const ALARMS: [&str; 3] = ["BUG REPORT", "panicked", "failed inside the engine"];

/// Checks that a server's log shows no crash and no bug of the engine.
///
/// # Errors
/// The alarming text and the last lines of the log.
pub fn check_log(server: &Server) -> Outcome {
    let log = fs::read_to_string(server.log_path()).unwrap_or_default();
    match ALARMS.iter().find(|alarm| log.contains(**alarm)) {
        Some(alarm) => Err(format!(
            "the log contains {alarm:?}:\n{}",
            server.log_tail(60)
        )),
        None => Ok(()),
    }
}
