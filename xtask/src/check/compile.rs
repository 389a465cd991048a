//! The checks that cargo and its subcommands do.
//!
//! The workspace is checked with the selection and profile of `cargo xtask test`, the engine by
//! itself with those of its build, so that cargo builds each dependency once.

use crate::say::note;
use crate::steps::{self, Outcome};
use crate::test::SELECTION;
use std::path::Path;
use std::process::Command;

/// The published crates, whose features users combine freely.
const WITH_FEATURES: [&str; 4] = [
    "redgrease",
    "redgrease-core",
    "redgrease-syntax",
    "redgrease-macros",
];

pub(super) fn format() -> Outcome {
    steps::step(
        "rustfmt",
        steps::cargo().args(["fmt", "--all", "--", "--check"]),
    )
}

/// The tests named `layers`, which hold the rules on which folder may use which.
pub(super) fn layers(python: &Path) -> Outcome {
    let test = |mut cargo: Command| {
        cargo.args(["--test", "layers"]);
        cargo
    };
    both("layers", test(engine("test", python)), test(others("test")))
}

pub(super) fn clippy(python: &Path) -> Outcome {
    let strict = |mut cargo: Command| {
        cargo.args(["--all-targets", "--", "-D", "warnings"]);
        cargo
    };
    both(
        "clippy",
        strict(engine_with_features("clippy", python)),
        strict(others("clippy")),
    )
}

pub(super) fn rustdoc(python: &Path) -> Outcome {
    let strict = |mut cargo: Command| {
        cargo
            .args(["--no-deps", "--document-private-items"])
            .env("RUSTDOCFLAGS", "-D warnings");
        cargo
    };
    both(
        "rustdoc",
        strict(engine_with_features("doc", python)),
        strict(others("doc")),
    )
}

/// Licenses, advisories and sources of the dependencies, as `deny.toml` allows them.
pub(super) fn deny(_python: &Path) -> Outcome {
    if is_left_out("cargo-deny", "deny") {
        return Ok(());
    }
    steps::step("cargo deny", steps::cargo().args(["deny", "check"]))
}

/// Every combination of features compiles without warnings. While it runs, `--no-dev-deps` changes
/// the manifests.
pub(super) fn features(_python: &Path) -> Outcome {
    if is_left_out("cargo-hack", "hack") {
        return Ok(());
    }
    let mut cargo = steps::cargo();
    cargo
        .args(["hack", "clippy", "--feature-powerset", "--no-dev-deps"])
        // These two only combine other features.
        .args(["--exclude-features", "default,full"])
        .args(WITH_FEATURES.iter().flat_map(|name| ["-p", name]))
        .args(["--", "-D", "warnings"]);
    steps::step("every combination of features", &mut cargo)
}

/// Runs a step on the engine and on the other packages; the second also if the first fails.
fn both(name: &str, mut engine: Command, mut others: Command) -> Outcome {
    let engine = steps::step(&format!("{name}: the engine"), &mut engine);
    let others = steps::step(&format!("{name}: the other packages"), &mut others);
    match (engine, others) {
        (Err(engine), Err(others)) => Err(engine.and(&others)),
        (engine, others) => engine.and(others),
    }
}

/// For clippy and rustdoc, which write no library. A library with all features would replace the
/// usual one.
fn engine_with_features(verb: &str, python: &Path) -> Command {
    let mut cargo = engine(verb, python);
    cargo.arg("--all-features");
    cargo
}

fn engine(verb: &str, python: &Path) -> Command {
    let mut cargo = steps::cargo();
    cargo
        .args([verb, "--release", "-p", "redgrease-engine"])
        .env("PYO3_PYTHON", python);
    cargo
}

fn others(verb: &str) -> Command {
    let mut cargo = steps::cargo();
    cargo.arg(verb).args(SELECTION);
    cargo
}

/// Says so when an optional subcommand of cargo is not installed.
fn is_left_out(program: &str, subcommand: &str) -> bool {
    let installed = steps::succeeds(steps::cargo().args([subcommand, "--version"]));
    if !installed {
        note!("\n==> left out: {program} is not installed (cargo install {program})");
    }
    !installed
}
