//! Prepares the machine for every other command: installs missing packages and builds the engine.

mod install;
mod parts;
pub(crate) mod python;

use crate::steps::{self, Outcome};
use crate::workspace;
use parts::Parts;
use std::env;
use std::path::PathBuf;

/// Paths that the other commands need.
#[derive(Debug)]
pub(crate) struct Ready {
    /// The engine's library.
    pub(crate) engine: PathBuf,
    /// The Python that the engine is built for.
    pub(crate) python: PathBuf,
}

/// `cargo xtask setup`.
pub(crate) fn command(yes: bool) -> Outcome {
    let ready = run(yes)?;
    println!("\nReady. To use this engine in a program outside of this workspace:");
    println!("  export REDGREASE_ENGINE={}", ready.engine.display());
    Ok(())
}

/// Installs missing packages and builds the engine.
pub(crate) fn run(yes: bool) -> Outcome<Ready> {
    let python = parts(yes)?;
    if let Some(engine) = env::var_os("REDGREASE_ENGINE").filter(|path| !path.is_empty()) {
        eprintln!("==> REDGREASE_ENGINE is set: using that engine");
        return Ok(Ready {
            engine: engine.into(),
            python,
        });
    }
    let mut build = steps::cargo();
    build
        .args(["build", "--release", "-p", "redgrease-engine"])
        .env("PYO3_PYTHON", &python);
    steps::step(
        "building the engine (minutes the first time, seconds after)",
        &mut build,
    )?;
    Ok(Ready {
        engine: workspace::engine()?,
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
    eprintln!("{found}");
    found.complete()
}
