//! The package `redgrease` that scripts can import without an installation.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

#[path = "../common/mod.rs"]
mod common;

mod commands;
mod operations;
mod package;
mod published_names;
mod readers;
mod restarts;
mod sequences;

use common::untyped;
use redgrease_embedded::Server;
use tempfile::TempDir;

/// A server whose gears have only the standard library.
struct Bare {
    server: Server,
    _packages: TempDir,
}

impl Bare {
    fn start() -> Self {
        let packages = TempDir::new().unwrap();
        let server = Server::builder().python_dir(packages.path()).start();
        Bare {
            server: server.unwrap(),
            _packages: packages,
        }
    }

    /// The reply of a command, as `redis-cli` would print it.
    fn say(&self, words: &[&str]) -> String {
        untyped(&self.server, words)
    }

    /// The reply of a script that begins with the imports.
    fn run(&self, script: &str) -> String {
        let script = format!("import redgrease\nfrom redgrease import *\n{script}");
        self.say(&["RG.PYEXECUTE", &script])
    }

    /// The results of a script in sorted order.
    fn sorted(&self, script: &str) -> Vec<String> {
        let answer = self.run(script);
        let mut lines: Vec<String> = answer
            .lines()
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
            .collect();
        lines.sort();
        lines
    }
}
