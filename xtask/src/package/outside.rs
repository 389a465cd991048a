//! `cargo xtask outside`: a crate outside of this workspace runs a `#[gear_test]` after
//! `pip install redgrease-engine` in a virtual environment and nothing else. So do the crates of `cargo xtask new`.

use super::crates::{self, Packed, Scratch};
use crate::project::{self, Kind};
use crate::steps::{self, Failed, Outcome};
use crate::wheel::built;
use crate::{setup, workspace};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

const LIBRARY: &str = include_str!("../../outside/lib.rs");

const MANIFEST: &str = r#"[package]
name = "outside"
version = "0.0.0"
edition = "2024"

[dependencies]
redgrease = "0.1"

[dev-dependencies]
redgrease = { version = "0.1", features = ["embedded"] }

[workspace]

"#;

/// The crates that the crate outside depends on.
const NEEDED: [&str; 5] = [
    "redgrease-syntax",
    "redgrease-macros",
    "redgrease-core",
    "redgrease-embedded",
    "redgrease",
];

/// A module of the environment, which gears can import.
const NEIGHBOUR: &str = "NAME = 'beside the engine'\n";

/// A folder of the working directory with the name of the package must not be taken for it.
const TRAP: &str = "raise SystemExit('the working directory was searched for packages')\n";

pub(crate) fn command(yes: bool, wheel: Option<&Path>) -> Outcome {
    let wheel = wheel.map_or_else(built::newest, |wheel| Ok(wheel.to_owned()))?;
    run(&setup::parts(yes)?, &wheel)
}

/// Installs a wheel into a new environment of this Python, and tests a crate there.
pub(crate) fn run(python: &Path, wheel: &Path) -> Outcome {
    let headline = "a crate outside of the workspace, after `pip install redgrease-engine`";
    let wheel = wheel.canonicalize().map_err(|e| {
        Failed::new(format!(
            "{} cannot be read: {e}; build it with `cargo xtask wheel`",
            wheel.display()
        ))
    })?;
    // Outside of every target directory: one of them may have an engine.
    let scratch = Scratch::outside("redgrease-outside")?;
    let packed = crates::unpacked(&NEEDED, scratch.path())?;
    scratch.write(
        "crate/Cargo.toml",
        &(MANIFEST.to_owned() + &crates::patch(&packed)),
    )?;
    scratch.write("crate/src/lib.rs", LIBRARY)?;
    // The versions of dependencies that the workspace is tested with.
    let locked = workspace::root().join("Cargo.lock");
    fs::copy(&locked, scratch.path().join("crate/Cargo.lock"))
        .map_err(|e| Failed::file(&locked, "copied", &e))?;
    scratch.write("crate/redgrease_engine/__init__.py", TRAP)?;

    let venv = scratch.path().join("venv");
    let mut make = Command::new(python);
    make.args(["-I", "-m", "venv"]).arg(&venv);
    steps::step(headline, &mut make)?;
    let mut pip = Command::new(venv.join("bin/python"));
    pip.args([
        "-I",
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-index",
        "--no-deps",
    ])
    .arg("--disable-pip-version-check")
    .arg(&wheel);
    steps::step("pip install redgrease-engine", &mut pip)?;
    let packages = steps::output(Command::new(venv.join("bin/python")).args([
        "-I",
        "-c",
        "import sysconfig; print(sysconfig.get_path('purelib'))",
    ]))
    .ok_or_else(|| {
        Failed::new(
            "the new environment has no Python that runs: name another Python in REDGREASE_PYTHON",
        )
    })?;
    scratch.write(&format!("{packages}/outside_neighbour.py"), NEIGHBOUR)?;

    steps::step(
        "cargo test, with the environment active",
        &mut cargo_test(&scratch, &venv, "crate"),
    )?;
    for (folder, kind) in [("new-gear", Kind::Gear), ("new-web", Kind::Web)] {
        project::make(&scratch.path().join(folder), None, kind)?;
        depend_on(&packed, &scratch.path().join(folder).join("Cargo.toml"))?;
        let mut test = cargo_test(&scratch, &venv, folder);
        steps::step(&format!("cargo test of a new crate, {folder}"), &mut test)?;
    }
    Ok(())
}

/// Puts the packed crates in the place of the clone, so that a new crate shares what is built for the other one.
fn depend_on(packed: &[Packed], manifest: &Path) -> Outcome {
    let text = fs::read_to_string(manifest).map_err(|e| Failed::file(manifest, "read", &e))?;
    let clone = format!("path = \"{}\"", workspace::root().display());
    let text = text.replace(&clone, "version = \"0.1\"") + "\n" + &crates::patch(packed);
    fs::write(manifest, text).map_err(|e| Failed::file(manifest, "written", &e))
}

/// `cargo test` in a crate of the folder, as if its user had activated the environment.
fn cargo_test(scratch: &Scratch, venv: &Path, krate: &str) -> Command {
    let dir = |name: &str| scratch.path().join(name);
    let path = env::var_os("PATH").unwrap_or_default();
    let path = [venv.join("bin")]
        .into_iter()
        .chain(env::split_paths(&path));
    let mut cargo = steps::cargo();
    cargo
        .arg("test")
        .current_dir(dir(krate))
        .env("PATH", env::join_paths(path).unwrap_or_default())
        .env("VIRTUAL_ENV", venv)
        // Another home directory has no engine and no packages. Cargo itself keeps its own.
        .env("HOME", dir("home"))
        .env("CARGO_HOME", tool_home("CARGO_HOME", ".cargo"))
        .env("RUSTUP_HOME", tool_home("RUSTUP_HOME", ".rustup"))
        .env("CARGO_TARGET_DIR", dir("target"))
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env("CARGO_INCREMENTAL", "0");
    for name in [
        "REDGREASE_ENGINE",
        "REDGREASE_PYTHON",
        "REDGREASE_PYTHON_DIR",
        "PYO3_PYTHON",
        "PYTHONPATH",
        "XDG_DATA_HOME",
        "XDG_CACHE_HOME",
        "CARGO_MANIFEST_DIR",
    ] {
        cargo.env_remove(name);
    }
    cargo
}

fn tool_home(name: &str, in_home: &str) -> PathBuf {
    let home = || Path::new(&env::var_os("HOME").unwrap_or_default()).join(in_home);
    env::var_os(name).map_or_else(home, PathBuf::from)
}
