//! The directories of the user, by the rules of the XDG base directories.

use super::variable;
use std::path::PathBuf;

/// The folder into which a user installs an engine: `~/.local/share/redgrease/lib`.
pub(crate) fn engine_dir() -> Option<PathBuf> {
    Some(base("XDG_DATA_HOME", ".local/share")?.join("redgrease/lib"))
}

/// The folder of what can be made again: `~/.cache/redgrease`.
pub(super) fn cache_dir() -> Option<PathBuf> {
    let in_home = if cfg!(target_os = "macos") {
        "Library/Caches"
    } else {
        ".cache"
    };
    Some(base("XDG_CACHE_HOME", in_home)?.join("redgrease"))
}

/// The directory that a variable names, or the usual one. A relative path counts as unset, as the
/// XDG rules demand.
fn base(name: &str, in_home: &str) -> Option<PathBuf> {
    let home = || variable("HOME").filter(|home| home.is_absolute());
    variable(name)
        .filter(|dir| dir.is_absolute())
        .or_else(|| Some(home()?.join(in_home)))
}
