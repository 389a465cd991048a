//! Finds the program uv.

use std::env;
use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The first minor version of uv 0 whose variables the engine knows: uv 0.5.
const OLDEST: u32 = 5;

/// Searches uv beside the interpreter, which finds the uv of a virtual environment, then on `PATH`, then where its installer
/// puts it. Not in the environment that it installs into: that may be made again at any time.
pub(super) fn find(interpreter: &Path) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    search(interpreter, &path, env::home_dir().as_deref())
}

fn search(interpreter: &Path, path: &OsStr, home: Option<&Path>) -> Option<PathBuf> {
    let beside = interpreter.parent().map(Path::to_owned);
    let installed = home.map(|home| home.join(".local/bin"));
    beside
        .into_iter()
        .chain(env::split_paths(path))
        .chain(installed)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join("uv"))
        .find(|file| is_program(file))
}

fn is_program(file: &Path) -> bool {
    file.metadata()
        .is_ok_and(|it| it.is_file() && it.permissions().mode() & 0o111 != 0)
}

/// Whether the answer of `uv --version` is that of a version which the engine knows.
pub(super) fn is_known(version: &str) -> bool {
    let numbers = version.strip_prefix("uv ").unwrap_or_default();
    let mut numbers = numbers.split(['.', ' ']).map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(0)), Some(Ok(minor))) => minor >= OLDEST,
        (Some(Ok(major)), Some(Ok(_))) => major > 0,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use tempfile::TempDir;

    #[test]
    fn uv_is_found_in_this_order() {
        let home = TempDir::new().unwrap();
        let venv = home.path().join("venv/bin");
        let path = [home.path().join("first"), home.path().join("second")];
        let local = home.path().join(".local/bin");
        let places = [&local, &path[1], &path[0], &venv];
        let variable = env::join_paths(&path).unwrap();
        let found = || search(&venv.join("python3"), &variable, Some(home.path()));
        fs::create_dir_all(path[0].join("uv")).unwrap();
        assert_eq!(found(), None);
        fs::remove_dir(path[0].join("uv")).unwrap();
        for place in places {
            fs::create_dir_all(place).unwrap();
            let file = place.join("uv");
            fs::write(&file, "").unwrap();
            assert_ne!(found().as_ref(), Some(&file), "it is no program");
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
            assert_eq!(found(), Some(file));
        }
        // A relative folder would depend on the directory of the server.
        assert_eq!(search(Path::new("python3"), OsStr::new(".:"), None), None);
    }

    #[test]
    fn versions_are_compared() {
        for known in [
            "uv 0.5.0",
            "uv 0.13.9 (x86_64-unknown-linux-gnu)",
            "uv 1.0.0",
        ] {
            assert!(is_known(known), "{known}");
        }
        for other in ["uv 0.4.30", "uv 0", "Python 3.11.2", "", "uv x.y"] {
            assert!(!is_known(other), "{other}");
        }
    }
}
