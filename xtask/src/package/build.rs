//! `cargo xtask package`: packs each published crate and builds it from its own file.

use super::crates::{self, PUBLISHED, Packed, Scratch};
use crate::say::say;
use crate::setup;
use crate::steps::{self, Outcome};
use crate::workspace;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

pub(crate) fn command(yes: bool) -> Outcome {
    let python = setup::parts(yes)?;
    let mut publish = steps::cargo();
    publish
        .args(["publish", "--workspace", "--dry-run", "--quiet"])
        .args(["--no-verify", "--allow-dirty"]);
    // It warns about each test that is not in the packages.
    steps::quiet_step("cargo publish --workspace --dry-run", &mut publish)?;

    let scratch = Scratch::in_target("unpacked")?;
    let packed = crates::unpacked(&PUBLISHED, scratch.path())?;
    for one in &packed {
        one.leave_workspace()?;
    }
    let patch = scratch.write("patch.toml", &crates::patch(&packed))?;
    let target = workspace::target()?.join("redgrease").join("package");
    let mut rows = Vec::new();
    for one in &packed {
        rows.push(row(one, &patch, &target, &python)?);
    }
    say!(
        "\n{:<20} {:>9} {:>7} {:>7}",
        "crate",
        "packed",
        "build",
        "doc"
    );
    for row in rows {
        say!("{row}");
    }
    remind(&packed);
    Ok(())
}

/// Builds one crate and its documentation, with all features and without.
fn row(packed: &Packed, patch: &Path, target: &Path, python: &Path) -> Outcome<String> {
    let cargo = |words: &[&str]| {
        let mut cargo = steps::cargo();
        cargo
            .current_dir(&packed.folder)
            .args(words)
            .arg("--config")
            .arg(patch)
            .arg("--target-dir")
            .arg(target)
            .env("PYO3_PYTHON", python)
            .env("RUSTDOCFLAGS", "-D warnings");
        cargo
    };
    let timed = |headline: &str, mut command: Command| -> Outcome<f64> {
        let begun = Instant::now();
        steps::step(&format!("{}: {headline}", packed.name), &mut command)?;
        Ok(begun.elapsed().as_secs_f64())
    };
    let build = timed("default features", cargo(&["build", "--quiet"]))?
        + timed(
            "all features",
            cargo(&["build", "--quiet", "--all-features"]),
        )?;
    let doc = timed(
        "documentation",
        cargo(&["doc", "--quiet", "--no-deps", "--all-features"]),
    )?;
    let size = fs::metadata(&packed.file).map_or(0, |file| file.len());
    let kilobytes = size.div_ceil(1024);
    Ok(format!(
        "{:<20} {kilobytes:>6} KB {build:>5.1} s {doc:>5.1} s",
        packed.name
    ))
}

/// Tells what must be decided before crates can be published.
fn remind(packed: &[Packed]) {
    let placeholder = packed.iter().find(|packed| {
        fs::read_to_string(packed.folder.join("Cargo.toml"))
            .is_ok_and(|manifest| manifest.contains("//example.org/"))
    });
    if let Some(packed) = placeholder {
        say!(
            "\nBefore publishing: set `repository` and `documentation` in Cargo.toml. {} has placeholders, \
             so the relative links of its README lead nowhere on crates.io.",
            packed.name
        );
    }
}
