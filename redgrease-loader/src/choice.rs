//! Which Python is used. A Python that was named must be usable, and so must that of the virtual environment in which the
//! loader is installed. Of those that are searched for, the first usable one counts.

use crate::arguments::Chosen;
use crate::engines::Engines;
use crate::environment;
use crate::failure::Failure;
use crate::installed::Around;
use crate::interpreter::{self, Interpreter};
use crate::places::Surroundings;
use crate::suitable;
use crate::versions::OLDEST;
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

/// A program to try.
struct Candidate {
    program: PathBuf,
    /// The minor version that it must have to count.
    minor: Option<u32>,
}

/// What a name of a Python means.
#[derive(Debug, PartialEq, Eq)]
enum Wish {
    /// A minor version of Python 3.
    Version(u32),
    /// The directory of a virtual environment or prefix.
    Directory(PathBuf),
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
        return of_environment(&absolute(Path::new(value)), engines).map_err(|failure| {
            let remedy = format!("{} (or unset VIRTUAL_ENV)", failure.remedy);
            Failure { remedy, ..failure }.of("VIRTUAL_ENV:")
        });
    }
    let mut candidates = Vec::new();
    match surroundings.around_loader() {
        // Another Python would lack the packages of the environment.
        Some(Around::Environment(directory)) => {
            return of_environment(&directory, engines).map_err(|failure| {
                let other = "name another Python with the module argument Python or the variable REDGREASE_PYTHON";
                let remedy = format!("{} (or {other})", failure.remedy);
                Failure { remedy, ..failure }.of("the virtual environment of the loader:")
            });
        }
        Some(Around::Prefix { minor, programs }) => {
            let programs = programs.into_iter().filter(|program| program.exists());
            let others = surroundings.of_version(minor);
            candidates.extend(programs.chain(others).map(|program| Candidate {
                program,
                minor: Some(minor),
            }));
        }
        None => {}
    }
    let searched = surroundings.searched().into_iter();
    candidates.extend(searched.map(|program| Candidate {
        program,
        minor: None,
    }));
    first(candidates, engines).map_err(|failures| none_usable(&failures))
}

/// The Python of a virtual environment. The subject of the failure's reason is the directory or the program.
fn of_environment(directory: &Path, engines: &Engines) -> Result<Python, Failure> {
    let program =
        environment::python_in(directory).map_err(|failure| failure.of(directory.display()))?;
    usable(&program, engines).map_err(|failure| failure.of(program.display()))
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
        Wish::Directory(directory) => {
            return of_environment(&directory, engines)
                .map_err(|failure| failure.of(format!("{origin}:")));
        }
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
        .map_err(|failure| failure.of(program.display()).of(format!("{origin}:")))
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
    let programs = surroundings.of_version(minor).into_iter();
    let candidates = programs.map(|program| Candidate {
        program,
        minor: Some(minor),
    });
    first(candidates.collect(), engines).map_err(|failures| {
        failures.into_iter().next().unwrap_or_else(|| {
            Failure::new(
                format!(
                    "no python3.{minor} was found on PATH, in /usr/bin, /usr/local/bin, pyenv or uv"
                ),
                format!(
                    "install Python 3.{minor} with its shared library, or give the path of its program"
                ),
            )
        })
    })
}

/// The first usable one of these programs. Otherwise what is wrong with each. A program is asked once.
fn first(candidates: Vec<Candidate>, engines: &Engines) -> Result<Python, Vec<Failure>> {
    let mut asked: Vec<(PathBuf, Result<Interpreter, Failure>)> = Vec::new();
    let mut failures = Vec::new();
    for Candidate { program, minor } in candidates {
        let known = asked.iter().find(|(path, _)| *path == program);
        let answer = known.map_or_else(|| interpreter::ask(&program), |(_, answer)| answer.clone());
        let judged = match &answer {
            Ok(python) if minor.is_some_and(|minor| python.answer.version != (3, minor)) => None,
            Ok(python) => Some(judge(python.clone(), engines)),
            Err(failure) => Some(Err(failure.clone())),
        };
        match judged {
            Some(Ok(python)) => return Ok(python),
            Some(Err(failure)) => {
                let failure = failure.of(program.display());
                if !failures.contains(&failure) {
                    failures.push(failure);
                }
            }
            None => {}
        }
        asked.push((program, answer));
    }
    Err(failures)
}

/// One failure for a search that has found nothing.
fn none_usable(failures: &[Failure]) -> Failure {
    let Some(first) = failures.first() else {
        return Failure::new(
            "no Python was found on PATH, in /usr/bin or in /usr/local/bin",
            format!(
                "install Python 3.{OLDEST} or newer with its shared library, or name one with the module argument Python or the variable REDGREASE_PYTHON"
            ),
        );
    };
    let reasons: Vec<&str> = failures.iter().map(|one| one.reason.as_str()).collect();
    Failure::new(
        format!("no Python can be used ({})", reasons.join("; ")),
        first.remedy.clone(),
    )
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
    let libpython = suitable::library(&python)?;
    suitable::check_library(&python, &libpython)?;
    Ok(Python {
        libpython,
        program: python.program,
        minor,
    })
}

/// Reads the name of a Python: a version, a path or the name of a program.
fn wish(value: &OsStr) -> Result<Wish, Failure> {
    if value.as_bytes().contains(&b'/') {
        let path = absolute(Path::new(value));
        return Ok(if path.is_dir() {
            Wish::Directory(path)
        } else {
            Wish::Path(path)
        });
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
    fn a_directory_is_told_from_a_program() {
        let dir = tempfile::tempdir().unwrap();
        let read = wish(dir.path().as_os_str()).unwrap();
        assert_eq!(read, Wish::Directory(dir.path().to_owned()));
    }
}
