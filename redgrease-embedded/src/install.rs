//! Puts an engine into the data directory of the user, and removes it.

use crate::locate::{self, library};
use crate::{Error, ErrorKind, Result};
use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// What every module of a server contains.
const ENTRY: &[u8] = b"RedisModule_OnLoad";
/// The begin of a library of Linux.
const ELF: &[u8] = b"\x7fELF";
/// How much of a library tells what machine it is for.
const HEADER: usize = 20;

/// Puts a loader and engines into the folder of the user ([`user_engine_dir`](crate::user_engine_dir)), where every program finds
/// them. Returns the loader, which servers load.
///
/// `files` are those of a wheel (`redgrease.so` and `redgrease-engine-3.X.so`) or of a target directory
/// (`libredgrease_loader.so` and `libredgrease_engine.so`): what they are is read in them. Engines of other versions are removed
/// from the folder, and engines of the same version for other Pythons stay. At each moment each file is whole.
///
/// # Errors
/// - `InvalidOption` if a file is no engine for this machine, if an engine is older than this crate, or if the loader or an engine
///   is missing, in the files and in the folder.
/// - `Io` if a file cannot be read or written.
pub fn install_engine(files: &[PathBuf]) -> Result<PathBuf> {
    install_in(files, &folder()?)
}

/// Removes the engine from the folder of the user; with `python`, such as `3.12`, only the one for that Python. Returns the files
/// that were removed.
///
/// # Errors
/// `Io` if a file cannot be removed.
pub fn remove_engine(python: Option<&str>) -> Result<Vec<PathBuf>> {
    remove_in(&folder()?, python)
}

fn folder() -> Result<PathBuf> {
    locate::user_engine_dir()
        .ok_or_else(|| invalid("the user has no home directory: set HOME or XDG_DATA_HOME"))
}

/// A file to install.
struct Part {
    /// Its name in the folder.
    name: String,
    content: Vec<u8>,
    /// `None` for the loader.
    about: Option<library::About>,
}

impl Part {
    fn read(path: &Path) -> Result<Self> {
        let failed = |e| Error::io(format!("{} could not be read", path.display()), e);
        let content = fs::read(path).map_err(failed)?;
        let wrong = |why: &str| {
            invalid(format!(
                "{} {why}: name the files of a wheel redgrease-engine, or those that `cargo xtask setup` has built",
                path.display()
            ))
        };
        if !is_for_this_machine(&content) {
            return Err(wrong("is no library for this machine"));
        }
        let about = library::about(&content);
        if about.is_none() && !contains(&content, ENTRY) {
            return Err(wrong("is no module of a server"));
        }
        if let Some(about) = about.filter(|about| about.version < library::OWN) {
            return Err(invalid(format!(
                "{} has version {}, and this program needs {} or newer: take a newer one",
                path.display(),
                library::dotted(about.version),
                library::dotted(library::OWN)
            )));
        }
        let name = match about {
            Some(about) => format!("redgrease-engine-3.{}.so", about.minor),
            None => library::LOADER.to_owned(),
        };
        Ok(Part {
            name,
            content,
            about,
        })
    }
}

fn install_in(files: &[PathBuf], dir: &Path) -> Result<PathBuf> {
    let mut parts = files
        .iter()
        .map(|path| Part::read(path))
        .collect::<Result<Vec<Part>>>()?;
    let loader = dir.join(library::LOADER);
    if parts.iter().all(|part| part.about.is_some()) && !loader.is_file() {
        return Err(invalid(
            "the loader is missing, which opens the engine for the Python of the machine: name redgrease.so or \
             libredgrease_loader.so, too",
        ));
    }
    let versions = parts.iter().filter_map(|part| part.about);
    let newest = versions.map(|about| about.version).max();
    let is_there = |path: &PathBuf| library::minor_of(path).is_some();
    if newest.is_none() && !entries(dir).iter().any(is_there) {
        return Err(invalid(
            "an engine is missing, and the loader does nothing without one: name redgrease-engine-3.X.so or \
             libredgrease_engine.so, too",
        ));
    }
    fs::create_dir_all(dir)
        .map_err(|e| Error::io(format!("{} could not be created", dir.display()), e))?;
    // The loader comes last, so that it never stands there without an engine.
    parts.sort_by_key(|part| part.about.is_none());
    for part in &parts {
        put(&part.content, &dir.join(&part.name))?;
    }
    if let Some(newest) = newest {
        remove_others(dir, newest)?;
    }
    Ok(loader)
}

fn put(content: &[u8], to: &Path) -> Result<()> {
    let new = to.with_extension(format!("new-{}", std::process::id()));
    let write = || {
        let mut file = File::options()
            .create(true)
            .truncate(true)
            .write(true)
            // Servers refuse a module without the x bit.
            .mode(0o755)
            .open(&new)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&new, to)
    };
    write().map_err(|e| {
        let _ = fs::remove_file(&new);
        Error::io(format!("{} could not be written", to.display()), e)
    })
}

/// Removes the engines of other versions.
fn remove_others(dir: &Path, version: library::Version) -> Result<()> {
    for path in entries(dir) {
        if library::minor_of(&path).is_none() {
            continue;
        }
        let about = fs::read(&path)
            .ok()
            .and_then(|bytes| library::about(&bytes));
        if about.is_none_or(|about| about.version != version) {
            remove(&path)?;
        }
    }
    Ok(())
}

