//! All places of the engine, for a list.

use super::engine::{self, AGAIN_FOR_SYSTEM, SYSTEM, VARIABLE, again_for_user};
use super::unusable::{Flaw, Unusable};
use super::wanted::Wanted;
use super::{library, targets, user, variable, wheel};
use std::fs;
use std::path::{Path, PathBuf};

/// A place in which an engine is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EnginePlace {
    /// The kind of the place.
    pub kind: PlaceKind,
    /// A folder; the file that a variable names; or the Python in whose packages the engine is.
    pub path: PathBuf,
    /// The library that a server loads, if the place can be used.
    pub library: Option<PathBuf>,
    /// The engines that were found there.
    pub engines: Vec<EngineFile>,
    /// Why the place cannot be used. An empty place has a problem, and no remedy.
    pub problem: Option<String>,
    /// What to do about the problem.
    pub remedy: Option<String>,
    /// Whether a server that is started now gets its engine from here.
    pub is_used: bool,
}

/// The kind of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PlaceKind {
    /// The environment variable `REDGREASE_ENGINE`.
    Variable,
    /// A target directory of Cargo.
    Target,
    /// The data directory of the user.
    User,
    /// The packages of a Python.
    Wheel,
    /// The folder of packages of the system.
    System,
}

/// The file of an engine.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EngineFile {
    /// The file.
    pub path: PathBuf,
    /// The version of the engine, such as `0.1.0`. `None` if the file is no whole engine.
    pub version: Option<String>,
    /// The version of Python that it is for, such as `3.12`.
    pub python: Option<String>,
}

impl EnginePlace {
    fn new(
        kind: PlaceKind,
        path: &Path,
        engines: Vec<PathBuf>,
        found: Result<PathBuf, Unusable>,
    ) -> Self {
        let (library, problem, remedy) = match found {
            Ok(library) => (Some(library), None, None),
            Err(unusable) => {
                let place = format!("{}: ", path.display());
                let reason = unusable.reason;
                let reason = reason.strip_prefix(&place).unwrap_or(&reason).to_owned();
                let remedy = Some(unusable.remedy).filter(|_| unusable.flaw != Flaw::Absent);
                (None, Some(reason), remedy)
            }
        };
        EnginePlace {
            kind,
            path: path.to_owned(),
            library,
            engines: engines.into_iter().map(EngineFile::read).collect(),
            problem,
            remedy,
            is_used: false,
        }
    }
}

impl EngineFile {
    /// The engines among these files. Other files, such as a loader, are left out.
    #[must_use]
    pub fn of(files: &[PathBuf]) -> Vec<Self> {
        let all = files.iter().cloned().map(EngineFile::read);
        all.filter(|file| file.version.is_some()).collect()
    }

    fn read(path: PathBuf) -> Self {
        let about = fs::read(&path)
            .ok()
            .and_then(|bytes| library::about(&bytes));
        EngineFile {
            version: about.map(|about| library::dotted(about.version)),
            python: about.map(|about| format!("3.{}", about.minor)),
            path,
        }
    }
}

/// All places, in the order of the search.
pub(crate) fn places() -> Vec<EnginePlace> {
    let wanted = Wanted::new(None);
    let wanted = wanted.as_ref();
    let mut places = Vec::new();
    if let Some(path) = variable(VARIABLE) {
        places.push(of_variable(&path));
    }
    for target in targets::target_dirs() {
        places.push(of_target(&target, wanted));
    }
    let folder = |kind, dir: &Path, again: &str| {
        let found = engine::in_folder(dir, wanted, again);
        EnginePlace::new(kind, dir, library::all_engines(dir), found)
    };
    if let Some(dir) = user::engine_dir() {
        places.push(folder(PlaceKind::User, &dir, &again_for_user(&dir)));
    }
    // Without the Python of the active environment, the search ends there.
    if let Some(removed) = wanted.and_then(Wanted::removed) {
        let python = wanted.and_then(Wanted::program).unwrap_or_default();
        let place = EnginePlace::new(PlaceKind::Wheel, &python, Vec::new(), Err(removed));
        places.push(place);
    } else {
        let named = wanted.filter(|wanted| wanted.is_named());
        for python in wheel::pythons(wanted) {
            let found = wheel::find(&python, named).map(|engine| engine.library);
            let dir = found.as_ref().ok().and_then(|library| library.parent());
            let engines = dir.map(library::all_engines).unwrap_or_default();
            places.push(EnginePlace::new(PlaceKind::Wheel, &python, engines, found));
        }
        places.push(folder(
            PlaceKind::System,
            Path::new(SYSTEM),
            AGAIN_FOR_SYSTEM,
        ));
    }
    // What a variable names is used or an error: no other place is searched then.
    let first = places
        .iter_mut()
        .find(|place| place.kind == PlaceKind::Variable || place.library.is_some());
    if let Some(first) = first {
        first.is_used = first.library.is_some();
    }
    places
}

fn of_variable(path: &Path) -> EnginePlace {
    let found = engine::named(path, VARIABLE).map_err(|error| {
        let text = error.to_string();
        let (reason, remedy) = text.rsplit_once(": ").unwrap_or((&text, ""));
        Unusable::new(Flaw::Folder, reason, remedy)
    });
    let found = found.and_then(|library| {
        if is_any_loader(&library) || is_module(&library) {
            Ok(library)
        } else {
            Err(Unusable::new(
                Flaw::Folder,
                "it is no engine, and no loader of one",
                format!("correct {VARIABLE}, or leave it out"),
            ))
        }
    });
    let loader = found.as_ref().ok().filter(|path| is_any_loader(path));
    let engines = match (loader.and_then(|path| path.parent()), &found) {
        (Some(dir), _) => library::all_engines(dir),
        (None, Ok(engine)) => vec![engine.clone()],
        (None, Err(_)) => Vec::new(),
    };
    EnginePlace::new(PlaceKind::Variable, path, engines, found)
}

fn is_any_loader(path: &Path) -> bool {
    library::is_loader(path) || path.file_name() == Some(library::LOADER.as_ref())
}

/// Whether a file is a module of this project: an engine, or a loader with another name.
fn is_module(path: &Path) -> bool {
    let Ok(bytes) = fs::read(path) else {
        return false;
    };
    let has = |word: &[u8]| bytes.windows(word.len()).any(|part| part == word);
    library::about(&bytes).is_some() || has(b"RedisModule_OnLoad") && has(b"redgrease")
}

fn of_target(target: &Path, wanted: Option<&Wanted>) -> EnginePlace {
    let found = engine::built(&[target.to_owned()], wanted).map_err(|passed| {
        let reasons: Vec<&str> = passed.iter().map(|one| one.reason.as_str()).collect();
        let least = passed.iter().min_by_key(|one| one.flaw);
        let flaw = least.map_or(Flaw::Absent, |one| one.flaw);
        let remedy = least.map(|one| one.remedy.clone()).unwrap_or_default();
        Unusable::new(flaw, reasons.join("; "), remedy)
    });
    let engines = match found.as_ref().ok().and_then(|library| library.parent()) {
        Some(dir) => library::all_engines(dir),
        None => ["release", "debug"]
            .iter()
            .flat_map(|profile| library::all_engines(&target.join(profile)))
            .collect(),
    };
    EnginePlace::new(PlaceKind::Target, target, engines, found)
}
