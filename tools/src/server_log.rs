//! The log of a server under test.

use crate::Outcome;
use redgrease_embedded::Server;
use std::fs;
use std::path::Path;

/// Texts that only a crash or a bug of the engine writes.
const ALARMS: [&str; 3] = ["BUG REPORT", "panicked", "failed inside the engine"];

/// The lines that are shown after an alarm: the stack of a crash.
const SHOWN: usize = 80;

/// Checks that a server's log shows no crash and no bug of the engine.
///
/// # Errors
/// The alarming text and the lines after it.
pub fn check_log(server: &Server) -> Outcome {
    check_log_at(server.log_path())
}

/// The same for a log file.
///
/// # Errors
/// The alarming text and the lines after it.
pub fn check_log_at(path: &Path) -> Outcome {
    let log = fs::read_to_string(path).unwrap_or_default();
    let lines: Vec<&str> = log.lines().collect();
    let is_alarm = |line: &&str| ALARMS.iter().any(|alarm| line.contains(alarm));
    match lines.iter().position(is_alarm) {
        Some(at) => {
            let shown = &lines[at..lines.len().min(at + SHOWN)];
            Err(format!("the log has an alarm:\n{}", shown.join("\n")))
        }
        None => Ok(()),
    }
}
