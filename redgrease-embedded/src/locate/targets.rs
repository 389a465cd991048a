//! The target directories of Cargo.

use super::variable;
use std::env;
use std::path::{Path, PathBuf};

/// The target directories to search, in order of preference: around the running program, of the
/// package that Cargo runs, and of the clone that contains this crate.
pub(super) fn target_dirs() -> Vec<PathBuf> {
    let running = env::current_exe().unwrap_or_default();
    let around_program = running.ancestors().skip(1).map(Path::to_owned);
    let package = variable("CARGO_MANIFEST_DIR").unwrap_or_default();
    let of_package = package.ancestors().map(|dir| dir.join("target"));
    let of_clone = clone().map(|dir| dir.join("target"));
    let mut dirs: Vec<PathBuf> = Vec::new();
    for dir in around_program.chain(of_package).chain(of_clone) {
        if is_target_dir(&dir) && !dirs.contains(&dir) {
            dirs.push(dir);
        }
    }
    dirs
}

/// Whether Cargo has marked a directory as a target directory.
pub(super) fn is_target_dir(dir: &Path) -> bool {
    dir.join(".rustc_info.json").is_file() || dir.join("CACHEDIR.TAG").is_file()
}

/// The clone of the project in which this crate was compiled. A crate from a registry has none: the
/// folder around it belongs to Cargo, and a library there on another machine is not trusted.
fn clone() -> Option<&'static Path> {
    let around = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?;
    around
        .join("redgrease-engine/Cargo.toml")
        .is_file()
        .then_some(around)
}
