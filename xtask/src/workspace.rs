//! Paths of this workspace.

use crate::steps::{Failed, Outcome};
use std::path::{Path, PathBuf};

/// The folder of the workspace's `Cargo.toml`.
pub(crate) fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// The target directory in which this program was built. Users may configure another place than
/// `target`.
pub(crate) fn target() -> Outcome<PathBuf> {
    let running = std::env::current_exe().ok();
    running
        .as_deref()
        .and_then(target_of)
        .map(Path::to_owned)
        .ok_or_else(|| {
            Failed::new("the target directory was not found: start this program with `cargo xtask`")
        })
}

/// The target directory of a program: `target/debug/xtask`, and `target/debug/deps/xtask-..` of its tests.
fn target_of(program: &Path) -> Option<&Path> {
    let folder = program.parent()?;
    let profile = if folder.ends_with("deps") {
        folder.parent()?
    } else {
        folder
    };
    profile.parent()
}

/// The folder of the wheels that `cargo xtask wheel` builds.
pub(crate) fn wheels() -> Outcome<PathBuf> {
    Ok(target()?.join("redgrease").join("wheel"))
}

/// The folder of the wheels of `cargo xtask wheel --local`, which only this machine can use.
pub(crate) fn local_wheels() -> Outcome<PathBuf> {
    Ok(target()?.join("redgrease").join("wheel-local"))
}

/// The path of the loader after a build. Servers load it.
pub(crate) fn loader() -> Outcome<PathBuf> {
    Ok(loader_in(&target()?))
}

/// The path of the loader in a target directory.
pub(crate) fn loader_in(target: &Path) -> PathBuf {
    target.join("release").join(library("loader"))
}

/// The path of the engine in a target directory.
pub(crate) fn engine_in(target: &Path) -> PathBuf {
    target.join("release").join(library("engine"))
}

/// The name that cargo gives to the library of a part: `loader` or `engine`.
pub(crate) fn library(part: &str) -> String {
    use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
    format!("{DLL_PREFIX}redgrease_{part}{DLL_SUFFIX}")
}

/// The name of the loader in wheels, packages and folders of installed files.
pub(crate) const LOADER: &str = "redgrease.so";

/// The name of the engine for Python 3.`minor` beside [`LOADER`].
pub(crate) fn engine_name(minor: u32) -> String {
    format!("redgrease-engine-3.{minor}.so")
}

#[cfg(test)]
mod tests {
    use super::target_of;
    use std::path::Path;

    #[test]
    fn the_target_directory_is_above_the_profile() {
        for program in ["/t/debug/xtask", "/t/debug/deps/xtask-0a1b"] {
            assert_eq!(target_of(Path::new(program)), Some(Path::new("/t")));
        }
        assert_eq!(target_of(Path::new("xtask")), None);
    }
}
