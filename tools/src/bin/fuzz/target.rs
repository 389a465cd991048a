//! The server, and what must hold after every input.

use crate::wire::{Reply, Wire, shown};
use redgrease_embedded::Server;
use redgrease_tools::Outcome;
use std::fs;
use std::time::Duration;

/// No input that is made here takes as long.
const BOUND: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(crate) struct Target {
    server: Server,
    wire: Wire,
    /// What was sent last, for when the server is gone.
    last: Vec<String>,
}

/// What came of some inputs.
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

    /// Sends an input: it is answered, and so is what comes after it.
    pub(crate) fn input(&mut self, words: &[Vec<u8>]) -> Outcome<Reply> {
        let line: Vec<String> = words.iter().map(|word| end_of(&shown(word))).collect();
        self.last.push(format!("[\"{}\"]", line.join("\", \"")));
        if self.last.len() > 5 {
            self.last.remove(0);
        }
        let reply = self.wire.ask(words).map_err(|error| self.failure(&error))?;
        let alive = self.wire.ask(&[b"PING".to_vec()]);
        match alive {
            // The latter after MULTI.
            Ok(Reply::Status(text)) if text == b"PONG" || text == b"QUEUED" => Ok(reply),
            other => Err(self.failure(&format!("PING was answered {other:?}"))),
        }
    }

    /// Nothing in the log says that something is broken, and the server ends in time.
    pub(crate) fn end(self) -> Outcome {
        let log = fs::read_to_string(self.server.log_path()).unwrap_or_default();
        if let Some(word) = broken(&log) {
            return Err(self.failure(&format!("the log has {word:?}")));
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

/// Scripts begin with what they all have: their ends tell them apart.
fn end_of(word: &str) -> String {
    match word.len().checked_sub(600) {
        Some(cut) => format!("..{}", word.get(cut..).unwrap_or(word)),
        None => word.to_owned(),
    }
}

/// What must never be in a log.
pub(crate) fn broken(log: &str) -> Option<&'static str> {
    let words = [
        "BUG REPORT",
        "panicked",
        "please report it",
        "Fatal Python error",
    ];
    words.into_iter().find(|word| log.contains(word))
}
