//! The engine files in the directory of the loader, one for each minor version of Python.

use crate::elf::{self, Flaw};
use crate::failure::Failure;
use crate::files;
use crate::installed::{again, is_of_package};
use crate::marker::{self, INTERFACE, Marker};
use crate::versions::{NEWEST, OLDEST};
use std::collections::BTreeSet;
use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The engines beside the loader.
#[derive(Debug)]
pub(crate) struct Engines {
    directory: PathBuf,
    /// The minor versions of Python that have a file of their own.
    minors: BTreeSet<u32>,
    /// The file of a build in a clone. It is for one Python, which only the file itself tells.
    local: Option<PathBuf>,
}

impl Engines {
    /// Lists a directory.
    pub(crate) fn beside(loader: &Path) -> Result<Self, Failure> {
        let directory = loader.parent().unwrap_or(Path::new("/")).to_owned();
        let entries = fs::read_dir(&directory).map_err(|error| {
            Failure::new(
                format!(
                    "the directory {} cannot be listed ({error})",
                    directory.display()
                ),
                "give the user of the server the right to read it",
            )
        })?;
        let minors = entries
            .flatten()
            .filter_map(|entry| minor_of(entry.file_name().to_str()?))
            .collect();
        let local = directory.join(format!("{DLL_PREFIX}redgrease_engine{DLL_SUFFIX}"));
        let engines = Engines {
            local: local.exists().then_some(local),
            minors,
            directory,
        };
        if engines.minors.is_empty() && engines.local.is_none() {
            return Err(Failure::new(
                format!("there is no engine in {}", engines.directory.display()),
                format!(
                    "name the loader where it was installed, or {}: the engines belong into the directory of the loader",
                    again(&engines.directory)
                ),
            ));
        }
        Ok(engines)
    }

    /// Whether there is an engine for a Python. It may still turn out to be damaged.
    pub(crate) fn has(&self, minor: u32) -> bool {
        self.minors.contains(&minor)
            || self
                .local
                .as_deref()
                .is_some_and(|file| examine(file).is_ok_and(|marker| marker.minor == minor))
    }

    /// The engine for a Python, whose file is whole and fits. Reasons are whole sentences.
    pub(crate) fn engine(&self, minor: u32) -> Result<PathBuf, Failure> {
        if self.minors.contains(&minor) {
            let file = self.directory.join(file_name(minor));
            let marker = examine(&file)?;
            if marker.minor != minor {
                let reason = format!("is for Python 3.{}", marker.minor);
                return Err(Failure::new(reason, again(&self.directory)).of(file.display()));
            }
            return Ok(file);
        }
        if let Some(file) = &self.local
            && examine(file)?.minor == minor
        {
            return Ok(file.clone());
        }
        Err(self.none_for(minor))
    }

    /// There is no engine for a Python. The reason begins with a verb.
    pub(crate) fn none_for(&self, minor: u32) -> Failure {
        let mut minors = self.minors.clone();
        let local = self.local.as_deref().and_then(|file| examine(file).ok());
        minors.extend(local.map(|marker| marker.minor));
        let names: Vec<String> = minors.iter().map(|minor| format!("3.{minor}")).collect();
        let names = if names.is_empty() {
            "none".to_owned()
        } else {
            names.join(", ")
        };
        let directory = self.directory.display();
        // The package has an engine for each of these versions.
        if is_of_package(&self.directory) && (OLDEST..=NEWEST).contains(&minor) {
            return Failure::new(
                format!(
                    "is Python 3.{minor}, and the installation in {directory} lacks the engine for it (it has those for {names})"
                ),
                format!(
                    "{}, or name another Python with the module argument Python or the variable REDGREASE_PYTHON",
                    again(&self.directory)
                ),
            );
        }
        Failure::new(
            format!("is Python 3.{minor}, and the engines in {directory} are for {names}"),
            "name a Python of such a version with the module argument Python or the variable REDGREASE_PYTHON, or install an engine for this one",
        )
    }

