//! The commands about this machine and about files: `engine`, `doctor`, `serve`, `check`, `new`, `completions`, `stubs`, `man`.
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

#[path = "../common/mod.rs"]
mod common;

mod about;
mod check;
mod doctor;
mod engine;
mod krate;
mod serve;
mod tls;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder with a home directory of its own.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Home(tempfile::tempdir().unwrap())
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn write(&self, path: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// The program in this folder, for a user without an engine and without settings.
    fn program(&self, args: &[&str]) -> Command {
        let mut program = common::program(args);
        program
            .current_dir(self.0.path())
            .env("XDG_DATA_HOME", self.path("data"))
            .env("XDG_CACHE_HOME", self.path("cache"));
        for name in ["REDGREASE_ENGINE", "REDGREASE_PYTHON", "VIRTUAL_ENV"] {
            program.env_remove(name);
        }
        program
    }

    fn run(&self, args: &[&str]) -> common::Done {
        common::done(&mut self.program(args))
    }

    /// A file with the header of a library of this machine.
    fn library(&self, path: &str, text: &str) -> PathBuf {
        let program = fs::read(common::REDGREASE).unwrap();
        self.write(path, [&program[..64], text.as_bytes()].concat())
    }

    fn loader(&self, path: &str) -> PathBuf {
        self.library(path, "RedisModule_OnLoad")
    }

    fn engine(&self, path: &str, minor: u32) -> PathBuf {
        let version = env!("CARGO_PKG_VERSION");
        let marker = format!("redgrease-engine interface=1 python=3.{minor} version={version};");
        self.library(path, &marker)
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
