//! Finds the Python that the engine is built for.

use super::parts::Lack;
use crate::steps::{self, Failed, Outcome};
use std::env;
use std::fmt;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::Command;

const OLDEST: (u32, u32) = (3, 9);

/// Prints the properties of a Python as lines `name=value`.
const QUESTION: &str = "\
import os, sys, sysconfig
get = sysconfig.get_config_var
print('program=' + sys.executable)
print('version=%d.%d' % sys.version_info[:2])
shared = get('Py_ENABLE_SHARED') or get('PYTHONFRAMEWORK')
names = [get('INSTSONAME'), get('LDLIBRARY')]
dirs = [get('LIBDIR'), get('PYTHONFRAMEWORKPREFIX'), '/usr/lib', '/usr/lib64']
dirs += [os.path.join('/usr/lib', get('MULTIARCH') or '')]
paths = [os.path.join(d, n) for d in dirs if d for n in names if n]
print('shared=%d' % bool(shared and any(map(os.path.isfile, paths))))
print('headers=%d' % os.path.isfile(os.path.join(sysconfig.get_paths()['include'], 'Python.h')))
print('free_threaded=%d' % bool(get('Py_GIL_DISABLED')))
try:
    import ensurepip, venv, ssl, ctypes
    print('venv=1')
except ImportError:
    print('venv=0')
";

/// A suitable Python.
#[derive(Debug)]
pub(crate) struct Python {
    pub(crate) program: PathBuf,
    pub(crate) version: (u32, u32),
}

impl fmt::Display for Python {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} ({}.{})",
            self.program.display(),
            self.version.0,
            self.version.1
        )
    }
}

/// The Python that an environment variable names, or the first suitable one.
pub(crate) fn find() -> Result<Python, Lack> {
    for name in ["REDGREASE_PYTHON", "PYO3_PYTHON"] {
        if let Some(program) = env::var_os(name).filter(|program| !program.is_empty()) {
            return look(Path::new(&program))
                .map_err(|reason| Lack::Misnamed(format!("{name}: {reason}")));
        }
    }
    let mut reasons = Vec::new();
    for program in ["python3", "/usr/bin/python3", "/opt/homebrew/bin/python3"] {
        match look(Path::new(program)) {
            Ok(python) => return Ok(python),
            Err(reason) => reasons.push(reason),
        }
    }
    reasons.truncate(2);
    Err(Lack::Missing(reasons.join("; ")))
}

/// For each minor version of Python 3, a suitable Python or the reason why none was found.
pub(crate) fn find_all(minors: RangeInclusive<u32>) -> Vec<(u32, Result<Python, String>)> {
    minors
        .map(|minor| {
            let mut reasons = Vec::new();
            for program in usual_places(minor) {
                match look(&program) {
                    Ok(python) if python.version == (3, minor) => return (minor, Ok(python)),
                    Ok(_) => {}
                    Err(reason) => reasons.push(reason),
                }
            }
            if reasons.is_empty() {
                reasons.push("not found in /usr/bin, /usr/local/bin or pyenv".to_owned());
            }
            (minor, Err(reasons.join("; ")))
        })
        .collect()
}

/// The minor version of a Python 3.
pub(crate) fn minor(program: &Path) -> Outcome<u32> {
    let question = "import sys; print(sys.version_info[1])";
    steps::output(Command::new(program).args(["-I", "-c", question]))
        .and_then(|said| said.parse().ok())
        .ok_or_else(|| {
            Failed::new(format!(
                "{} does not print its version: name another Python in REDGREASE_PYTHON",
                program.display()
            ))
        })
}

/// The existing programs of this minor version in the usual places.
fn usual_places(minor: u32) -> Vec<PathBuf> {
    let name = format!("python3.{minor}");
    let mut places: Vec<PathBuf> = ["/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"]
        .map(|dir| Path::new(dir).join(&name))
        .into();
    let pyenv = env::var_os("PYENV_ROOT").map(PathBuf::from).or_else(|| {
        let home = env::var_os("HOME")?;
        Some(Path::new(&home).join(".pyenv"))
    });
    if let Some(pyenv) = pyenv
        && let Ok(versions) = std::fs::read_dir(pyenv.join("versions"))
    {
        let mut versions: Vec<PathBuf> = versions.flatten().map(|entry| entry.path()).collect();
        versions.sort();
        places.extend(versions.iter().map(|dir| dir.join("bin").join(&name)));
    }
    places.retain(|program| program.is_file());
    places
}

fn look(program: &Path) -> Result<Python, String> {
    let said = steps::output(Command::new(program).args(["-I", "-c", QUESTION]))
        .ok_or_else(|| format!("{} does not run", program.display()))?;
    judge(&said).map_err(|reason| format!("{} {reason}", program.display()))
}

/// Decides from the printed properties whether a Python is suitable.
fn judge(said: &str) -> Result<Python, &'static str> {
    let get = |name: &str| {
        said.lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
            .unwrap_or_default()
    };
    let version = get("version")
        .split_once('.')
        .and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
    let Some(version) = version else {
        return Err("does not print its version");
    };
    if version < OLDEST {
        return Err("is older than 3.9");
    }
    for (name, reason) in [
        ("shared", "has no shared libpython"),
        ("headers", "has no headers (Python.h)"),
        ("venv", "lacks venv, ensurepip, ssl or ctypes"),
    ] {
        if get(name) != "1" {
            return Err(reason);
        }
    }
    if get("free_threaded") == "1" {
        return Err("is a free-threaded build: the engine needs a Python with the GIL");
    }
    Ok(Python {
        program: get("program").into(),
        version,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str =
        "program=/usr/bin/python3\nversion=3.11\nshared=1\nheaders=1\nfree_threaded=0\nvenv=1";

    #[test]
    fn a_suitable_python_is_accepted() {
        let python = judge(GOOD).unwrap();
        assert_eq!(python.to_string(), "/usr/bin/python3 (3.11)");
    }

    #[test]
    fn an_unsuitable_python_is_refused_with_the_reason() {
        for (was, is, reason) in [
            ("3.11", "3.8", "older"),
            ("3.11", "x", "version"),
            ("shared=1", "shared=0", "libpython"),
            ("headers=1", "headers=0", "headers"),
            ("venv=1", "venv=0", "ensurepip"),
            ("threaded=0", "threaded=1", "free-threaded"),
        ] {
            let said = judge(&GOOD.replace(was, is)).unwrap_err();
            assert!(said.contains(reason), "{is}: {said}");
        }
    }
}
