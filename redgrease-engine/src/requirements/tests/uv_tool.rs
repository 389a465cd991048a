//! A virtual environment with uv, for the tests that need it: in the target directory, made once.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::sandbox::{python, version_of_interpreter};
use crate::requirements::Python;

/// The version of uv that the tests use.
const UV: &str = "uv==0.13.9";

/// The interpreter of an environment that contains uv.
pub(super) fn python_with_uv() -> Python {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    version_of_interpreter(&MADE.get_or_init(environment).join("bin/python"))
}

fn environment() -> PathBuf {
    let (major, minor) = python().version;
    let test = std::env::current_exe().unwrap();
    // The test is `target/debug/deps/NAME`.
    let target = test.ancestors().nth(3).unwrap();
    let directory = target.join(format!("uv-for-tests-{major}.{minor}-{}", &UV[4..]));
    let lock = File::create(directory.with_extension("lock")).unwrap();
    lock.lock().unwrap();
    let complete = directory.join("complete");
    if !complete.exists() {
        run(
            &python().executable,
            &["-m", "venv", "--clear", directory.to_str().unwrap()],
        );
        let pip = ["-m", "pip", "install", "--quiet", "--only-binary=:all:", UV];
        run(&directory.join("bin/python"), &pip);
        fs::write(complete, "").unwrap();
    }
    directory
}

fn run(program: &Path, args: &[&str]) {
    let made = Command::new(program).args(args).status().unwrap();
    assert!(
        made.success(),
        "{UV} could not be installed for the tests, which needs a package index once"
    );
}
