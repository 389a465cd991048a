//! The reasons why a Python that has answered cannot be used.

use crate::elf;
use crate::failure::Failure;
use crate::files;
use crate::interpreter::Interpreter;
use crate::versions::OLDEST;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Checks a Python by itself, without looking at engines. The reason of a failure begins with a verb.
pub(crate) fn check(interpreter: &Interpreter) -> Result<(), Failure> {
    let answer = &interpreter.answer;
    let (major, minor) = answer.version;
    if answer.implementation != "cpython" {
        return Err(Failure::new(
            format!("is {}, not CPython", shown(&answer.implementation)),
            "use CPython 3.9 or newer: install it, or name it with the module argument Python or the variable REDGREASE_PYTHON",
        ));
    }
    if answer.version < (3, OLDEST) {
        return Err(Failure::new(
            format!("is Python {major}.{minor}, and the oldest is 3.{OLDEST}"),
            "install a newer Python, or name one with the module argument Python or the variable REDGREASE_PYTHON",
        ));
    }
    if answer.free_threaded {
        return Err(Failure::new(
            "is free-threaded, and gears need the lock of the interpreter",
            format!(
                "use the usual build of Python {major}.{minor}: name it with the module argument Python or the variable REDGREASE_PYTHON"
            ),
        ));
    }
    let here = usize::BITS;
    if answer.bits != here {
        return Err(Failure::new(
            format!(
                "is a Python of {} bits, and the server has {here}",
                answer.bits
            ),
            format!("install a Python of {here} bits"),
        ));
    }
    Ok(())
}

/// The shared library of a Python. The reason of a failure begins with a verb.
pub(crate) fn library(interpreter: &Interpreter) -> Result<PathBuf, Failure> {
    let answer = &interpreter.answer;
    answer.libpython.clone().ok_or_else(|| {
        Failure::new(
            "has no shared libpython",
            source_of_libpython(&answer.base, answer.version.1),
        )
    })
}

/// Checks that the shared library of a Python is whole: the server would end when it touches a missing part. The reason of a
/// failure begins with a verb.
pub(crate) fn check_library(interpreter: &Interpreter, library: &Path) -> Result<(), Failure> {
    let answer = &interpreter.answer;
    let again = if is_of_debian(&answer.base) {
        format!("install the package libpython3.{} again", answer.version.1)
    } else {
        "install that Python again, or name another one with the module argument Python or the variable REDGREASE_PYTHON".to_owned()
    };
    let (reason, remedy) = match files::open(library) {
        Ok(file) => match elf::check(&file) {
            Ok(()) => return Ok(()),
            Err(flaw) => (flaw.reason(), again),
        },
        Err(error) if error.kind() == ErrorKind::PermissionDenied => (
            "cannot be read (permission denied)".to_owned(),
            "give the user of the server the right to read it".to_owned(),
        ),
        Err(error) => (format!("cannot be read ({error})"), again),
    };
    let reason = format!("has the library {}, which {reason}", library.display());
    Err(Failure::new(reason, remedy))
}

fn is_of_debian(base: &Path) -> bool {
    base == Path::new("/usr") && Path::new("/etc/debian_version").exists()
}

fn shown(implementation: &str) -> String {
    match implementation {
        "pypy" => "PyPy".to_owned(),
        "" => "another Python".to_owned(),
        other => other.to_owned(),
    }
}

/// Where the shared library of a Python comes from, by the directory of its installation.
fn source_of_libpython(base: &Path, minor: u32) -> String {
    if is_of_debian(base) {
        return format!("install the package libpython3.{minor}");
    }
    if base == Path::new("/usr") {
        return format!(
            "install the package that contains libpython3.{minor}.so.1.0 (libpython3.{minor} on Debian, python3-libs on Fedora)"
        );
    }
    if base.iter().any(|part| part == ".pyenv" || part == "pyenv") {
        return format!(
            "build it again with `PYTHON_CONFIGURE_OPTS=--enable-shared pyenv install --force 3.{minor}`"
        );
    }
    "build that Python with `./configure --enable-shared`, or name another one with the module argument Python or the variable REDGREASE_PYTHON".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::Answer;

    fn good() -> Interpreter {
        Interpreter {
            program: "/opt/p/bin/python3".into(),
            answer: Answer {
                program: "/opt/p/bin/python3".into(),
                version: (3, 11),
                implementation: "cpython".into(),
                bits: usize::BITS,
                free_threaded: false,
                base: "/opt/p".into(),
                libpython: Some("/opt/p/lib/libpython3.11.so.1.0".into()),
            },
        }
    }

    #[test]
    fn a_suitable_python_passes() {
        check(&good()).unwrap();
        let library = library(&good()).unwrap();
        assert_eq!(library, Path::new("/opt/p/lib/libpython3.11.so.1.0"));
    }

    #[test]
    fn the_first_reason_is_told_with_its_remedy() {
        type Change = fn(&mut Answer);
        let cases: [(Change, &str, &str); 7] = [
            (
                |a| a.version = (3, 8),
                "3.8, and the oldest is 3.9",
                "newer",
            ),
            (|a| a.version = (2, 7), "2.7", "newer"),
            (|a| a.implementation = "pypy".into(), "is PyPy", "CPython"),
            (|a| a.free_threaded = true, "free-threaded", "usual build"),
            (|a| a.bits = 32, "of 32 bits", "of 64 bits"),
            (
                |a| a.libpython = None,
                "no shared libpython",
                "--enable-shared",
            ),
            (
                |a| {
                    a.libpython = None;
                    a.base = "/home/app/.pyenv/versions/3.11.7".into();
                },
                "no shared libpython",
                "PYTHON_CONFIGURE_OPTS",
            ),
        ];
        for (change, reason, remedy) in cases {
            let mut python = good();
            change(&mut python.answer);
            let judged = check(&python).and_then(|()| library(&python));
            let failure = judged.unwrap_err();
            assert!(failure.reason.contains(reason), "{failure:?}");
            assert!(failure.remedy.contains(remedy), "{failure:?}");
        }
    }

    #[test]
    fn the_package_of_the_system_is_named() {
        let remedy = source_of_libpython(Path::new("/usr"), 13);
        assert!(remedy.contains("libpython3.13"), "{remedy}");
    }
}
