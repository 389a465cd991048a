//! Servers in packages of Debian, also of another release than the machine's.
//!
//! The package is unpacked with everything that it depends on, and is not installed.

use super::apt::Release;
use super::libraries::{add_missing, is_loader, machine_loader};
use super::{does_not_run, find, runs, write_script};
use crate::shell::quoted;
use crate::steps::{Failed, Outcome};
use crate::workspace;
use std::io;
use std::path::{Path, PathBuf};

/// A package of a Debian release. The program has the package's name.
#[derive(Debug)]
pub(super) struct Debian {
    pub(super) release: &'static str,
    pub(super) package: &'static str,
}

impl Debian {
    /// The path of the program or of a script that starts it. The package is downloaded once.
    pub(super) fn server(&self, name: &str) -> Outcome<PathBuf> {
        let dir = workspace::target()?
            .join("servers")
            .join(format!("debian-{}-{}", self.release, self.package));
        if !dir.is_dir() {
            let headline = format!("fetching {name} for the tests");
            Release::of_debian(self.release)?.unpack(&headline, self.package, &dir)?;
        }
        let program = dir.join("root/usr/bin").join(self.package);
        if !program.is_file() {
            return Err(Failed::new(format!(
                "{} was not found: remove {} and run this command again",
                program.display(),
                dir.display()
            )));
        }
        if runs(&program) {
            return Ok(program);
        }
        let failed = |e| Failed::file(&dir, "changed", &e);
        for script in [
            self.with_missing_libraries(&dir).map_err(failed)?,
            self.with_own_libraries(&dir).map_err(failed)?,
        ] {
            if script.as_deref().is_some_and(runs) {
                return Ok(script.unwrap_or(program));
            }
        }
        Err(does_not_run(&program, &dir))
    }

    /// A script that adds the libraries that the machine lacks. `None` if the package has no counterpart of one of them.
    fn with_missing_libraries(&self, dir: &Path) -> io::Result<Option<PathBuf>> {
        let (root, added) = (dir.join("root"), dir.join("added"));
        let Some(loader) = machine_loader() else {
            return Ok(None);
        };
        let program = root.join("usr/bin").join(self.package);
        if !add_missing(&loader, &program, &root, &added)? {
            return Ok(None);
        }
        self.script(dir, &loader, &added).map(Some)
    }

    /// A script that starts the program with the libraries of its own release. Those must be newer than the machine's, because
    /// the engine and the machine's Python are loaded into the same process.
    fn with_own_libraries(&self, dir: &Path) -> io::Result<Option<PathBuf>> {
        let root = dir.join("root/usr");
        let libc = find(&root.join("lib"), &|file| file == "libc.so.6");
        let (Some(loader), Some(libc)) = (find(&root, &is_loader), libc) else {
            return Ok(None);
        };
        let libraries = libc.parent().unwrap_or(&root).to_owned();
        self.script(dir, &loader, &libraries).map(Some)
    }

    /// Names the libraries in an argument of the loader: a variable would reach the child processes of the server.
    fn script(&self, dir: &Path, loader: &Path, libraries: &Path) -> io::Result<PathBuf> {
        let script = dir.join("start-server");
        let text = format!(
            "#!/bin/sh\nexec {} --library-path {} --argv0 {} {} \"$@\"\n",
            quoted(loader),
            quoted(libraries),
            self.package,
            quoted(&dir.join("root/usr/bin").join(self.package)),
        );
        write_script(&script, &text)?;
        Ok(script)
    }
}
