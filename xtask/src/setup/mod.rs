//! Prepares the machine for every other command: installs missing packages and builds the engine.

mod install;
mod parts;
pub(crate) mod python;

use crate::say::{note, say};
use crate::shell;
use crate::steps::{self, Outcome};
use crate::workspace;
use parts::Parts;
pub(crate) use parts::{Lack, compiler};
use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Paths that the other commands need.
#[derive(Debug)]
pub(crate) struct Ready {
    /// The module for servers: the loader, with the engine beside it.
    pub(crate) engine: PathBuf,
    /// The Python that the engine is built for.
    pub(crate) python: PathBuf,
}

impl Ready {
    /// Makes a program use this engine with the Python that it was built for, whatever virtual environment is active.
    pub(crate) fn tell(&self, command: &mut Command) {
        command.env("REDGREASE_ENGINE", &self.engine);
        if let Some(python) = self.chosen_python() {
            command.env("REDGREASE_PYTHON", python);
        }
    }

    /// The Python that the loader should use. `None` if a variable names the engine, which may be for another Python.
    pub(crate) fn chosen_python(&self) -> Option<&Path> {
        (!is_named()).then_some(self.python.as_path())
    }
}

/// Whether a variable names the engine, in place of one that is built. It may be for another Python.
pub(crate) fn is_named() -> bool {
    env::var_os("REDGREASE_ENGINE").is_some_and(|path| !path.is_empty())
}

/// `cargo xtask setup`.
pub(crate) fn command(yes: bool) -> Outcome {
    let ready = run(yes)?;
    say!("\nReady. To use this engine in a program outside of this workspace:");
    say!("  export REDGREASE_ENGINE={}", shell::quoted(&ready.engine));
    say!("or install it for your programs: cargo xtask install");
    Ok(())
}

/// Installs missing packages and builds the engine.
pub(crate) fn run(yes: bool) -> Outcome<Ready> {
    let python = parts(yes)?;
    if is_named() {
        let engine = redgrease_embedded::find_engine()?;
        note!("==> REDGREASE_ENGINE is set: using that engine");
        return Ok(Ready { engine, python });
    }
    let mut build = steps::cargo();
    build
        .args(["build", "--release"])
        .args(["-p", "redgrease-engine", "-p", "redgrease-loader"])
        .env("PYO3_PYTHON", &python);
    steps::step(
        "building the engine (minutes the first time, seconds after)",
        &mut build,
    )?;
    Ok(Ready {
        engine: workspace::loader()?,
        python,
    })
}

/// Installs missing packages. Returns the Python to build for.
pub(crate) fn parts(yes: bool) -> Outcome<PathBuf> {
    let found = Parts::look();
    found.check_named()?;
    if !found.missing().is_empty() {
        install::missing(&found, yes)?;
    }
    let found = Parts::look();
    note!("{found}");
    found.complete()
}
