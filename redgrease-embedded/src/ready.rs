//! Waiting until a server that was just started answers.

use crate::answer::{self, Answer};
use crate::{Error, ErrorKind, Result};
use std::fs;
use std::path::Path;
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

/// Pause between two looks: a server is up in 10 to 30 ms.
const PAUSE: Duration = Duration::from_millis(2);
/// How much of the log an error shows.
const LINES: usize = 12;

/// Where a server is expected, and what it writes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expected<'a> {
    pub(crate) socket: &'a Path,
    pub(crate) port: Option<u16>,
    pub(crate) log: &'a Path,
    pub(crate) timeout: Duration,
}

/// Returns when `child` answers at its socket and at its port.
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
            Ok(Answer::Text(text)) if text == "PONG" => break,
            // A large data set takes its time; it is not a server that hangs.
            Ok(Answer::Refused(why)) if why.starts_with("LOADING") => {
                deadline = Instant::now() + expected.timeout;
            }
            Ok(Answer::Refused(why)) if why.starts_with("NOAUTH") => {
                return Err(Error::new(
                    ErrorKind::InvalidOption,
                    "the server asks for a password, so it cannot be checked that it is ours: \
                     start it without, then set one with CONFIG SET or ACL SETUSER",
                ));
            }
            Ok(_) | Err(_) => {}
        }
        if Instant::now() >= deadline {
            return Err(Error::new(
                ErrorKind::TimedOut,
                format!(
                    "the server did not answer within {:?}; {}; a slow machine may need \
                     Builder::start_timeout",
                    expected.timeout,
                    said(expected.log)
                ),
            ));
        }
        thread::sleep(PAUSE);
    }
    is_ours(
        child.id(),
        answer::ask_socket(expected.socket, "INFO server"),
    )?;
    if let Some(port) = expected.port {
        is_ours(child.id(), answer::ask_port(port, "INFO server"))?;
    }
    Ok(())
}

/// Checks that the process that answered is the one that was started.
fn is_ours(pid: u32, answer: std::io::Result<Answer>) -> Result<()> {
    let answer = answer.map_err(|e| Error::io("the server did not answer INFO", e))?;
    let found = match &answer {
        Answer::Text(info) => answer::process_id(info),
        Answer::Refused(_) => None,
    };
    if found == Some(pid) {
        return Ok(());
    }
    let who = found.map_or_else(|| format!("{answer:?}"), |other| format!("process {other}"));
    Err(Error::new(
        ErrorKind::ForeignServer,
        format!(
            "the server that answers is not the one that was started: expected process {pid}, \
             got {who}; choose another port"
        ),
    ))
}

fn exited(status: &str, expected: Expected<'_>) -> Error {
    let said = said(expected.log);
    match expected.port {
        Some(port) if said.contains("Address already in use") => Error::new(
            ErrorKind::InUse,
            format!(
                "port {port} of this machine is used by another program: end that one, or choose \
                 another port"
            ),
        ),
        _ => Error::new(
            ErrorKind::Exited,
            format!("the server ended before it answered ({status}); {said}"),
        ),
    }
}

/// The last lines of the log, as the end of a sentence.
fn said(log: &Path) -> String {
    match last_lines(log, LINES) {
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
