//! Waiting for the first reply of a server.

use crate::answer::{self, Answer};
use crate::{Error, ErrorKind, Result};
use std::fs;
use std::path::Path;
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

/// Pause between two attempts. A server needs 10 to 30 ms to start.
const PAUSE: Duration = Duration::from_millis(2);
/// Number of log lines that an error shows.
const LOG_LINES: usize = 12;

/// The server to wait for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expected<'a> {
    pub(crate) socket: &'a Path,
    pub(crate) port: Option<u16>,
    pub(crate) is_tls: bool,
    pub(crate) log: &'a Path,
    pub(crate) timeout: Duration,
}

/// Waits until `child` replies on its socket and its port.
pub(crate) fn wait(child: &mut Child, expected: Expected<'_>) -> Result<()> {
    let mut deadline = Instant::now() + expected.timeout;
    loop {
        if let Some(status) = child
            .try_wait()
            .map_err(|e| Error::io("the state of the server process could not be read", e))?
        {
            return Err(exited(&status.to_string(), expected));
        }
        match answer::ask_socket(expected.socket, "PING") {
            Ok(Answer::Text(text)) if text == b"PONG" => break,
            // Loading a large data set takes time and does not mean that the server hangs.
            Ok(Answer::Refused(why)) if why.starts_with("LOADING") => {
                deadline = Instant::now() + expected.timeout;
            }
            Ok(Answer::Refused(why)) if why.starts_with("NOAUTH") => {
                return Err(Error::new(
                    ErrorKind::InvalidOption,
                    "the server requires a password, so its identity cannot be checked: start it \
                     without a password, then set one with CONFIG SET or ACL SETUSER",
                ));
            }
            Ok(_) | Err(_) => {}
        }
        if Instant::now() >= deadline {
            return Err(Error::new(
                ErrorKind::TimedOut,
                format!(
                    "the server did not reply within {:?}; {}; on a slow machine raise \
                     Builder::start_timeout",
                    expected.timeout,
                    log_report(expected.log)
                ),
            ));
        }
        thread::sleep(PAUSE);
    }
    check_process(
        child.id(),
        answer::ask_socket(expected.socket, "INFO server"),
    )?;
    // A server that has TLS on its port is known by its socket alone.
    if let Some(port) = expected.port.filter(|_| !expected.is_tls) {
        check_process(child.id(), answer::ask_port(port, "INFO server"))?;
    }
    Ok(())
}

/// Checks that the replying process is the one that was started.
fn check_process(pid: u32, answer: std::io::Result<Answer>) -> Result<()> {
    let answer = answer.map_err(|e| Error::io("the server did not reply to INFO", e))?;
    let found = match &answer {
        Answer::Text(info) => answer::process_id(&String::from_utf8_lossy(info)),
        _ => None,
    };
    if found == Some(pid) {
        return Ok(());
    }
    let found = found.map_or_else(|| format!("{answer:?}"), |other| format!("process {other}"));
    Err(Error::new(
        ErrorKind::ForeignServer,
        format!(
            "the server that replies is not the one that was started: expected process {pid}, \
             got {found}; choose another port"
        ),
    ))
}

fn exited(status: &str, expected: Expected<'_>) -> Error {
    let log = log_report(expected.log);
    match expected.port {
        Some(port) if log.contains("Address already in use") => Error::new(
            ErrorKind::InUse,
            format!(
                "port {port} of this machine is used by another program: end that program, or \
                 choose another port"
            ),
        ),
        _ => Error::new(
            ErrorKind::Exited,
            format!("the server ended before its first reply ({status}); {log}"),
        ),
    }
}

/// The last lines of the log, as the end of an error message.
fn log_report(log: &Path) -> String {
    match last_lines(log, LOG_LINES) {
        lines if lines.is_empty() => "it wrote nothing to its log".to_owned(),
        lines => format!("the last lines of its log:\n{lines}\n"),
    }
}

/// The last `count` lines of a file; empty if it cannot be read.
pub(crate) fn last_lines(file: &Path, count: usize) -> String {
    let text = fs::read(file).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}
