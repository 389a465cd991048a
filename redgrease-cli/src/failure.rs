//! The ways in which a command can fail, and the exit codes.

use crate::output::{Traceback, clean, without_passwords};
use redgrease_core::{Error, ErrorKind};
use std::fmt;

/// The codes of errors that a server answers because of its state: its data, its role, its memory, its disk, its users.
const STATES: &[&str] = &[
    "ASK",
    "BUSY",
    "CLUSTERDOWN",
    "LOADING",
    "MASTERDOWN",
    "MISCONF",
    "MOVED",
    "NOAUTH",
    "NOPERM",
    "NOREPLICAS",
    "OOM",
    "READONLY",
    "TRYAGAIN",
    "WRONGPASS",
];

/// A command failed. The text says what failed and what to do.
#[derive(Debug)]
pub(crate) struct Failure {
    kind: Kind,
    text: String,
    /// The error of a script or a gear, which stands below the text.
    traceback: Option<Traceback>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Something failed, or a part of several things did.
    Failed,
    /// The command line or a file of options is wrong.
    Usage,
    /// No server answers.
    NoServer,
    /// The reader of the output has ended, as `head` does. Nothing is said about it.
    NoReader,
    /// All is said already: the exit code alone tells it.
    Said,
}

impl Failure {
    pub(crate) const USAGE: u8 = 2;

    pub(crate) fn new(kind: Kind, text: impl Into<String>) -> Self {
        Failure {
            kind,
            text: text.into(),
            traceback: None,
            source: None,
        }
    }

    pub(crate) fn failed(text: impl Into<String>) -> Self {
        Failure::new(Kind::Failed, text)
    }

    pub(crate) fn usage(text: impl Into<String>) -> Self {
        Failure::new(Kind::Usage, text)
    }

    /// Some of several things failed, and each failure was reported.
    pub(crate) fn said() -> Self {
        Failure::new(Kind::Said, "")
    }

    /// Python failed.
    pub(crate) fn python(text: impl Into<String>, traceback: Traceback) -> Self {
        Failure {
            traceback: Some(traceback),
            ..Failure::failed(text)
        }
    }

    /// The failure with the thing that it is about.
    pub(crate) fn of(mut self, label: &str) -> Self {
        self.text = format!("{label}: {}", self.text);
        self
    }

    pub(crate) fn traceback(&self) -> Option<&Traceback> {
        self.traceback.as_ref()
    }

    pub(crate) fn to_json(&self) -> serde_json::Value {
        let mut json = serde_json::json!({ "error": without_passwords(&self.text) });
        if let Some(traceback) = &self.traceback {
            json["traceback"] = serde_json::json!(traceback);
        }
        json
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    /// The code of the error that the server has answered, such as `READONLY`.
    pub(crate) fn code(&self) -> Option<&str> {
        let error = self.source.as_ref()?.downcast_ref::<Error>()?;
        match error.kind() {
            ErrorKind::NoPermission { .. } => Some("NOPERM"),
            _ => error.as_redis()?.code(),
        }
    }

    /// Whether the server, and not what it was asked for, is the reason: it may answer otherwise in a moment.
    pub(crate) fn is_state_of_server(&self) -> bool {
        self.code().is_some_and(|code| STATES.contains(&code))
    }

    pub(crate) fn exit_code(&self) -> u8 {
        match self.kind {
            Kind::NoReader => 0,
            Kind::Failed | Kind::Said => 1,
            Kind::Usage => Failure::USAGE,
            Kind::NoServer => 3,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Failure {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(self.source.as_deref()? as _)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        if let ErrorKind::Script { traceback, .. } = error.kind() {
            let traceback = Traceback::parse(traceback);
            return Failure::python("the script failed on the server:", traceback);
        }
        let is_silent = matches!(error.kind(), ErrorKind::Connect { .. }) || error.is_connection();
        let mut text = for_the_program(&without_passwords(&clean(&error.to_string())));
        if is_silent && !matches!(error.kind(), ErrorKind::Connect { .. }) {
            text = format!(
                "the connection broke before the answer came ({text}): the server may have done what was asked for: look with `redgrease ps` and `redgrease ls`, and in its log"
            );
        }
        Failure {
            kind: if is_silent {
                Kind::NoServer
            } else {
                Kind::Failed
            },
            text,
            traceback: None,
            source: Some(Box::new(error)),
        }
    }
}

/// The remedies of the client in Rust that a command line lacks, and what it has in their place.
const WORDS: &[(&str, &str)] = &[
    (", make pools smaller with `PoolOptions::size(..)`", ""),
    (
        ", or let a deployment program register the gears and only call them here (`Policy::Never`)",
        "",
    ),
    ("with RG.CONFIGSET", "with `redgrease config set`"),
    ("`ExportedRequirement::save`", "`redgrease req export`"),
];

/// Errors of servers and of this machine that tell no remedy, and what to do.
const REMEDIES: &[(&str, &str)] = &[
    (
        "session does not exist",
        "`redgrease ls --sessions` lists the sessions",
    ),
    (
        "ID must be compose of",
        "give the session another --id, of ASCII letters, digits, `-` and `_`",
    ),
    (
        "the execution was aborted",
        "`redgrease abort` or a limit of the server has ended it: start it again",
    ),
    (
        "READONLY",
        "this server is a replica: give the address of its master",
    ),
    (
        "BUSY",
        "another script holds the server: wait for it, or end it with SCRIPT KILL",
    ),
    ("could not be read: No such file", "check the path"),
];

fn for_the_program(text: &str) -> String {
    let mut text = text.to_owned();
    for (words, ours) in WORDS {
        text = text.replace(words, ours);
    }
    match REMEDIES.iter().find(|(words, _)| text.contains(words)) {
        Some((_, remedy)) => format!("{}: {remedy}", text.trim_end_matches(['.', '\n'])),
        None => text,
    }
}

impl From<redgrease_embedded::Error> for Failure {
    fn from(error: redgrease_embedded::Error) -> Self {
        Failure {
            kind: Kind::Failed,
            text: error.to_string(),
            traceback: None,
            source: Some(Box::new(error)),
        }
    }
}

impl From<redis::RedisError> for Failure {
    fn from(error: redis::RedisError) -> Self {
        Error::from(error).into()
    }
}

impl From<std::io::Error> for Failure {
    /// For the output only: errors about files name the file.
    fn from(error: std::io::Error) -> Self {
        let kind = match error.kind() {
            std::io::ErrorKind::BrokenPipe => Kind::NoReader,
            _ => Kind::Failed,
        };
        Failure {
            kind,
            text: format!("the output cannot be written ({error}): look whether its disk is full"),
            traceback: None,
            source: Some(Box::new(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_end_with_what_a_person_can_do() {
        for (text, remedy) in [
            (
                "session does not exists",
                "`redgrease ls --sessions` lists the sessions",
            ),
            (
                "raise it with RG.CONFIGSET",
                "raise it with `redgrease config set`",
            ),
            (
                "READONLY You can't write against a read only replica.",
                "its master",
            ),
        ] {
            let shown = for_the_program(text);
            assert!(shown.ends_with(remedy), "{shown}");
        }
        assert_eq!(for_the_program("plain"), "plain");
    }
}
