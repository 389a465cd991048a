//! Builds and runs the programs of `tools/`, in release mode like the engine.

use crate::args::Args;
use crate::setup;
use crate::steps::{self, Outcome};
use crate::workspace;
use std::process::Command;

pub(crate) fn build() -> Outcome {
    let mut build = steps::cargo();
    build.args(["build", "--release", "-p", "redgrease-tools"]);
    steps::step("building the tools", &mut build)
}

/// The command that runs a program after [`build`].
pub(crate) fn program(name: &str) -> Outcome<Command> {
    let release = workspace::target()?.join("release");
    Ok(Command::new(release.join(name)))
}

/// `cargo xtask soak` and `cargo xtask fuzz`: runs a program for a time.
pub(crate) fn for_minutes(name: &str, args: &Args) -> Outcome {
    let ready = setup::run(args.yes)?;
    build()?;
    let mut program = program(name)?;
    ready.tell(&mut program);
    program.args(["--minutes", &args.minutes.to_string()]);
    if let Some(seed) = args.seed {
        program.args(["--seed", &seed.to_string()]);
    }
    if let Some(shards) = args.cluster {
        program.args(["--cluster", &shards.to_string()]);
    }
    if let Some(replicas) = args.replicas {
        program.args(["--replicas", &replicas.to_string()]);
    }
    steps::step(
        &format!("{name} for {} minutes", args.minutes),
        &mut program,
    )
}
