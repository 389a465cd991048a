//! The directory of Python packages.

use super::targets::is_target_dir;
use super::{user, variable};
use std::path::{Path, PathBuf};

const VARIABLE: &str = "REDGREASE_PYTHON_DIR";

/// The directory in which the engine installs the packages that gears require. All servers of a
/// machine share it, so that a package is downloaded once.
pub(crate) fn packages(chosen: Option<PathBuf>, engine: &Path) -> Option<PathBuf> {
    chosen
        .or_else(|| variable(VARIABLE))
        .or_else(|| {
            let target = engine.parent()?.parent().filter(|dir| is_target_dir(dir))?;
            Some(target.join("redgrease").join("python"))
        })
        .or_else(|| Some(user::cache_dir()?.join("python")))
}
