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
    // target/debug/xtask
    let running = std::env::current_exe().ok();
    running
        .as_deref()
        .and_then(|program| program.parent()?.parent())
        .map(Path::to_owned)
        .ok_or_else(|| {
            Failed::new("the target directory was not found: start this program with `cargo xtask`")
        })
}

/// The folder of the wheels that `cargo xtask wheel` builds.
pub(crate) fn wheels() -> Outcome<PathBuf> {
    Ok(target()?.join("redgrease").join("wheel"))
}

/// The path of the loader after a build. Servers load it.
pub(crate) fn loader() -> Outcome<PathBuf> {
    Ok(loader_in(&target()?))
}

/// The path of the loader in a target directory.
pub(crate) fn loader_in(target: &Path) -> PathBuf {
    library(target, "redgrease_loader")
}

/// The path of the engine in a target directory.
pub(crate) fn engine_in(target: &Path) -> PathBuf {
    library(target, "redgrease_engine")
}

fn library(target: &Path, name: &str) -> PathBuf {
    use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
    target
        .join("release")
        .join(format!("{DLL_PREFIX}{name}{DLL_SUFFIX}"))
}