fn remove_in(dir: &Path, python: Option<&str>) -> Result<Vec<PathBuf>> {
    let engines: Vec<PathBuf> = entries(dir)
        .into_iter()
        .filter(|path| library::minor_of(path).is_some())
        .collect();
    let is_for = |path: &PathBuf| {
        let minor = library::minor_of(path).map(|minor| format!("3.{minor}"));
        python.is_none_or(|python| minor.as_deref() == Some(python))
    };
    let (mut removed, kept): (Vec<PathBuf>, Vec<PathBuf>) = engines.into_iter().partition(is_for);
    let loader = dir.join(library::LOADER);
    if kept.is_empty() && loader.symlink_metadata().is_ok() {
        // First the loader, so that it never stands there without an engine.
        removed.insert(0, loader);
    }
    for path in &removed {
        remove(path)?;
    }
    // It stays if it has other files.
    let _ = fs::remove_dir(dir);
    Ok(removed)
}

fn remove(path: &Path) -> Result<()> {
    fs::remove_file(path)
        .map_err(|e| Error::io(format!("{} could not be removed", path.display()), e))
}

fn entries(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

/// Whether a library has the format and the processor of this program. Only those of Linux are told apart.
fn is_for_this_machine(library: &[u8]) -> bool {
    let mut own = [0; HEADER];
    let program = std::env::current_exe().and_then(File::open);
    let read = program.and_then(|mut file| file.read_exact(&mut own));
    if read.is_err() || !own.starts_with(ELF) {
        return true;
    }
    // The class, the order of bytes and the processor.
    library.len() > HEADER && library[..6] == own[..6] && library[18..HEADER] == own[18..]
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidOption, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    /// A file with the header of a library of this machine.
    fn library(path: &Path, text: &str) -> PathBuf {
        let program = fs::read(std::env::current_exe().unwrap()).unwrap();
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, [&program[..64], text.as_bytes()].concat()).unwrap();
        path.to_owned()
    }

    fn engine(path: &Path, minor: u32, version: &str) -> PathBuf {
        let marker = format!("redgrease-engine interface=1 python=3.{minor} version={version};");
        library(path, &marker)
    }

    fn names(dir: &Path) -> Vec<String> {
        entries(dir)
            .iter()
            .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
            .collect()
    }

    #[test]
    fn the_files_replace_older_ones() {
        let root = tempfile::tempdir().unwrap();
        let own = env!("CARGO_PKG_VERSION");
        let dir = root.path().join("a/lib");
        let loader = library(
            &root.path().join("libredgrease_loader.so"),
            "RedisModule_OnLoad",
        );
        let built = engine(&root.path().join("libredgrease_engine.so"), 11, own);
        engine(&dir.join("redgrease-engine-3.9.so"), 9, own);
        engine(&dir.join("redgrease-engine-3.10.so"), 10, "0.0.1");
        engine(&dir.join("redgrease-engine-3.11.so"), 11, "0.0.1");
        fs::write(dir.join("notes.txt"), "mine").unwrap();

        let installed = install_in(&[loader.clone(), built.clone()], &dir).unwrap();
        assert_eq!(installed, dir.join("redgrease.so"));
        let mode = fs::metadata(&installed).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o755);
        assert_eq!(
            fs::read(dir.join("redgrease-engine-3.11.so")).unwrap(),
            fs::read(&built).unwrap()
        );
        let all = [
            "notes.txt",
            "redgrease-engine-3.11.so",
            "redgrease-engine-3.9.so",
            "redgrease.so",
        ];
        assert_eq!(names(&dir), all);

        assert_eq!(remove_in(&dir, Some("3.9")).unwrap().len(), 1);
        assert_eq!(
            names(&dir),
            ["notes.txt", "redgrease-engine-3.11.so", "redgrease.so"]
        );
        // An engine alone replaces the one beside the loader.
        install_in(&[built], &dir).unwrap();
        assert_eq!(remove_in(&dir, None).unwrap().len(), 2);
        assert_eq!(names(&dir), ["notes.txt"]);
        assert!(remove_in(&dir, None).unwrap().is_empty());
        install_in(&[loader], &dir).unwrap_err();
        assert_eq!(names(&dir), ["notes.txt"]);
    }

    #[test]
    fn other_files_are_refused() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("lib");
        let at = |name: &str| root.path().join(name);
        let text = at("text.so");
        fs::write(&text, "RedisModule_OnLoad, but no library of a machine").unwrap();
        for (file, part) in [
            (at("none.so"), "could not be read"),
            (text, "is no library for this machine"),
            (library(&at("other.so"), "x"), "is no module of a server"),
            (engine(&at("old.so"), 11, "0.0.1"), "has version 0.0.1"),
            (engine(&at("e.so"), 11, "99.0.0"), "the loader is missing"),
            (
                library(&at("l.so"), "RedisModule_OnLoad"),
                "an engine is missing",
            ),
        ] {
            let said = install_in(&[file], &dir).unwrap_err().to_string();
            assert!(said.contains(part), "{said}");
            assert!(!dir.exists());
        }
    }
}
