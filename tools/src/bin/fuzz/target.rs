//! The server under test, and the checks after every input.

use crate::wire::{Reply, Wire, shown};
use redgrease_embedded::Server;
use redgrease_tools::Outcome;
use std::fs;
use std::time::Duration;

/// Time limit of an input; every input takes far less.
const BOUND: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(crate) struct Target {
    server: Server,
    wire: Wire,
    /// The last inputs, for the message when a check fails.
    last: Vec<String>,
}

/// Number of inputs and of error replies.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Counts {
    pub(crate) inputs: usize,
    pub(crate) errors: usize,
}

impl Counts {
    pub(crate) fn add(&mut self, other: Counts) {
        self.inputs += other.inputs;
        self.errors += other.errors;
    }

    pub(crate) fn note(&mut self, reply: &Reply) {
        self.inputs += 1;
        self.errors += usize::from(matches!(reply, Reply::Error(_)));
    }
}

impl Target {
    pub(crate) fn start() -> Outcome<Self> {
        let server = Server::start().map_err(|error| error.to_string())?;
        let wire = Wire::connect(server.socket(), BOUND)?;
        Ok(Target {
            server,
            wire,
            last: Vec::new(),
        })
    }

    /// Sends an input, and a PING after it. Fails if either is not answered properly.
    pub(crate) fn input(&mut self, words: &[Vec<u8>]) -> Outcome<Reply> {
        let line: Vec<String> = words.iter().map(|word| end_of(&shown(word))).collect();
        self.last.push(format!("[\"{}\"]", line.join("\", \"")));
        if self.last.len() > 5 {
            self.last.remove(0);
        }
        let reply = self.wire.ask(words).map_err(|error| self.failure(&error))?;
        let alive = self.wire.ask(&[b"PING".to_vec()]);
        match alive {
            // QUEUED is the reply after MULTI.
            Ok(Reply::Status(text)) if text == b"PONG" || text == b"QUEUED" => Ok(reply),
            other => Err(self.failure(&format!("PING was answered {other:?}"))),
        }
    }

    /// Checks the log and stops the server, which must shut down in time.
    pub(crate) fn end(self) -> Outcome {
        let log = fs::read_to_string(self.server.log_path()).unwrap_or_default();
        if let Some(word) = broken(&log) {
            return Err(self.failure(&format!("the log contains {word:?}")));
        }
        self.server.stop().map_err(|error| error.to_string())
    }

    fn failure(&self, error: &str) -> String {
        format!(
            "{error}\nthe last inputs, the newest last:\n{}\nthe end of the log:\n{}",
            self.last.join("\n"),
            self.server.log_tail(60)
        )
    }
}

/// The end of a long word. All scripts begin with the same helpers and differ at the end.
fn end_of(word: &str) -> String {
    match word.len().checked_sub(600) {
        Some(cut) => format!("..{}", word.get(cut..).unwrap_or(word)),
        None => word.to_owned(),
    }
}

/// Finds a text in a log that only a crash or a bug writes.
pub(crate) fn broken(log: &str) -> Option<&'static str> {
    let words = [
        "BUG REPORT",
        "panicked",
        "please report it",
        "Fatal Python error",
    ];
    words.into_iter().find(|word| log.contains(word))
}
