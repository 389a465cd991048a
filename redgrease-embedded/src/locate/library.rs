//! The engine in one folder.
//!
//! A target directory has the loader beside the engine for one Python. All other folders have the
//! loader beside an engine for each Python.

use super::unusable::Unusable;
use std::env;
use std::fs::{self, File};
use std::io::{self, BufRead, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

/// The loader in an installed folder.
pub(crate) const LOADER: &str = "redgrease.so";

/// Begins the text in each engine from which the loader reads what it was built for.
const MARKER: &[u8] = b"redgrease-engine interface=";
/// Longest text behind [`MARKER`].
const LONGEST_MARKER: usize = 64;

/// The version of an engine: major, minor, patch.
pub(crate) type Version = (u32, u32, u32);

/// The library to load in `release/` or `debug/` of a target directory: the loader if it has an
/// engine beside it, or the bare engine.
pub(super) fn in_target(dir: &Path) -> Option<PathBuf> {
    let engine = dir.join(built_name("engine"));
    let loader = dir.join(built_name("loader"));
    if !engine.is_file() {
        return None;
    }
    Some(if loader.is_file() { loader } else { engine })
}

/// Why the files of a folder cannot be used.
#[derive(Debug)]
pub(super) enum Unfit {
    Broken(String),
    Outdated(String),
    OtherPython(Unusable),
}

/// Whether a library of a target directory is the loader.
pub(super) fn is_loader(library: &Path) -> bool {
    library.file_name() == Some(built_name("loader").as_ref())
}

/// The loader in a folder of installed files; `None` if there is nothing. `choose` chooses among the
/// minor versions of Python that the engines are for; `None` chooses all.
pub(super) fn installed(
    dir: &Path,
    choose: impl FnOnce(&[u32]) -> Result<Option<u32>, Unusable>,
) -> Result<Option<PathBuf>, Unfit> {
    let loader = dir.join(LOADER);
    // A dangling symbolic link is something, too.
    match loader.symlink_metadata() {
        Ok(_) => {}
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(Unfit::Broken(unreadable(&loader, &e))),
    }
    File::open(&loader).map_err(|e| Unfit::Broken(unreadable(&loader, &e)))?;
    if !loader.is_file() {
        let reason = format!("{} is not a file", loader.display());
        return Err(Unfit::Broken(reason));
    }
    let engines = engines(dir);
    if engines.is_empty() {
        return Err(Unfit::Broken(format!(
            "{} has no engine beside it (redgrease-engine-3.*.so)",
            loader.display()
        )));
    }
    let minors: Vec<u32> = engines.iter().map(|(minor, _)| *minor).collect();
    let chosen = choose(&minors).map_err(Unfit::OtherPython)?;
    for (minor, engine) in engines {
        if chosen.is_none_or(|chosen| chosen == minor) {
            check(&engine)?;
        }
    }
    Ok(Some(loader))
}

/// Checks that an engine is whole and as new as this crate.
fn check(engine: &Path) -> Result<(), Unfit> {
    let bytes = fs::read(engine).map_err(|e| Unfit::Broken(unreadable(engine, &e)))?;
    let Some(version) = marker_in(&bytes).and_then(version_in) else {
        let reason = format!("{} is not a whole engine", engine.display());
        return Err(Unfit::Broken(reason));
    };
    if version < OWN {
        return Err(Unfit::Outdated(format!(
            "{} has version {}, and this crate needs {} or newer",
            engine.display(),
            dotted(version),
            dotted(OWN)
        )));
    }
    Ok(())
}

/// The minor versions of Python that the engines beside the loader of a target directory are for.
pub(super) fn built_for(dir: &Path) -> Vec<u32> {
    let mut minors: Vec<u32> = engines(dir).into_iter().map(|(minor, _)| minor).collect();
    minors.extend(minor_of_built(&dir.join(built_name("engine"))));
    minors
}

/// The engine of a target directory that was last read, when it was built, and the minor version of its
/// Python. A debug build has tens of megabytes, and each test of a program needs the answer.
static READ: Mutex<Option<(PathBuf, SystemTime, Option<u32>)>> = Mutex::new(None);

fn minor_of_built(engine: &Path) -> Option<u32> {
    let built = engine.metadata().and_then(|meta| meta.modified()).ok()?;
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((known, then, minor)) = read.as_ref()
        && *then == built
        && known == engine
    {
        return *minor;
    }
    let bytes = fs::read(engine).ok()?;
    let minor = marker_in(&bytes).and_then(minor_in);
    *read = Some((engine.to_owned(), built, minor));
    minor
}

fn unreadable(path: &Path, e: &io::Error) -> String {
    format!("{} cannot be read ({e})", path.display())
}

/// Whether a file is an engine for one Python, which only the loader can open.
pub(super) fn is_installed_engine(file: &Path) -> bool {
    minor_of(file).is_some()
}

/// The loader of the folder that a file is in.
pub(super) fn loader_beside(file: &Path) -> PathBuf {
    file.with_file_name(LOADER)
}

/// The minor version of Python in the name of an installed engine.
pub(crate) fn minor_of(file: &Path) -> Option<u32> {
    let name = file.file_name()?.to_str()?;
    let minor = name.strip_prefix("redgrease-engine-3.")?;
    minor.strip_suffix(".so")?.parse().ok()
}

/// The engines in a folder of installed files, and the minor versions of their Pythons, in order.
fn engines(dir: &Path) -> Vec<(u32, PathBuf)> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let mut engines: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| Some((minor_of(&entry.path())?, entry.path())))
        .collect();
    engines.sort();
    engines
}

