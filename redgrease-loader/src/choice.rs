//! Which Python is used. A Python that was named must be usable. Of those that are searched for, the first usable one
//! counts.

use crate::arguments::Chosen;
use crate::engines::Engines;
use crate::failure::Failure;
use crate::interpreter::{self, Interpreter};
use crate::places::{self, Surroundings};
use crate::suitable::{self, OLDEST};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// A Python that can be used.
#[derive(Debug)]
pub(crate) struct Python {
    pub(crate) program: PathBuf,
    pub(crate) minor: u32,
    pub(crate) libpython: PathBuf,
}

/// What a name of a Python means.
#[derive(Debug, PartialEq, Eq)]
enum Wish {
    /// A minor version of Python 3.
    Version(u32),
    /// A program, or the directory of a virtual environment.
    Path(PathBuf),
    /// The name of a program.
    Name(OsString),
}

/// Chooses the Python.
pub(crate) fn choose(
    argument: Option<Chosen>,
    surroundings: &Surroundings,
    engines: &Engines,
) -> Result<Python, Failure> {
    if let Some(argument) = argument {
        let origin = format!("the module argument {}", argument.name);
        let value = OsString::from_vec(argument.value);
        return named(&value, &origin, surroundings, engines);
    }
    if let Some(value) = &surroundings.redgrease_python {
        return named(value, "REDGREASE_PYTHON", surroundings, engines);
    }
    if let Some(value) = &surroundings.virtual_env {
        let program = places::python_in(&absolute(Path::new(value)));
        return usable(&program, engines).map_err(|failure| {
            let failure = failure.of(program.display()).of("VIRTUAL_ENV:");
            Failure {
                remedy: format!("{} (or unset VIRTUAL_ENV)", failure.remedy),
                ..failure
            }
        });
    }
    first(&surroundings.searched(), engines)
}

/// The Python that an argument or a variable names.
fn named(
    value: &OsStr,
    origin: &str,
    surroundings: &Surroundings,
    engines: &Engines,
) -> Result<Python, Failure> {
    let shown = value.to_string_lossy();
    let program = match wish(value).map_err(|failure| failure.of(format!("{origin} {shown}")))? {
        Wish::Version(minor) => {
            return of_version(minor, surroundings, engines)
                .map_err(|failure| failure.of(format!("{origin} {shown}:")));
        }
        Wish::Path(path) => path,
        Wish::Name(name) => surroundings.program(&name).ok_or_else(|| {
            Failure::new(
                format!("{origin} names {shown}, which is neither on PATH nor in /usr/bin or /usr/local/bin"),
                "give the whole path of a Python",
            )
        })?,
    };
    usable(&program, engines)
        .map_err(|failure| failure.of(format!("{origin}: {}", program.display())))
}

/// The first usable Python of a minor version.
fn of_version(
    minor: u32,
    surroundings: &Surroundings,
    engines: &Engines,
) -> Result<Python, Failure> {
    if !engines.has(minor) {
        return Err(engines.none_for(minor).of("that"));
    }
    let mut first: Option<Failure> = None;
    for program in surroundings.of_version(minor) {
        let judged = interpreter::ask(&program).and_then(|python| {
            if python.answer.version != (3, minor) {
                return Ok(None);
            }
            judge(python, engines).map(Some)
        });
        match judged {
            Ok(Some(python)) => return Ok(python),
            Ok(None) => {}
            Err(failure) => {
                first.get_or_insert(failure.of(program.display()));
            }
        }
    }
    Err(first.unwrap_or_else(|| {
        Failure::new(
            format!(
                "no python3.{minor} was found on PATH, in /usr/bin, /usr/local/bin, pyenv or uv"
            ),
            format!(
                "install Python 3.{minor} with its shared library, or give the path of its program"
            ),
        )
    }))
}

/// The first usable one of these programs.
fn first(programs: &[PathBuf], engines: &Engines) -> Result<Python, Failure> {
    let mut failures = Vec::new();
    for program in programs {
        match usable(program, engines) {
            Ok(python) => return Ok(python),
            Err(failure) => failures.push(failure.of(program.display())),
        }
    }
    let Some(first) = failures.first() else {
        return Err(Failure::new(
            "no Python was found on PATH, in /usr/bin or in /usr/local/bin",
            format!(
                "install Python 3.{OLDEST} or newer with its shared library, or name one with the module argument Python"
            ),
        ));
    };
    let reasons: Vec<&str> = failures.iter().map(|one| one.reason.as_str()).collect();
    Err(Failure::new(
        format!("no Python can be used ({})", reasons.join("; ")),
        first.remedy.clone(),
    ))
}

/// Asks a program, and checks that it can be used. The reason of a failure begins with a verb.
fn usable(program: &Path, engines: &Engines) -> Result<Python, Failure> {
    judge(interpreter::ask(program)?, engines)
}

fn judge(python: Interpreter, engines: &Engines) -> Result<Python, Failure> {
    suitable::check(&python)?;
    let (_, minor) = python.answer.version;
    // A Python without an engine is of no use, also if its library were installed.
    if !engines.has(minor) {
        return Err(engines.none_for(minor));
    }
    Ok(Python {
        libpython: suitable::library(&python)?,
        program: python.program,
        minor,
    })
}

/// Reads the name of a Python: a version, a path or the name of a program.
fn wish(value: &OsStr) -> Result<Wish, Failure> {
    if value.as_bytes().contains(&b'/') {
        let path = absolute(Path::new(value));
        return Ok(Wish::Path(if path.is_dir() {
            places::python_in(&path)
        } else {
            path
        }));
    }
    let Some(text) = value.to_str() else {
        return Ok(Wish::Name(value.to_owned()));
    };
    let version = text.strip_prefix("python").unwrap_or(text);
    if let Some(minor) = version.strip_prefix("3.")
        && let Ok(minor) = minor.parse()
    {
        return Ok(Wish::Version(minor));
    }
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(Failure::new(
            "is neither a path nor a version of Python",
            "give major and minor version, such as 3.12, or the path of a Python",
        ));
    }
    Ok(Wish::Name(value.to_owned()))
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_names_and_paths_are_told_apart() {
        let read = |text: &str| wish(OsStr::new(text));
        for text in ["3.12", "python3.12"] {
            assert_eq!(read(text), Ok(Wish::Version(12)));
        }
        for text in ["python3", "python", "pypy3", "x"] {
            assert_eq!(read(text), Ok(Wish::Name(text.into())));
        }
        for text in ["12", "3", "3.12.1", "2.7", "3.x", "312"] {
            let line = read(text).unwrap_err().line();
            assert!(line.ends_with("or the path of a Python"), "{line}");
        }
        assert_eq!(read("/no/such"), Ok(Wish::Path("/no/such".into())));
        let here = std::env::current_dir().unwrap();
        assert_eq!(read("./a"), Ok(Wish::Path(here.join("a"))));
    }

    #[test]
    fn a_directory_means_the_python_in_it() {
        let dir = tempfile::tempdir().unwrap();
        let read = wish(dir.path().as_os_str()).unwrap();
        assert_eq!(read, Wish::Path(dir.path().join("bin/python")));
    }
}
