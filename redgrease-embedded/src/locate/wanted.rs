//! The Python that the loader will run, whatever place the engine comes from: the one of a module
//! argument, of `REDGREASE_PYTHON` or of the active virtual environment.

use super::unusable::{Flaw, Unusable};
use super::{interpreter, is_program, on_path, variable};
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The Python that was last asked for its version, and its answer.
static ASKED: Mutex<Option<(PathBuf, Option<u32>)>> = Mutex::new(None);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    Argument,
    Variable,
    Environment,
}

/// The Python that the loader will run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    origin: Origin,
    value: OsString,
}

impl Wanted {
    /// The Python of the module argument, or of the environment.
    pub(crate) fn new(argument: Option<&OsString>) -> Option<Self> {
        let wanted = |origin, value| Wanted { origin, value };
        let of = |name, origin| Some(wanted(origin, variable(name)?.into_os_string()));
        argument
            .map(|value| wanted(Origin::Argument, value.clone()))
            .or_else(|| of("REDGREASE_PYTHON", Origin::Variable))
            .or_else(|| of("VIRTUAL_ENV", Origin::Environment))
    }

    /// The Python of an active virtual environment.
    #[cfg(test)]
    pub(super) fn active(environment: &Path) -> Self {
        Wanted {
            origin: Origin::Environment,
            value: environment.into(),
        }
    }

    /// Whether the Python of a wheel gives way to this one.
    pub(super) fn is_named(&self) -> bool {
        self.origin != Origin::Environment
    }

    /// The engine among those for these minor versions of Python; `None` if the version is not known.
    ///
    /// # Errors
    /// No engine is for this Python.
    pub(super) fn choose(&self, minors: &[u32]) -> Result<Option<u32>, Unusable> {
        if let Some(minor) = self.noted_version().filter(|minor| minors.contains(minor)) {
            return Ok(Some(minor));
        }
        // A note may be older than the Python: before a place is passed by, the Python itself counts.
        match self.version() {
            Some(minor) if !minors.contains(&minor) => Err(self.misfit(minor, minors)),
            minor => Ok(minor),
        }
    }

    fn misfit(&self, minor: u32, minors: &[u32]) -> Unusable {
        let (origin, other) = match self.origin {
            Origin::Argument => (
                "the module argument Python",
                "name a Python of such a version in the module argument",
            ),
            Origin::Variable => (
                "REDGREASE_PYTHON",
                "name a Python of such a version in REDGREASE_PYTHON",
            ),
            Origin::Environment => ("VIRTUAL_ENV", "unset VIRTUAL_ENV"),
        };
        let value = self.value.to_string_lossy();
        let value = match version_in_name(&value) {
            Some(_) => value.into_owned(),
            None => format!("{value}, a Python 3.{minor}"),
        };
        Unusable::new(
            Flaw::OtherPython,
            format!(
                "made for Python {}, and {origin} names {value}",
                versions(minors)
            ),
            format!(
                "install an engine for Python 3.{minor} with `pip install redgrease-engine` in a \
                 virtual environment that is active, or {other}"
            ),
        )
    }

    /// The active virtual environment, if its Python was removed. The loader does not take another one.
    pub(super) fn removed(&self) -> Option<Unusable> {
        if self.origin != Origin::Environment {
            return None;
        }
        let program = self.program()?;
        if is_program(&program) {
            return None;
        }
        let reason = match fs::read_link(&program) {
            Ok(target) => format!("is a link to {}, which cannot be run", target.display()),
            Err(_) if program.exists() => "cannot be run".to_owned(),
            Err(_) => "does not exist".to_owned(),
        };
        let remedy =
            "make the virtual environment that VIRTUAL_ENV names again, or unset VIRTUAL_ENV";
        Some(Unusable::new(Flaw::Wheel, reason, remedy).at(program.display()))
    }

    /// The version that can be told without running anything.
    fn noted_version(&self) -> Option<u32> {
        let path = Path::new(&self.value);
        if !self.is_path() {
            return version_in_name(self.value.to_str()?);
        }
        let prefix = if path.is_dir() {
            path
        } else {
            path.parent()?.parent()?
        };
        let config = fs::read_to_string(prefix.join("pyvenv.cfg")).ok()?;
        version_in_config(&config)
    }

