//! The program, as a person or a script starts it.
#![allow(dead_code, reason = "each test program uses some of it")]
#![allow(clippy::unwrap_used, reason = "a test fails")]

pub(crate) mod terminal;

use redgrease_embedded::Server;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

pub(crate) const REDGREASE: &str = env!("CARGO_BIN_EXE_redgrease");

/// The variables that the program reads.
const VARIABLES: &[&str] = &[
    "REDGREASE_URL",
    "SERVER",
    "PORT",
    "WATCH",
    "IGNORE",
    "RECURSIVE",
    "CONFIG_FILE",
    "INDEX_PREFIX",
    "SCRIPT_PATTERN",
    "REQUIREMENTS_PATTERN",
    "UNBLOCKING_PATTERN",
    "LOG_CONFIG",
    "REDGREASE_PROJECT",
    "NO_COLOR",
    "CLICOLOR_FORCE",
];

/// What the program printed, and its exit code.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) code: i32,
}

/// The program without the settings of this process's environment.
pub(crate) fn program(args: &[&str]) -> Command {
    let mut command = Command::new(REDGREASE);
    for name in VARIABLES {
        command.env_remove(name);
    }
    command.args(args).stdin(Stdio::null());
    command
}

/// Runs the program with the address of a server.
pub(crate) fn on(server: &Server, args: &[&str]) -> Done {
    done(program(args).env("REDGREASE_URL", server.url()))
}

pub(crate) fn run(args: &[&str]) -> Done {
    done(&mut program(args))
}

pub(crate) fn done(command: &mut Command) -> Done {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    Done {
        out: String::from_utf8(stdout).unwrap(),
        err: String::from_utf8(stderr).unwrap(),
        code: status.code().unwrap_or(-1),
    }
}

/// Waits until a condition holds.
pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(
            begun.elapsed() < Duration::from_secs(30),
            "not in time: {what}"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

impl Done {
    /// The output of a command that went well.
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.code, 0, "{self:?}");
        self.out
    }

    pub(crate) fn json(self) -> serde_json::Value {
        serde_json::from_str(&self.ok()).unwrap()
    }

    /// The message of a command that failed with this exit code.
    pub(crate) fn fails(self, code: i32) -> String {
        assert_eq!(self.code, code, "{self:?}");
        self.err
    }
}
