//! Asking a Python about itself, in a child process.

use crate::answer::{self, Answer, QUESTION};
use crate::failure::Failure;
use crate::system::{Heard, hear};
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// How long a Python may take to answer. The server waits meanwhile.
const PATIENCE: Duration = Duration::from_secs(15);

/// A Python that has answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Interpreter {
    /// The program, as the child processes of gears run it.
    pub(crate) program: PathBuf,
    pub(crate) answer: Answer,
}

/// Asks the program about itself. The reason of a failure begins with a verb.
pub(crate) fn ask(program: &Path) -> Result<Interpreter, Failure> {
    let mut command = Command::new(program);
    command.args(["-I", "-c", QUESTION]);
    let heard = hear(&mut command, PATIENCE, answer::is_complete);
    let heard = heard.map_err(|error| not_started(program, &error))?;
    if let Some(mut answer) = answer::read(&heard.output) {
        let own = std::mem::take(&mut answer.program);
        return Ok(Interpreter {
            // A Python that does not know its path, or names one that is gone, was started by this one.
            program: if own.is_file() {
                own
            } else {
                program.to_owned()
            },
            answer,
        });
    }
    Err(of_shim(program, &heard).unwrap_or_else(|| no_answer(&heard)))
}

/// The program could not be run at all.
fn not_started(program: &Path, error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::NotFound => match fs::read_link(program) {
            Ok(target) if !program.exists() => Failure::new(
                format!(
                    "is a link to {}, which does not exist (was that Python removed?)",
                    target.display()
                ),
                "make the virtual environment again",
            ),
            _ if program.is_file() => Failure::new(
                "cannot be run, because the interpreter or the loader that it needs does not exist",
                "install that Python again",
            ),
            _ => Failure::new("does not exist", "name the program of a Python"),
        },
        io::ErrorKind::PermissionDenied if !is_program(program) => Failure::new(
            "is not a program: it lacks the permission to execute",
            "name the program of a Python",
        ),
        io::ErrorKind::PermissionDenied => Failure::new(
            format!(
                "cannot be run by the user of the server, number {} ({error})",
                crate::system::user()
            ),
            "give that user the right to read and run it (no directory may be closed to it, no file system noexec, and a systemd unit must name it in ExecPaths=), or choose a Python outside of home directories",
        ),
        _ => Failure::new(
            format!("cannot be run ({error})"),
            "name the program of a Python for this machine",
        ),
    }
}

/// Whether a file has the permission to execute. One that cannot be looked at may have it.
fn is_program(program: &Path) -> bool {
    program.metadata().map_or(true, |metadata| {
        metadata.is_file() && metadata.permissions().mode() & 0o111 != 0
    })
}

/// The program is a shim of pyenv for a version that is not active. pyenv lists the versions that have the program.
fn of_shim(program: &Path, heard: &Heard) -> Option<Failure> {
    let name = program.file_name()?;
    let directory = program.parent()?;
    if directory.file_name()? != "shims" {
        return None;
    }
    let errors = String::from_utf8_lossy(&heard.errors);
    if !errors.starts_with("pyenv: ") {
        return None;
    }
    let mut lines = errors
        .lines()
        .skip_while(|line| !line.ends_with("versions:"));
    let version = lines
        .nth(1)
        .map(str::trim)
        .filter(|line| !line.is_empty())?;
    let versions = directory.with_file_name("versions");
    let own = versions.join(version).join("bin").join(name);
    Some(Failure::new(
        format!(
            "is a shim of pyenv, and no active version has {}",
            name.to_string_lossy()
        ),
        format!(
            "name the program itself, such as {}, or select a version with `pyenv global {version}`",
            own.display()
        ),
    ))
}

/// The program ran, and gave no complete answer.
fn no_answer(heard: &Heard) -> Failure {
    if heard.too_slow {
        return Failure::new(
            format!("did not answer within {} seconds", PATIENCE.as_secs()),
            "run it by hand to see what it waits for",
        );
    }
    if heard.too_much {
        return Failure::new(
            "prints without end",
            "name the program of a Python itself, not of a script around it",
        );
    }
    let errors = String::from_utf8_lossy(&heard.errors);
    if errors.contains("Unknown option: -I") {
        return too_old();
    }
    if let Some(failure) = no_version_selected(&errors) {
        return failure;
    }
    let last = errors.lines().rev().find(|line| !line.trim().is_empty());
    Failure::new(
        match last {
            Some(line) => format!("does not answer as a Python does (\"{}\")", line.trim()),
            None => "does not answer as a Python does".to_owned(),
        },
        "name the program of a Python that works",
    )
}

