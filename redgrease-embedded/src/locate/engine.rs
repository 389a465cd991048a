//! Search for the engine.

use super::{chosen_or_variable, library, targets, user, wheel};
use crate::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

const VARIABLE: &str = "REDGREASE_ENGINE";

/// The folder of the packages of distributions.
const SYSTEM: &str = "/usr/lib/redgrease";

/// An engine, and the Python to start it with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Engine {
    /// The library to load: the loader, or an engine by itself.
    pub(crate) library: PathBuf,
    /// The Python in which the engine is installed as a wheel. Its packages belong to the gears. `None`:
    /// the loader chooses.
    pub(crate) python: Option<PathBuf>,
}

impl Engine {
    fn without_python(library: PathBuf) -> Self {
        Engine {
            library,
            python: None,
        }
    }
}

/// The places behind the target directories, in the order of the search.
#[derive(Debug)]
struct Places {
    user: Option<PathBuf>,
    pythons: Vec<PathBuf>,
    system: PathBuf,
}

/// The engine outside of the target directories that was found first. Asking a Python takes time, and
/// each test of a program needs the answer.
static INSTALLED: Mutex<Option<Engine>> = Mutex::new(None);

/// The engine: `chosen`, or the one in the environment variable, a target directory, the user's data
/// directory, an installed wheel or the system.
pub(crate) fn engine(chosen: Option<PathBuf>) -> Result<Engine> {
    if let Some((path, origin)) = chosen_or_variable(chosen, "Builder::engine", VARIABLE) {
        return named(&path, origin).map(Engine::without_python);
    }
    let targets = targets::target_dirs();
    if let Some(library) = built(&targets) {
        return Ok(Engine::without_python(library));
    }
    // The lock is held while a Python is asked, so that tests that start together ask once.
    let mut installed = INSTALLED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(engine) = installed.as_ref().filter(|engine| engine.library.is_file()) {
        return Ok(engine.clone());
    }
    let places = Places {
        user: user::engine_dir(),
        pythons: wheel::pythons(),
        system: SYSTEM.into(),
    };
    let engine = places
        .find()
        .map_err(|reasons| missing(&targets, &reasons))?;
    *installed = Some(engine.clone());
    Ok(engine)
}

/// The library in a target directory.
fn built(targets: &[PathBuf]) -> Option<PathBuf> {
    targets
        .iter()
        .flat_map(|dir| ["release", "debug"].map(|profile| dir.join(profile)))
        .find_map(|dir| library::in_target(&dir))
}

impl Places {
    /// The first engine that can be used, or the reason of each place.
    fn find(&self) -> std::result::Result<Engine, Vec<String>> {
        let mut reasons = Vec::new();
        if let Some(dir) = &self.user {
            match in_folder(dir) {
                Ok(library) => return Ok(Engine::without_python(library)),
                Err(reason) => reasons.push(reason),
            }
        }
        for python in &self.pythons {
            match wheel::find(python) {
                Ok(engine) => return Ok(engine),
                Err(reason) => reasons.push(format!("{}: {reason}", python.display())),
            }
        }
        match in_folder(&self.system) {
            Ok(library) => Ok(Engine::without_python(library)),
            Err(reason) => {
                reasons.push(reason);
                Err(reasons)
            }
        }
    }
}

fn in_folder(dir: &Path) -> std::result::Result<PathBuf, String> {
    library::installed(dir).unwrap_or_else(|| Err(format!("{}: nothing", dir.display())))
}

/// The library that a user has named.
fn named(path: &Path, origin: &str) -> Result<PathBuf> {
    let library = path.canonicalize().ok().filter(|path| path.is_file());
    library.ok_or_else(|| {
        Error::new(
            ErrorKind::NoEngine,
            format!(
                "{origin} names {}, which is not a file: correct it, or leave it out to use the \
                 engine of `pip install redgrease-engine`, or of `cargo xtask install` in a clone of \
                 RedGrease",
                path.display()
            ),
        )
    })
}