    fn version(&self) -> Option<u32> {
        if !self.is_path()
            && let Some(minor) = version_in_name(self.value.to_str()?)
        {
            return Some(minor);
        }
        let program = self.program()?;
        let mut asked = ASKED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, minor)) = asked.as_ref().filter(|(known, _)| *known == program) {
            return *minor;
        }
        let answer = interpreter::ask(&program, interpreter::PATIENCE).ok();
        let minor = answer.and_then(|answer| answer.minor);
        *asked = Some((program, minor));
        minor
    }

    /// The program, as the loader finds it.
    pub(super) fn program(&self) -> Option<PathBuf> {
        let path = Path::new(&self.value);
        if self.origin == Origin::Environment || (self.is_path() && path.is_dir()) {
            return Some(python_in(path));
        }
        if self.is_path() {
            return Some(path.to_owned());
        }
        let name = match version_in_name(self.value.to_str()?) {
            Some(minor) => PathBuf::from(format!("python3.{minor}")),
            None => path.to_owned(),
        };
        let usual = ["/usr/bin", "/usr/local/bin"].map(|dir| Path::new(dir).join(&name));
        on_path(&[&name])
            .chain(usual)
            .find(|program| is_program(program))
    }

    fn is_path(&self) -> bool {
        self.origin == Origin::Environment || self.value.as_bytes().contains(&b'/')
    }
}

/// The Python of a virtual environment, whether it can be run or not.
pub(super) fn python_in(environment: &Path) -> PathBuf {
    let program = environment.join("bin/python");
    let other = environment.join("bin/python3");
    let exists = |path: &Path| path.symlink_metadata().is_ok();
    if !exists(&program) && exists(&other) {
        other
    } else {
        program
    }
}

/// Names minor versions: `3.9, 3.12`.
pub(super) fn versions(minors: &[u32]) -> String {
    let names: Vec<String> = minors.iter().map(|minor| format!("3.{minor}")).collect();
    names.join(", ")
}

/// The minor version in `3.12` or `python3.12`.
fn version_in_name(name: &str) -> Option<u32> {
    let version = name.strip_prefix("python").unwrap_or(name);
    version.strip_prefix("3.")?.parse().ok()
}

/// The minor version in a `pyvenv.cfg`: `version = 3.12.1` of venv, `version_info = 3.12.1` of uv, or
/// `version_info = 3.12.1.final.0` of virtualenv.
fn version_in_config(config: &str) -> Option<u32> {
    config.lines().find_map(|line| {
        let (name, value) = line.split_once('=')?;
        if !["version", "version_info"].contains(&name.trim()) {
            return None;
        }
        value
            .trim()
            .strip_prefix("3.")?
            .split('.')
            .next()?
            .parse()
            .ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_note_of_an_environment_does_not_decide_against_a_place() {
        let dir = tempfile::tempdir().unwrap();
        let bin = dir.path().join("bin");
        fs::create_dir(&bin).unwrap();
        let python = bin.join("python3");
        crate::testing::program(&python, "echo python=/p; echo version=3.12");
        fs::write(dir.path().join("pyvenv.cfg"), "version = 3.11.2\n").unwrap();
        let wanted = Wanted::active(dir.path());
        assert_eq!(wanted.choose(&[11]), Ok(Some(11)));
        assert_eq!(wanted.choose(&[12]), Ok(Some(12)));
        let unusable = wanted.choose(&[9, 10]).unwrap_err();
        assert!(
            unusable
                .reason
                .starts_with("made for Python 3.9, 3.10, and VIRTUAL_ENV names ")
                && unusable.reason.ends_with(", a Python 3.12"),
            "{unusable:?}"
        );
        assert!(unusable.remedy.ends_with("or unset VIRTUAL_ENV"));
        assert_eq!(wanted.removed(), None);
    }

    #[test]
    fn the_version_is_read_from_names_and_configurations() {
        assert_eq!(version_in_name("3.12"), Some(12));
        assert_eq!(version_in_name("python3.9"), Some(9));
        for odd in ["python3", "3", "3.12.1", "3.", "2.7", "/3.12"] {
            assert_eq!(version_in_name(odd), None, "{odd}");
        }
        for line in [
            "version = 3.12.1",
            "version_info = 3.12.1.final.0",
            "version_info=3.12",
        ] {
            let config = format!("home = /usr/bin\nvirtualenv = 3.1\n{line}\nprompt = x\n");
            assert_eq!(version_in_config(&config), Some(12), "{line}");
        }
        for odd in ["", "version", "version = 2.7", "version = 3.x"] {
            assert_eq!(version_in_config(odd), None, "{odd}");
        }
    }
}
