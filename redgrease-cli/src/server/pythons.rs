//! The Pythons of this machine, in the places in which the engine looks for one.

use serde::Serialize;
use std::env;
use std::ffi::OsStr;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long a Python may take to answer.
const PATIENCE: Duration = Duration::from_secs(15);
const PAUSE: Duration = Duration::from_millis(10);

/// Prints four lines: the version, the shared library if it exists, whether pip is there, and whether there is a GIL.
const QUESTION: &str = "
import importlib.util, os, sys, sysconfig
get = sysconfig.get_config_var
name = get('INSTSONAME') or get('LDLIBRARY') or ''
places = [get('LIBDIR') or '', os.path.join(get('LIBDIR') or '', get('MULTIARCH') or ''), os.path.join(sys.base_prefix, 'lib')]
files = [os.path.join(place, name) for place in places if '.so' in name or name.endswith('.dylib')]
print('%d.%d' % sys.version_info[:2])
print(next((file for file in files if os.path.exists(file)), ''))
print(all(importlib.util.find_spec(name) is not None for name in ('venv', 'ensurepip')))
print(not get('Py_GIL_DISABLED'))
";

/// A Python that answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Python {
    pub(super) program: PathBuf,
    /// Such as `3.12`.
    pub(super) version: String,
    pub(super) libpython: Option<PathBuf>,
    /// Whether it makes virtual environments with pip, as the engine does for the packages of gears.
    pub(super) makes_environments: bool,
    pub(super) has_gil: bool,
}

impl Python {
    /// Asks a program.
    pub(super) fn ask(program: &Path) -> Result<Self, String> {
        let said = answer(Command::new(program).args(["-c", QUESTION]))?;
        parse(program, &said).ok_or_else(|| "did not answer like a Python 3".to_owned())
    }

    /// Why an engine cannot run it.
    pub(super) fn flaw(&self) -> Option<&'static str> {
        if self.libpython.is_none() {
            Some("has no shared library")
        } else if !self.has_gil {
            Some("is built without the GIL")
        } else {
            None
        }
    }
}

/// The Python that a user means: a program, a virtual environment, a name on `PATH`, or a version.
pub(super) fn named(name: &OsStr) -> Option<PathBuf> {
    let path = Path::new(name);
    if path.components().count() > 1 || path.is_absolute() || path.is_dir() {
        return if path.is_dir() {
            Some(path.join("bin/python")).filter(|program| program.exists())
        } else {
            Some(path.to_owned()).filter(|program| program.exists())
        };
    }
    let name = name.to_string_lossy();
    let name = if name.starts_with(|c: char| c.is_ascii_digit()) {
        format!("python{name}")
    } else {
        name.into_owned()
    };
    directories()
        .into_iter()
        .map(|dir| dir.join(&name))
        .find(|program| program.is_file())
}

/// The Python that runs if nothing else is said: that of `REDGREASE_PYTHON`, of the active virtual environment, or `python3`.
pub(super) fn usual() -> Option<PathBuf> {
    let variable = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
    variable("REDGREASE_PYTHON")
        .or_else(|| variable("VIRTUAL_ENV"))
        .map_or_else(|| named(OsStr::new("python3")), |name| named(&name))
}

/// The Pythons that answer: the usual one first, then those of these versions.
pub(super) fn find(versions: &[String]) -> Vec<Python> {
    let mut programs: Vec<PathBuf> = usual().into_iter().collect();
    programs.extend(named(OsStr::new("python3")));
    programs.extend(
        versions
            .iter()
            .filter_map(|version| named(OsStr::new(version))),
    );
    let mut known: Vec<PathBuf> = Vec::new();
    programs.retain(|program| {
        let real = program.canonicalize().unwrap_or_else(|_| program.clone());
        let is_new = !known.contains(&real);
        known.push(real);
        is_new
    });
    programs
        .iter()
        .filter_map(|program| Python::ask(program).ok())
        .collect()
}

/// The folders in which programs are looked for: those of `PATH`, the usual ones, and those of pyenv and uv.
fn directories() -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut dirs: Vec<PathBuf> = env::split_paths(&path).collect();
    dirs.extend(["/usr/bin", "/usr/local/bin"].map(PathBuf::from));
    let Some(home) = env::var_os("HOME").map(PathBuf::from) else {
        return dirs;
    };
    for managed in [".pyenv/versions", ".local/share/uv/python"] {
        let versions = std::fs::read_dir(home.join(managed));
        let mut versions: Vec<PathBuf> = versions
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path().join("bin"))
            .collect();
        versions.sort();
        dirs.extend(versions);
    }
    dirs
}

/// What a program prints, if it ends well in time.
pub(super) fn answer(command: &mut Command) -> Result<String, String> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|e| format!("could not be started ({e})"))?;
    let deadline = Instant::now() + PATIENCE;
    // The answer is shorter than what a pipe holds.
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if Instant::now() < deadline => thread::sleep(PAUSE),
            Ok(None) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("did not answer within {PATIENCE:?}"));
            }
            Err(e) => return Err(format!("did not end ({e})")),
        }
    };
    let mut said = String::new();
    if let Some(mut out) = child.stdout.take() {
        out.read_to_string(&mut said)
            .map_err(|e| format!("did not answer ({e})"))?;
    }
    if status.success() {
        Ok(said)
    } else {
        Err(format!("has failed ({status})"))
    }
}

fn parse(program: &Path, said: &str) -> Option<Python> {
    let mut lines = said.lines();
    let version = lines.next()?.to_owned();
    if !version.starts_with("3.") {
        return None;
    }
    let libpython = lines.next()?;
    Some(Python {
        program: program.to_owned(),
        version,
        libpython: Some(libpython)
            .filter(|path| !path.is_empty())
            .map(PathBuf::from),
        makes_environments: lines.next()? == "True",
        has_gil: lines.next()? == "True",
    })
}

#[cfg(test)]
mod tests {
    use super::parse;
    use std::path::Path;

    #[test]
    fn answers_are_read() {
        let program = Path::new("/p");
        let python = parse(program, "3.12\n/usr/lib/libpython3.12.so\nTrue\nTrue\n").unwrap();
        assert_eq!(python.version, "3.12");
        assert!(python.makes_environments && python.flaw().is_none());
        let lacks = parse(program, "3.12\n\nFalse\nTrue\n").unwrap();
        assert_eq!(lacks.flaw(), Some("has no shared library"));
        let threads = parse(program, "3.13\n/l.so\nFalse\nFalse\n").unwrap();
        assert_eq!(threads.flaw(), Some("is built without the GIL"));
        for odd in ["", "2.7\n\nTrue\nTrue\n", "3.12\n"] {
            assert_eq!(parse(program, odd), None, "{odd:?}");
        }
    }
}
