//! The clone of the project that the program was built in.

use std::path::{Path, PathBuf};

/// The clone, if the program was built in one that is still there. A program from a registry has none.
pub(super) fn find() -> Option<PathBuf> {
    let around = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?;
    let is_there = around.join("redgrease-engine/Cargo.toml").is_file()
        && around.join("redgrease-core/Cargo.toml").is_file();
    is_there.then(|| around.to_owned())
}