    /// Fails if the only engine cannot be used with any Python.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        match &self.local {
            Some(file) if self.minors.is_empty() => examine(file).map(|_| ()),
            _ => Ok(()),
        }
    }
}

/// The name of the engine for a Python.
fn file_name(minor: u32) -> String {
    format!("redgrease-engine-3.{minor}{DLL_SUFFIX}")
}

/// The minor version in the name of an engine file.
fn minor_of(name: &str) -> Option<u32> {
    let minor = name.strip_prefix("redgrease-engine-3.")?;
    minor.strip_suffix(DLL_SUFFIX)?.parse().ok()
}

/// Reads an engine file without opening it as a library.
fn examine(file: &Path) -> Result<Marker, Failure> {
    let again = again(file.parent().unwrap_or(file));
    let failed = |reason: &str, remedy: &str| Err(Failure::new(reason, remedy).of(file.display()));
    let bytes = match files::read(file) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            return failed(
                "cannot be read (permission denied)",
                "give the user of the server the right to read it",
            );
        }
        Err(error) => return failed(&format!("cannot be read ({error})"), again),
    };
    match elf::check(&bytes[..]) {
        Ok(()) => {}
        Err(flaw @ Flaw::OtherMachine) => {
            let remedy = format!("install the engine for {}", std::env::consts::ARCH);
            return failed(&flaw.reason(), &remedy);
        }
        Err(flaw) => return failed(&flaw.reason(), again),
    }
    let Some(marker) = marker::find(&bytes) else {
        return failed("is not an engine of this project", again);
    };
    if marker.interface != INTERFACE {
        return failed(
            &format!(
                "is an engine of version {} with interface {}, and this loader ({}) has interface {INTERFACE}",
                marker.version,
                marker.interface,
                env!("CARGO_PKG_VERSION"),
            ),
            "install loader and engine of one version",
        );
    }
    Ok(marker)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_engines_are_told_from_others() {
        assert_eq!(minor_of(&file_name(13)), Some(13));
        for name in [
            "redgrease-engine-3.x.so",
            "redgrease-engine-4.1.so",
            "redgrease.so",
            "redgrease-engine-3.9.so.bak",
        ] {
            assert_eq!(minor_of(name), None, "{name}");
        }
    }

    #[test]
    fn a_directory_without_engines_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let line = Engines::beside(&dir.path().join("redgrease.so"))
            .unwrap_err()
            .line();
        assert!(line.contains("there is no engine in"), "{line}");
    }

    #[test]
    fn the_versions_that_are_there_are_listed() {
        let dir = tempfile::tempdir().unwrap();
        for minor in [9, 13, 10] {
            fs::write(dir.path().join(file_name(minor)), "").unwrap();
        }
        let engines = Engines::beside(&dir.path().join("redgrease.so")).unwrap();
        assert!(engines.has(9) && !engines.has(11));
        let reason = engines.none_for(14).reason;
        assert!(reason.ends_with("are for 3.9, 3.10, 3.13"), "{reason}");
        let line = engines.engine(9).unwrap_err().line();
        assert!(
            line.contains("redgrease-engine-3.9.so is empty: install"),
            "{line}"
        );
    }

    #[test]
    fn an_engine_that_is_missing_in_the_package_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let lib = dir.path().join("redgrease_engine/lib");
        fs::create_dir_all(&lib).unwrap();
        fs::write(lib.join(file_name(9)), "").unwrap();
        let engines = Engines::beside(&lib.join("redgrease.so")).unwrap();
        let line = engines.none_for(10).line();
        assert!(
            line.contains("lacks the engine for it (it has those for 3.9)"),
            "{line}"
        );
        assert!(
            line.contains("`pip install --force-reinstall redgrease-engine`"),
            "{line}"
        );
        let line = engines.none_for(14).line();
        assert!(line.contains("are for 3.9: name a Python"), "{line}");
    }
}
