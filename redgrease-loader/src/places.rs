//! The places of Pythons: the place of the loader, directories of `PATH`, usual directories.

use crate::installed::{Around, around};
use crate::versions::{NEWEST, OLDEST};
use std::env;
use std::ffi::{OsStr, OsString};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Directories that are searched behind those of `PATH`, which a service may not have.
const USUAL: [&str; 3] = ["/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"];

/// What the search depends on.
#[derive(Debug, Clone, Default)]
pub(crate) struct Surroundings {
    /// The file of the loader as the server names it.
    pub(crate) named: PathBuf,
    /// The file of the loader, with symbolic links resolved.
    pub(crate) loader: PathBuf,
    pub(crate) redgrease_python: Option<OsString>,
    pub(crate) virtual_env: Option<OsString>,
    pub(crate) path: Option<OsString>,
    pub(crate) home: Option<OsString>,
    pub(crate) pyenv_root: Option<OsString>,
}

impl Surroundings {
    /// Those of this process. An empty variable counts as unset.
    pub(crate) fn of_process(named: PathBuf, loader: PathBuf) -> Self {
        let variable = |name| env::var_os(name).filter(|value| !value.is_empty());
        Surroundings {
            named,
            loader,
            redgrease_python: variable("REDGREASE_PYTHON"),
            virtual_env: variable("VIRTUAL_ENV"),
            path: variable("PATH"),
            home: variable("HOME"),
            pyenv_root: variable("PYENV_ROOT"),
        }
    }

    /// The directories of `PATH`, then the usual ones. Relative directories are left out: nobody means that of the server's
    /// data.
    fn directories(&self) -> Vec<PathBuf> {
        let path = self.path.as_deref().unwrap_or_default();
        let mut directories: Vec<PathBuf> = Vec::new();
        for directory in env::split_paths(path).chain(USUAL.map(PathBuf::from)) {
            if directory.is_absolute() && !directories.contains(&directory) {
                directories.push(directory);
            }
        }
        directories
    }

    /// The first program of a name on `PATH` and in the usual directories.
    pub(crate) fn program(&self, name: &OsStr) -> Option<PathBuf> {
        self.programs(name).into_iter().next()
    }

    fn programs(&self, name: &OsStr) -> Vec<PathBuf> {
        let directories = self.directories().into_iter();
        let paths = directories.map(|directory| directory.join(name));
        paths.filter(|path| is_program(path)).collect()
    }

    /// The programs that may be of a minor version, also those of pyenv and uv.
    pub(crate) fn of_version(&self, minor: u32) -> Vec<PathBuf> {
        let name = format!("python3.{minor}");
        let mut programs = self.programs(OsStr::new(&name));
        programs.extend(self.programs(OsStr::new("python3")));
        let home = self.home.as_deref().map(Path::new);
        let pyenv = self.pyenv_root.as_deref().map(PathBuf::from);
        let pyenv = pyenv.or_else(|| Some(home?.join(".pyenv")));
        let uv = home.map(|home| home.join(".local/share/uv"));
        let parents = [
            pyenv.map(|dir| dir.join("versions")),
            uv.map(|dir| dir.join("python")),
        ];
        for parent in parents.into_iter().flatten() {
            let entries = std::fs::read_dir(parent).into_iter().flatten().flatten();
            let mut found: Vec<PathBuf> = entries
                .map(|entry| entry.path().join("bin").join(&name))
                .filter(|path| is_program(path))
                .collect();
            found.sort();
            programs.extend(found);
        }
        programs
    }

    /// The programs to try if nobody has chosen one, and the place of the loader names none.
    pub(crate) fn searched(&self) -> Vec<PathBuf> {
        let mut programs = self.programs(OsStr::new("python3"));
        for minor in (OLDEST..=NEWEST).rev() {
            programs.extend(self.programs(OsStr::new(&format!("python3.{minor}"))));
        }
        let mut seen: Vec<PathBuf> = Vec::new();
        // A link in one directory may lead to the program in another one. A virtual environment is not its Python.
        programs.retain(|program| {
            let directory = program.parent().and_then(crate::system::canonical);
            let same = match (directory, program.file_name()) {
                (Some(directory), Some(name)) => directory.join(name),
                _ => program.clone(),
            };
            let new = !seen.contains(&same);
            seen.push(same);
            new
        });
        programs
    }

    /// What stands around the loader. An installer may have put a link there that leads into its cache, so the path with the link
    /// counts first.
    pub(crate) fn around_loader(&self) -> Option<Around> {
        around(&self.named).or_else(|| around(&self.loader))
    }
}

/// Whether a path is that of a program: a file with the permission to execute.
fn is_program(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// Makes a program and the directories above it.
    fn program(path: &Path) -> PathBuf {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "#!/bin/sh\n").unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        path.to_owned()
    }

    #[test]
    fn the_place_of_a_link_counts_and_not_the_place_it_leads_to() {
        let dir = tempfile::tempdir().unwrap();
        let place = "lib/python3.11/site-packages/redgrease_engine/lib/redgrease.so";
        let (link, target) = (dir.path().join("a venv ä"), dir.path().join("other"));
        for environment in [&link, &target] {
            fs::create_dir(environment).unwrap();
            fs::write(environment.join("pyvenv.cfg"), "").unwrap();
        }
        let mut surroundings = Surroundings {
            named: link.join(place),
            loader: target.join(place),
            ..Surroundings::default()
        };
        assert_eq!(
            surroundings.around_loader(),
            Some(Around::Environment(link))
        );
        surroundings.named = "/etc/redis/redgrease.so".into();
        assert_eq!(
            surroundings.around_loader(),
            Some(Around::Environment(target))
        );
    }

    #[test]
    fn relative_and_empty_directories_of_path_are_left_out() {
        let surroundings = Surroundings {
            path: Some(":bin:.:/x".into()),
            ..Surroundings::default()
        };
        let directories = surroundings.directories();
        assert_eq!(directories[0], Path::new("/x"));
        assert_eq!(directories[1..], USUAL.map(PathBuf::from));
        assert_eq!(
            Surroundings::default().directories(),
            USUAL.map(PathBuf::from)
        );
    }

    #[test]
    fn a_directory_that_is_reached_twice_is_searched_once() {
        let dir = tempfile::tempdir().unwrap();
        program(&dir.path().join("a/python3"));
        std::os::unix::fs::symlink("a", dir.path().join("b")).unwrap();
        let path = env::join_paths([dir.path().join("a"), dir.path().join("b")]).unwrap();
        let surroundings = Surroundings {
            path: Some(path),
            ..Surroundings::default()
        };
        let of_test = |program: &&PathBuf| program.starts_with(dir.path());
        assert_eq!(surroundings.searched().iter().filter(of_test).count(), 1);
    }

    #[test]
    fn pythons_of_pyenv_and_uv_are_found_by_their_version() {
        let dir = tempfile::tempdir().unwrap();
        let pyenv = program(&dir.path().join(".pyenv/versions/3.42.1/bin/python3.42"));
        let uv = program(
            &dir.path()
                .join(".local/share/uv/python/cpython-3.42/bin/python3.42"),
        );
        let surroundings = Surroundings {
            home: Some(dir.path().into()),
            ..Surroundings::default()
        };
        let found = surroundings.of_version(42);
        assert!(found.ends_with(&[pyenv, uv]), "{found:?}");
    }
}
