//! Builds and runs the programs of `tools/`, in release mode like the engine.

use crate::steps::{self, Outcome};
use crate::{setup, workspace};
use std::path::Path;
use std::process::Command;

pub(crate) fn build() -> Outcome {
    let mut build = steps::cargo();
    build.args(["build", "--release", "-p", "redgrease-tools"]);
    steps::step("building the tools", &mut build)
}

/// The command that runs a program after [`build`].
pub(crate) fn program(name: &str, engine: &Path) -> Outcome<Command> {
    let mut program = Command::new(workspace::target()?.join("release").join(name));
    program.env("REDGREASE_ENGINE", engine);
    Ok(program)
}

/// `cargo xtask soak` and `cargo xtask fuzz`: runs a program for a time.
pub(crate) fn for_minutes(name: &str, yes: bool, minutes: u64, seed: Option<u64>) -> Outcome {
    let ready = setup::run(yes)?;
    build()?;
    let mut program = program(name, &ready.engine)?;
    program.args(["--minutes", &minutes.to_string()]);
    if let Some(seed) = seed {
        program.args(["--seed", &seed.to_string()]);
    }
    steps::step(&format!("{name} for {minutes} minutes"), &mut program)
}