fn missing(targets: &[PathBuf], reasons: &[String]) -> Error {
    let not_built = |dir: &PathBuf| format!("{}: not built", dir.display());
    let mut looked: Vec<String> = targets.iter().map(not_built).collect();
    looked.extend_from_slice(reasons);
    Error::new(
        ErrorKind::NoEngine,
        format!(
            "no engine was found ({}): install it with `pip install redgrease-engine` in a virtual \
             environment, or build it with `cargo xtask install` in a clone of RedGrease",
            looked.join("; ")
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use tempfile::TempDir;

    /// Empty places below a temporary directory.
    fn places() -> (TempDir, Places) {
        let root = tempfile::tempdir().unwrap();
        let dir = |name: &str| root.path().join(name);
        let places = Places {
            user: Some(dir("user")),
            pythons: vec![dir("venv/bin/python"), dir("bin/python3")],
            system: dir("system"),
        };
        (root, places)
    }

    fn write(path: &Path, text: &str) -> PathBuf {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        path.to_owned()
    }

    /// A folder of installed files with an engine of this version.
    fn install(dir: &Path, version: &str) -> PathBuf {
        let marker = format!("\0redgrease-engine interface=1 python=3.12 version={version};\0");
        write(&dir.join("redgrease-engine-3.12.so"), &marker);
        write(&dir.join("redgrease.so"), "loader")
    }

    fn install_wheel(python: &Path, dir: &Path) -> PathBuf {
        let loader = install(dir, "99.0.0");
        let text = format!(
            "#!/bin/sh\necho 'python={}'\necho 'engine={}'\n",
            python.display(),
            loader.display()
        );
        write(python, &text);
        fs::set_permissions(python, fs::Permissions::from_mode(0o755)).unwrap();
        loader
    }

    #[test]
    fn the_places_are_searched_in_order() {
        let (root, places) = places();
        let found = |places: &Places| places.find().unwrap();
        // From the last place to the first: each hides the places behind it.
        let system = install(&places.system, "99.0.0");
        assert_eq!(found(&places), Engine::without_python(system));
        for (python, folder) in places.pythons.iter().zip(["lib1", "lib2"]).rev() {
            let library = install_wheel(python, &root.path().join(folder));
            let engine = Engine {
                library,
                python: Some(python.clone()),
            };
            assert_eq!(found(&places), engine);
        }
        let user = install(places.user.as_ref().unwrap(), "99.0.0");
        assert_eq!(found(&places), Engine::without_python(user));
    }

    #[test]
    fn the_target_directories_are_searched_in_order() {
        let root = tempfile::tempdir().unwrap();
        let targets = ["one/target", "two/target"].map(|dir| root.path().join(dir));
        assert_eq!(built(&targets), None);
        for (target, profile) in [(1, "debug"), (1, "release"), (0, "debug"), (0, "release")] {
            let dir = targets[target].join(profile);
            // A loader without an engine starts nothing.
            let loader = write(&dir.join(library::built_name("loader")), "");
            assert_ne!(built(&targets).as_ref(), Some(&loader));
            let engine = write(&dir.join(library::built_name("engine")), "");
            assert_eq!(built(&targets).as_ref(), Some(&loader));
            fs::remove_file(&loader).unwrap();
            assert_eq!(built(&targets).as_ref(), Some(&engine));
        }
    }

    #[test]
    fn a_place_that_cannot_be_used_is_passed_by_with_a_reason() {
        let (root, places) = places();
        let user = places.user.clone().unwrap();
        let loader = install(&user, "0.0.9");
        let reasons = || places.find().unwrap_err().join("\n");
        let said = reasons();
        assert!(
            said.contains("has version 0.0.9, and this crate needs"),
            "{said}"
        );
        let engine = user.join("redgrease-engine-3.12.so");
        fs::write(&engine, "\u{7f}ELF of something else").unwrap();
        let said = reasons();
        assert!(
            said.contains("redgrease-engine-3.12.so is not a whole engine"),
            "{said}"
        );
        fs::remove_file(&engine).unwrap();
        let said = reasons();
        assert!(
            said.contains("redgrease.so has no engine beside it"),
            "{said}"
        );
        fs::remove_file(&loader).unwrap();
        std::os::unix::fs::symlink("/no/such", &loader).unwrap();
        let said = reasons();
        assert!(
            said.contains("redgrease.so cannot be read (No such file"),
            "{said}"
        );
        fs::remove_file(&loader).unwrap();
        fs::create_dir(&loader).unwrap();
        let said = reasons();
        assert!(said.contains("redgrease.so is not a file"), "{said}");

        // Like a folder that the user may not enter, which root may.
        fs::remove_dir_all(&user).unwrap();
        std::os::unix::fs::symlink(&user, &user).unwrap();
        let said = reasons();
        assert!(
            said.contains("user/redgrease.so cannot be read ("),
            "{said}"
        );

        let half = root.path().join("half");
        install_wheel(&places.pythons[0], &half);
        fs::remove_file(half.join("redgrease-engine-3.12.so")).unwrap();
        let said = reasons();
        assert!(
            said.contains("bin/python: ") && said.contains("half/redgrease.so has no"),
            "{said}"
        );
        // The next place counts.
        let system = install(&places.system, "99.0.0");
        assert_eq!(places.find().unwrap(), Engine::without_python(system));
    }

    #[test]
    fn the_error_names_each_place_and_two_commands() {
        let (root, places) = places();
        let targets = ["one/target", "two/target"].map(|dir| root.path().join(dir));
        let error = missing(&targets, &places.find().unwrap_err());
        assert_eq!(error.kind(), ErrorKind::NoEngine);
        let said = error.to_string();
        for part in [
            "one/target",
            "two/target",
            "user",
            "venv/bin/python",
            "bin/python3",
            "system",
        ] {
            let part = root.path().join(part);
            assert!(
                said.contains(&part.display().to_string()),
                "{part:?}: {said}"
            );
        }
        for part in ["`pip install redgrease-engine`", "`cargo xtask install`"] {
            assert!(said.contains(part), "{said}");
        }
        assert!(!said.contains('\n'), "{said}");
    }
}
