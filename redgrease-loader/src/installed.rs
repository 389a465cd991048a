//! The place in which an installer has put the loader:
//! `PREFIX/lib/python3.X/site-packages/redgrease_engine/lib/redgrease.so`. It tells which Python is meant.

use crate::environment::{is_environment, programs_in};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// What stands around the loader.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Around {
    /// The directory of a virtual environment. It has one Python.
    Environment(PathBuf),
    /// A directory such as `/usr` or `~/.local`, which may have several Pythons or none.
    Prefix {
        /// The minor version of Python that the loader was installed for.
        minor: u32,
        /// Where that Python may be.
        programs: Vec<PathBuf>,
    },
}

/// What stands around a loader, if its path is that of an installation.
pub(crate) fn around(loader: &Path) -> Option<Around> {
    let above = |steps| loader.ancestors().nth(steps);
    let packages = above(3)?.file_name()?;
    if packages != "site-packages" && packages != "dist-packages" {
        return None;
    }
    let version = above(4)?.file_name().and_then(OsStr::to_str)?;
    let minor = version.strip_prefix("python3.")?.parse().ok()?;
    let prefix = above(6)?;
    if is_environment(prefix) {
        return Some(Around::Environment(prefix.to_owned()));
    }
    let bin = prefix.join("bin");
    let mut programs = vec![bin.join(version)];
    programs.extend(programs_in(&bin));
    Some(Around::Prefix { minor, programs })
}

/// Whether a directory is that of the engines in the Python package.
pub(crate) fn is_of_package(directory: &Path) -> bool {
    directory.ends_with("redgrease_engine/lib")
}

/// How the engines in a directory are installed again.
pub(crate) fn again(directory: &Path) -> &'static str {
    if is_of_package(directory) {
        "install it again with `pip install --force-reinstall redgrease-engine`"
    } else if directory == Path::new("/usr/lib/redgrease") {
        "install the package redgrease-engine again"
    } else {
        "install it again (in a clone of RedGrease with `cargo xtask setup`, for your user with `cargo xtask install`)"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_command_that_installs_again_fits_the_place() {
        for (directory, command) in [
            (
                "/v/lib/python3.11/site-packages/redgrease_engine/lib",
                "pip install",
            ),
            (
                "/home/a/.cache/uv/archive-v0/x/redgrease_engine/lib",
                "pip install",
            ),
            ("/usr/lib/redgrease", "the package redgrease-engine"),
            ("/home/a/redgrease/target/debug", "cargo xtask setup"),
            ("/home/a/.local/share/redgrease/lib", "cargo xtask install"),
        ] {
            let remedy = again(Path::new(directory));
            assert!(remedy.contains(command), "{directory}: {remedy}");
        }
    }

    #[test]
    fn places_of_installers_are_told_from_others() {
        let dir = tempfile::tempdir().unwrap();
        let at = |place: &str| around(&dir.path().join(place).join("redgrease_engine/lib/x.so"));
        for place in [
            "lib/python3.11/site-packages",
            "lib/python3.11/dist-packages",
        ] {
            let bin = dir.path().join("bin");
            let programs = ["python3.11", "python", "python3"].map(|name| bin.join(name));
            let expected = Around::Prefix {
                minor: 11,
                programs: programs.into(),
            };
            assert_eq!(at(place), Some(expected));
        }
        for place in [
            "lib/python3/dist-packages",
            "lib/python3.x/site-packages",
            "lib/python3.11/packages",
            "packages",
        ] {
            assert_eq!(at(place), None, "{place}");
        }
        assert_eq!(around(Path::new("redgrease.so")), None);
        fs::write(dir.path().join("pyvenv.cfg"), "").unwrap();
        let expected = Around::Environment(dir.path().into());
        assert_eq!(at("lib64/python3.11/site-packages"), Some(expected));
    }
}