/// What an engine says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct About {
    pub(crate) version: Version,
    /// The minor version of its Python.
    pub(crate) minor: u32,
}

/// What a file says about itself; `None` if it is no whole engine.
pub(crate) fn about(bytes: &[u8]) -> Option<About> {
    let text = marker_in(bytes)?;
    Some(About {
        version: version_in(text)?,
        minor: minor_in(text)?,
    })
}

/// All engines in a folder, of either kind.
pub(super) fn all_engines(dir: &Path) -> Vec<PathBuf> {
    let built = dir.join(built_name("engine"));
    let built = Some(built).filter(|path| path.is_file());
    built
        .into_iter()
        .chain(engines(dir).into_iter().map(|(_, path)| path))
        .collect()
}

/// File name of a built library on this platform, such as `libredgrease_engine.so`.
pub(super) fn built_name(part: &str) -> String {
    format!(
        "{}redgrease_{part}{}",
        env::consts::DLL_PREFIX,
        env::consts::DLL_SUFFIX
    )
}

/// The version of this crate, which is that of the engine of the same release.
pub(crate) const OWN: Version = (
    number(env!("CARGO_PKG_VERSION_MAJOR")),
    number(env!("CARGO_PKG_VERSION_MINOR")),
    number(env!("CARGO_PKG_VERSION_PATCH")),
);

const fn number(digits: &str) -> u32 {
    let digits = digits.as_bytes();
    let mut value = 0;
    let mut at = 0;
    while at < digits.len() {
        value = value * 10 + (digits[at] - b'0') as u32;
        at += 1;
    }
    value
}

pub(crate) fn dotted((major, minor, patch): Version) -> String {
    format!("{major}.{minor}.{patch}")
}

/// The text in an engine: ` python=3.12 version=0.1.0` and what stands before it.
fn marker_in(bytes: &[u8]) -> Option<&str> {
    let mut rest = bytes;
    let mut read = Vec::new();
    loop {
        read.clear();
        // Goes from one `=` to the next, because a search byte by byte takes seconds in a debug build.
        let length = rest.read_until(b'=', &mut read).ok().filter(|&n| n > 0)?;
        if read[..length].ends_with(MARKER) {
            let text = &rest[..rest.len().min(LONGEST_MARKER)];
            let end = text.iter().position(|&byte| byte == b';');
            let text = end.and_then(|end| std::str::from_utf8(&text[..end]).ok());
            if text.is_some_and(|text| version_in(text).is_some()) {
                return text;
            }
        }
    }
}

/// The version in the text of an engine.
fn version_in(text: &str) -> Option<Version> {
    let version = word_in(text, "version=")?;
    // A pre-release is compared as the release that follows it.
    let version = version.split(['-', '+']).next()?;
    let mut numbers = version.split('.').map(|digits| digits.parse().ok());
    Some((numbers.next()??, numbers.next()??, numbers.next()??))
}

/// The minor version of Python in the text of an engine.
fn minor_in(text: &str) -> Option<u32> {
    word_in(text, "python=3.")?.parse().ok()
}

fn word_in<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.split(' ').find_map(|word| word.strip_prefix(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(bytes: &[u8]) -> Option<Version> {
        marker_in(bytes).and_then(version_in)
    }

    #[test]
    fn the_version_is_read_from_the_marker() {
        let whole =
            b"\x7fELF redgrease redgrease-engine interface=1 python=3.12 version=1.20.3; rest";
        assert_eq!(version(whole), Some((1, 20, 3)));
        assert_eq!(marker_in(whole).and_then(minor_in), Some(12));
        let pre_release = b"redgrease-engine interface=2 python=3.9 version=0.2.0-rc.1;";
        assert_eq!(version(pre_release), Some((0, 2, 0)));
        // The text also stands in the code that looks for it.
        let twice = b"redgrease-engine interface=\0..redgrease-engine interface=1 version=0.1.0;";
        assert_eq!(version(twice), Some((0, 1, 0)));
        for cut in 0..MARKER.len() + 30 {
            let end = whole.len() - 6 - cut;
            assert_eq!(version(&whole[..end]), None, "{cut}");
        }
        for odd in ["1.2", "x.1.2", "1..2", "", "4294967296.0.0"] {
            let text = format!("redgrease-engine interface=1 version={odd};");
            assert_eq!(version(text.as_bytes()), None, "{odd}");
        }
    }
}
