//! The engine in one folder.
//!
//! A target directory has the loader beside the engine for one Python. All other folders have the
//! loader beside an engine for each Python.

use std::env;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// The loader in an installed folder.
const LOADER: &str = "redgrease.so";

/// Begins the text in each engine from which the loader reads what it was built for.
const MARKER: &[u8] = b"redgrease-engine interface=";
/// Longest text behind [`MARKER`].
const LONGEST_MARKER: usize = 64;

/// The version of an engine: major, minor, patch.
type Version = (u32, u32, u32);

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

/// The loader in a folder of installed files; `None` if there is nothing.
///
/// # Errors
/// What is wrong with the files.
pub(super) fn installed(dir: &Path) -> Option<Result<PathBuf, String>> {
    let loader = dir.join(LOADER);
    // A dangling symbolic link is something, too.
    match loader.symlink_metadata() {
        Ok(_) => Some(check(dir, &loader).map(|()| loader)),
        Err(e) if e.kind() == ErrorKind::NotFound => None,
        Err(e) => Some(Err(unreadable(&loader, &e))),
    }
}

/// Checks that the files belong together and are as new as this crate.
fn check(dir: &Path, loader: &Path) -> Result<(), String> {
    File::open(loader).map_err(|e| unreadable(loader, &e))?;
    if !loader.is_file() {
        return Err(format!("{} is not a file", loader.display()));
    }
    let Some(engine) = engines(dir).into_iter().next() else {
        return Err(format!(
            "{} has no engine beside it (redgrease-engine-3.*.so)",
            loader.display()
        ));
    };
    let bytes = fs::read(&engine).map_err(|e| unreadable(&engine, &e))?;
    let Some(version) = version_in(&bytes) else {
        return Err(format!("{} is not a whole engine", engine.display()));
    };
    if version < OWN {
        return Err(format!(
            "the engine in {} has version {}, and this crate needs {} or newer, which \
             `pip install --upgrade redgrease-engine` or `cargo xtask install` brings",
            dir.display(),
            dotted(version),
            dotted(OWN)
        ));
    }
    Ok(())
}

fn unreadable(path: &Path, e: &io::Error) -> String {
    format!("{} cannot be read ({e})", path.display())
}

/// The engines in a folder of installed files, the newest Python first.
fn engines(dir: &Path) -> Vec<PathBuf> {
    let minor = |path: &Path| -> Option<u32> {
        let name = path.file_name()?.to_str()?;
        let minor = name
            .strip_prefix("redgrease-engine-3.")?
            .strip_suffix(".so")?;
        minor.parse().ok()
    };
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let mut engines: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| Some((minor(&entry.path())?, entry.path())))
        .collect();
    engines.sort();
    engines.into_iter().rev().map(|(_, path)| path).collect()
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
const OWN: Version = (
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

fn dotted((major, minor, patch): Version) -> String {
    format!("{major}.{minor}.{patch}")
}

/// The version in the marker of an engine: `redgrease-engine interface=1 python=3.12 version=0.1.0;`.
fn version_in(bytes: &[u8]) -> Option<Version> {
    positions(bytes, MARKER).find_map(|at| {
        let rest = &bytes[at + MARKER.len()..];
        let rest = &rest[..rest.len().min(LONGEST_MARKER)];
        let end = rest.iter().position(|&byte| byte == b';')?;
        let text = std::str::from_utf8(&rest[..end]).ok()?;
        let version = text
            .split(' ')
            .find_map(|word| word.strip_prefix("version="))?;
        // A pre-release is compared as the release that follows it.
        let version = version.split(['-', '+']).next()?;
        let mut numbers = version.split('.').map(|digits| digits.parse().ok());
        Some((numbers.next()??, numbers.next()??, numbers.next()??))
    })
}

/// Where `text` begins in `bytes`.
fn positions<'a>(bytes: &'a [u8], text: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let found = bytes
                .get(from..)?
                .iter()
                .position(|&byte| byte == text[0])?;
            let at = from + found;
            from = at + 1;
            if bytes[at..].starts_with(text) {
                return Some(at);
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read_from_the_marker() {
        let whole =
            b"\x7fELF redgrease redgrease-engine interface=1 python=3.12 version=1.20.3; rest";
        assert_eq!(version_in(whole), Some((1, 20, 3)));
        let pre_release = b"redgrease-engine interface=2 python=3.9 version=0.2.0-rc.1;";
        assert_eq!(version_in(pre_release), Some((0, 2, 0)));
        // The text also stands in the code that looks for it.
        let twice = b"redgrease-engine interface=\0..redgrease-engine interface=1 version=0.1.0;";
        assert_eq!(version_in(twice), Some((0, 1, 0)));
        for cut in 0..MARKER.len() + 30 {
            let end = whole.len() - 6 - cut;
            assert_eq!(version_in(&whole[..end]), None, "{cut}");
        }
        for odd in ["1.2", "x.1.2", "1..2", "", "4294967296.0.0"] {
            let text = format!("redgrease-engine interface=1 version={odd};");
            assert_eq!(version_in(text.as_bytes()), None, "{odd}");
        }
    }
}
