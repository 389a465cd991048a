//! The places of this workspace.

use crate::steps::{Failed, Outcome};
use std::path::{Path, PathBuf};

/// Where the workspace's `Cargo.toml` is.
pub(crate) fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// The target directory, which may have been moved: the one this program was built in.
pub(crate) fn target() -> Outcome<PathBuf> {
    // target/debug/xtask
    let running = std::env::current_exe().ok();
    running
        .as_deref()
        .and_then(|program| program.parent()?.parent())
        .map(Path::to_owned)
        .ok_or_else(|| Failed::new("the target directory was not found: run `cargo xtask`"))
}

/// Where the engine is when it has been built.
pub(crate) fn engine() -> Outcome<PathBuf> {
    Ok(engine_in(&target()?))
}

/// Where it is in another target directory.
pub(crate) fn engine_in(target: &Path) -> PathBuf {
    let name = format!(
        "{}redgrease_engine{}",
        std::env::consts::DLL_PREFIX,
        std::env::consts::DLL_SUFFIX
    );
    target.join("release").join(name)
}
