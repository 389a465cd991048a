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
use redgrease_embedded::{Home, Server};
use tempfile::TempDir;

/// A server whose gears have only the standard library, or a cluster of such servers.
struct Bare {
    home: Home,
    _packages: TempDir,
}

impl Bare {
    fn start() -> Self {
        let packages = TempDir::new().unwrap();
        let server = Server::builder().python_dir(packages.path()).start();
        Bare {
            home: Home::One(server.unwrap()),
            _packages: packages,
        }
    }

    /// On one server, or on as many shards as the tests run on.
    fn anywhere() -> Self {
        let shards = common::anywhere::shards();
        if shards == 1 {
            return Bare::start();
        }
        let packages = TempDir::new().unwrap();
        let cluster = Server::cluster().shards(shards);
        let cluster = cluster.python_dir(packages.path()).start();
        Bare {
            home: Home::Many(cluster.unwrap()),
            _packages: packages,
        }
    }

    /// The log of the one server.
    fn log(&self) -> &std::path::Path {
        match &self.home {
            Home::One(server) => server.log_path(),
            home => panic!("one server has a log, and this is {home:?}"),
        }
    }

    /// The reply of a command, as `redis-cli` would print it.
    fn say(&self, words: &[&str]) -> String {
        untyped(&self.home, words)
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