/// The program is the start script of a version manager, which has no version to start. pyenv looks for the version in the
/// variable `PYENV_VERSION`, in `.python-version` of the working directory, which is `/` here, and in its own file.
fn no_version_selected(errors: &str) -> Option<Failure> {
    let (manager, command) = if errors.lines().any(|line| line.starts_with("pyenv: ")) {
        ("pyenv", "pyenv global 3.X")
    } else if errors.contains("No version is set for command") {
        ("asdf", "asdf set --home python 3.X.Y")
    } else {
        return None;
    };
    Some(Failure::new(
        format!("is a start script of {manager}, which has no version of Python to start"),
        format!(
            "select one with `{command}`, or name a Python with the module argument Python or the variable REDGREASE_PYTHON"
        ),
    ))
}

/// The version cannot be told, because the program does not understand the question.
fn too_old() -> Failure {
    Failure::new(
        "is older than Python 3.9",
        "install Python 3.9 or newer, or name one with the module argument Python or the variable REDGREASE_PYTHON",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn silent(errors: &str) -> String {
        let heard = Heard {
            errors: errors.into(),
            ..Heard::default()
        };
        no_answer(&heard).line()
    }

    #[test]
    fn a_version_manager_without_a_version_is_told_with_its_command() {
        let pyenv = "pyenv: python3: command not found\n\nThe `python3' command exists in these Python versions:\n  3.11.7\n\n\
            Note: See 'pyenv help global' for tips on allowing both\n      python2 and python3 to be found at the same time.\n";
        let missing =
            "pyenv: version `3.8.1' is not installed (set by PYENV_VERSION environment variable)\n";
        let asdf = "No version is set for command python3\nConsider adding one of the following\n";
        for (errors, command) in [
            (pyenv, "`pyenv global 3.X`"),
            (missing, "`pyenv global 3.X`"),
            (asdf, "`asdf set --home python 3.X.Y`"),
        ] {
            let line = silent(errors);
            assert!(line.contains(command), "{line}");
            assert!(line.ends_with("or the variable REDGREASE_PYTHON"), "{line}");
        }
        let line = silent("Traceback\nValueError: x\n");
        assert!(line.contains("ValueError: x"), "{line}");
    }

    const SHIM: &str = "pyenv: python3.10: command not found

The `python3.10' command exists in these Python versions:
  3.10.13
  3.10.14

Note: See 'pyenv help global' for tips on allowing multiple
      Python versions to be found at the same time.
";

    fn told(program: &str, errors: &str) -> Option<Failure> {
        let heard = Heard {
            errors: errors.into(),
            ..Heard::default()
        };
        of_shim(Path::new(program), &heard)
    }

    #[test]
    fn the_program_behind_a_shim_is_named() {
        let shim = "/home/a/.pyenv/shims/python3.10";
        let failure = told(shim, SHIM).unwrap();
        assert!(failure.reason.ends_with("has python3.10"), "{failure:?}");
        let own = "/home/a/.pyenv/versions/3.10.13/bin/python3.10";
        assert!(failure.remedy.contains(own), "{failure:?}");
        assert_eq!(told(shim, "pyenv: version `9' is not installed\n"), None);
        assert_eq!(told("/usr/bin/python3.10", SHIM), None);
        assert_eq!(told(shim, "Traceback\n"), None);
    }

    #[test]
    fn files_that_nobody_may_run_are_told_from_closed_ones() {
        for path in ["/etc/passwd", "/dev/null", "/etc"] {
            let failure = ask(Path::new(path)).unwrap_err();
            assert!(
                failure.reason.starts_with("is not a program"),
                "{failure:?}"
            );
        }
        let closed = io::Error::from(io::ErrorKind::PermissionDenied);
        let failure = not_started(Path::new("/bin/sh"), &closed);
        assert!(
            failure.reason.contains("by the user of the server"),
            "{failure:?}"
        );
    }
}
