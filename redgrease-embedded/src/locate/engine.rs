//! Search for the engine.

use super::unusable::{Flaw, Unusable};
use super::wanted::Wanted;
use super::{chosen_or_variable, library, targets, user, wheel};
use crate::{Error, ErrorKind, Result};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

pub(super) const VARIABLE: &str = "REDGREASE_ENGINE";

/// The folder of the packages of distributions.
pub(super) const SYSTEM: &str = "/usr/lib/redgrease";

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
static INSTALLED: Mutex<Option<(Option<Wanted>, Engine)>> = Mutex::new(None);

/// The engine: `chosen`, or the one in the environment variable, a target directory, the user's data
/// directory, an installed wheel or the system. `python` is the module argument of that name.
pub(crate) fn engine(chosen: Option<PathBuf>, python: Option<&OsString>) -> Result<Engine> {
    if let Some((path, origin)) = chosen_or_variable(chosen, "Builder::engine", VARIABLE) {
        return named(&path, origin).map(Engine::without_python);
    }
    let targets = targets::target_dirs();
    let wanted = Wanted::new(python);
    let mut passed = match built(&targets, wanted.as_ref()) {
        Ok(library) => return Ok(Engine::without_python(library)),
        Err(passed) => passed,
    };
    // The lock is held while a Python is asked, so that tests that start together ask once.
    let mut installed = INSTALLED.lock().unwrap_or_else(PoisonError::into_inner);
    let known =
        |(same, engine): &&(Option<Wanted>, Engine)| *same == wanted && engine.library.is_file();
    if let Some((_, engine)) = installed.as_ref().filter(known) {
        return Ok(engine.clone());
    }
    let places = Places {
        user: user::engine_dir(),
        pythons: wheel::pythons(wanted.as_ref()),
        system: SYSTEM.into(),
    };
    let engine = places.find(wanted.as_ref()).map_err(|more| {
        passed.extend(more);
        missing(&passed)
    })?;
    *installed = Some((wanted, engine.clone()));
    Ok(engine)
}

/// The library in a target directory, or the reason of each directory.
pub(super) fn built(
    targets: &[PathBuf],
    wanted: Option<&Wanted>,
) -> std::result::Result<PathBuf, Vec<Unusable>> {
    let mut passed = Vec::new();
    for target in targets {
        let mut is_built = false;
        for dir in ["release", "debug"].map(|profile| target.join(profile)) {
            let Some(library) = library::in_target(&dir) else {
                continue;
            };
            is_built = true;
            // An engine without the loader runs the Python that it was linked with.
            let Some(wanted) = wanted.filter(|_| library::is_loader(&library)) else {
                return Ok(library);
            };
            match wanted.choose(&library::built_for(&dir)) {
                Ok(_) => return Ok(library),
                Err(unusable) => passed.push(unusable.at(dir.display())),
            }
        }
        if !is_built {
            passed.push(Unusable::absent("not built").at(target.display()));
        }
    }
    Err(passed)
}

impl Places {
    /// The first engine that can be used, or the reason of each place.
    fn find(&self, wanted: Option<&Wanted>) -> std::result::Result<Engine, Vec<Unusable>> {
        let mut passed = Vec::new();
        if let Some(dir) = &self.user {
            match in_folder(dir, wanted, &again_for_user(dir)) {
                Ok(library) => return Ok(Engine::without_python(library)),
                Err(unusable) => passed.push(unusable),
            }
        }
        if let Some(unusable) = wanted.and_then(Wanted::removed) {
            passed.push(unusable);
            return Err(passed);
        }
        // The Python of a wheel runs, unless another one is named.
        let named = wanted.filter(|wanted| wanted.is_named());
        for python in &self.pythons {
            match wheel::find(python, named) {
                Ok(engine) => return Ok(engine),
                Err(unusable) => passed.push(unusable),
            }
        }
        match in_folder(&self.system, wanted, AGAIN_FOR_SYSTEM) {
            Ok(library) => Ok(Engine::without_python(library)),
            Err(unusable) => {
                passed.push(unusable);
                Err(passed)
            }
        }
    }
}

pub(super) const AGAIN_FOR_SYSTEM: &str = "install the package that these files belong to again";

/// How to mend the folder of the user.
pub(super) fn again_for_user(dir: &Path) -> String {
    format!(
        "install it again with `redgrease engine install`, or with `cargo xtask install` in a clone of RedGrease, or remove {} \
         and run `pip install redgrease-engine` in a virtual environment",
        dir.display()
    )
}

/// The loader in a folder. `again` says how to mend the folder.
pub(super) fn in_folder(
    dir: &Path,
    wanted: Option<&Wanted>,
    again: &str,
) -> std::result::Result<PathBuf, Unusable> {
    let choose = |minors: &[u32]| wanted.map_or(Ok(None), |wanted| wanted.choose(minors));
    match library::installed(dir, choose) {
        Ok(Some(library)) => Ok(library),
        Ok(None) => Err(Unusable::absent("nothing").at(dir.display())),
        Err(library::Unfit::Broken(reason) | library::Unfit::Outdated(reason)) => {
            Err(Unusable::new(Flaw::Folder, reason, again))
        }
        Err(library::Unfit::OtherPython(unusable)) => Err(unusable.at(dir.display())),
    }
}

/// The library that a user has named.
pub(super) fn named(path: &Path, origin: &str) -> Result<PathBuf> {
    let library = path.canonicalize().ok().filter(|path| path.is_file());
    let library = library.ok_or_else(|| {
        Error::new(
            ErrorKind::NoEngine,
            format!(
                "{origin} names {}, which is not a file: correct it, or leave it out to use the \
                 engine of `pip install redgrease-engine`, or of `cargo xtask install` in a clone of \
                 RedGrease",
                path.display()
            ),
        )
    })?;
    // It is not linked with a Python: the server would end with an undefined symbol.
    if library::is_installed_engine(&library) {
        return Err(Error::new(
            ErrorKind::NoEngine,
            format!(
                "{origin} names {}, an engine for one Python, which only the loader can open: name \
                 the loader {}",
                path.display(),
                library::loader_beside(&library).display()
            ),
        ));
    }
    Ok(library)
}

fn missing(passed: &[Unusable]) -> Error {
    let reasons: Vec<&str> = passed.iter().map(|one| one.reason.as_str()).collect();
    let least = passed.iter().min_by_key(|one| one.flaw);
    let remedy = match least.filter(|one| one.flaw != Flaw::Absent) {
        Some(flawed) => &flawed.remedy,
        None => {
            "install it with `redgrease engine install`, or with `pip install redgrease-engine` in a virtual \
             environment, or build it with `cargo xtask install` in a clone of RedGrease"
        }
    };
    Error::new(
        ErrorKind::NoEngine,
        format!("no engine was found ({}): {remedy}", reasons.join("; ")),
    )
}

#[cfg(test)]
mod tests;
