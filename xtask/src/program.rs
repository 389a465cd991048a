//! The program `redgrease` of this clone.

use crate::steps::{self, Outcome};
use crate::workspace;
use std::process::Command;

/// Builds the program. The command has no arguments yet.
pub(crate) fn build() -> Outcome<Command> {
    let mut cargo = steps::cargo();
    cargo.args(["build", "--quiet", "--package", "redgrease-cli"]);
    steps::step("building the program redgrease", &mut cargo)?;
    Ok(Command::new(
        workspace::target()?.join("debug").join("redgrease"),
    ))
}
