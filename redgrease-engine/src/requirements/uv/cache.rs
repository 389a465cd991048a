//! The directory of uv's cache.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The variables about uv's cache, for an installation in a directory: uv takes its own cache, which is shared by all programs
/// of the user, if it can be written.
pub(super) fn variables(directory: &Path) -> Vec<(&'static str, OsString)> {
    let of = |name: &str| env::var_os(name).filter(|it| !it.is_empty());
    let (cache, is_uvs) = match of("UV_CACHE_DIR") {
        Some(given) => (PathBuf::from(given), true),
        None => match usual(of("XDG_CACHE_HOME"), env::home_dir()) {
            Some(usual) if can_write(&usual) => (usual, true),
            _ => (directory.join("uv-cache"), false),
        },
    };
    let mut variables = Vec::new();
    if !is_uvs {
        variables.push(("UV_CACHE_DIR", cache.clone().into()));
    }
    variables.push(("UV_LINK_MODE", link_mode(&cache, directory).into()));
    variables
}

/// Where uv keeps its cache by itself.
fn usual(cache_home: Option<OsString>, home: Option<PathBuf>) -> Option<PathBuf> {
    let folder = cache_home.map_or_else(|| home.map(|it| it.join(".cache")), |it| Some(it.into()));
    folder.map(|it| it.join("uv"))
}

/// Whether the server may write to a directory, which is created.
fn can_write(directory: &Path) -> bool {
    let probe = directory.join(format!(".redgrease-{}", std::process::id()));
    let made = fs::create_dir_all(directory).is_ok() && fs::write(&probe, "").is_ok();
    let _ = fs::remove_file(probe);
    made
}

/// Hard links need one file system. uv would notice that itself, with a warning in each installation.
fn link_mode(cache: &Path, directory: &Path) -> &'static str {
    let device = |path: &Path| {
        let existing = path.ancestors().find_map(|it| it.metadata().ok());
        existing.map(|it| it.dev())
    };
    if device(cache) == device(directory) {
        "hardlink"
    } else {
        "copy"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    #[test]
    fn a_directory_that_cannot_be_created_cannot_be_written() {
        let folder = TempDir::new().unwrap();
        assert!(can_write(&folder.path().join("a/b")));
        assert_eq!(fs::read_dir(folder.path().join("a/b")).unwrap().count(), 0);
        fs::write(folder.path().join("file"), "").unwrap();
        assert!(!can_write(&folder.path().join("file/uv")));
        assert!(!can_write(Path::new("/proc/uv")));
    }

    #[test]
    fn files_are_linked_on_one_file_system_only() {
        let folder = TempDir::new().unwrap();
        let missing = folder.path().join("not/there");
        assert_eq!(link_mode(&missing, folder.path()), "hardlink");
        assert_eq!(link_mode(Path::new("/proc"), folder.path()), "copy");
    }

    #[test]
    fn the_usual_place_is_that_of_uv() {
        let home = || Some(PathBuf::from("/home/joe"));
        assert_eq!(usual(None, home()), Some("/home/joe/.cache/uv".into()));
        assert_eq!(usual(Some("/c".into()), home()), Some("/c/uv".into()));
        assert_eq!(usual(None, None), None);
    }
}
