//! What the engine and its servers need, and whether it is there.

use super::{libclang, python};
use crate::steps::{self, Failed, Outcome};
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One thing a machine must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Compiler,
    Libclang,
    Python,
    Server,
}

/// What was found, or why it does not do.
#[derive(Debug)]
pub(crate) struct Parts {
    compiler: Result<String, String>,
    libclang: Result<PathBuf, String>,
    python: Result<python::Python, String>,
    server: Result<String, String>,
}

impl Part {
    /// What it is, and what it is for.
    pub(crate) fn purpose(self) -> &'static str {
        match self {
            Part::Compiler => "a C compiler, which links Rust programs",
            Part::Libclang => "libclang with its headers, which reads the server's module API",
            Part::Python => {
                "Python 3.9 or newer with a shared libpython, its headers, venv and ensurepip"
            }
            Part::Server => "redis-server 6.2 or newer, or valkey-server",
        }
    }
}

impl Parts {
    /// Looks at the machine; changes nothing.
    pub(crate) fn look() -> Self {
        Parts {
            compiler: compiler(),
            libclang: libclang::find(),
            python: python::find(),
            server: server(),
        }
    }

    /// What is not there, with the reason.
    pub(crate) fn missing(&self) -> Vec<(Part, &str)> {
        [
            (Part::Compiler, self.compiler.as_ref().err()),
            (Part::Libclang, self.libclang.as_ref().err()),
            (Part::Python, self.python.as_ref().err()),
            (Part::Server, self.server.as_ref().err()),
        ]
        .into_iter()
        .filter_map(|(part, reason)| Some((part, reason?.as_str())))
        .collect()
    }

    /// The Python to build for, if nothing is missing.
    pub(crate) fn complete(self) -> Outcome<PathBuf> {
        if let Some((part, reason)) = self.missing().first() {
            return Err(Failed::new(format!(
                "something is still missing: {} ({reason}); install it, then run this command again",
                part.purpose()
            )));
        }
        self.python
            .map(|python| python.program)
            .map_err(Failed::new)
    }
}

impl fmt::Display for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let python = self
            .python
            .as_ref()
            .map(ToString::to_string)
            .map_err(Clone::clone);
        let libclang = self
            .libclang
            .as_ref()
            .map(|path| path.display().to_string())
            .map_err(Clone::clone);
        let lines = [
            ("compiler", self.compiler.clone()),
            ("libclang", libclang),
            ("python", python),
            ("server", self.server.clone()),
        ];
        for (index, (name, found)) in lines.into_iter().enumerate() {
            let found = found.unwrap_or_else(|reason| format!("missing: {reason}"));
            let end = if index == 0 { "" } else { "\n" };
            write!(f, "{end}    {name:<9} {found}")?;
        }
        Ok(())
    }
}

fn compiler() -> Result<String, String> {
    ["cc", "gcc", "clang"]
        .into_iter()
        .find(|name| steps::succeeds(Command::new(name).arg("--version")))
        .map(str::to_owned)
        .ok_or_else(|| "no cc, gcc or clang on PATH".to_owned())
}

fn server() -> Result<String, String> {
    let program = redgrease_embedded::find_server()
        .map_err(|_| "no redis-server and no valkey-server on PATH".to_owned())?;
    let said = steps::output(Command::new(&program).arg("--version")).unwrap_or_default();
    let version =
        version(&said).ok_or_else(|| format!("{} does not tell its version", program.display()))?;
    if version < (6, 2) {
        return Err(format!(
            "{} is version {}.{}, and 6.2 is the oldest that will do",
            program.display(),
            version.0,
            version.1
        ));
    }
    Ok(describe(&program, version))
}

fn describe(program: &Path, (major, minor): (u32, u32)) -> String {
    format!("{} ({major}.{minor})", program.display())
}

/// Reads `Redis server v=7.0.15 sha=..` and `Valkey server v=9.1.0 ..`.
fn version(said: &str) -> Option<(u32, u32)> {
    let (_, rest) = said.split_once("v=")?;
    let mut numbers = rest.split(|c: char| !c.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_a_server_is_read() {
        assert_eq!(
            version("Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc"),
            Some((7, 0))
        );
        assert_eq!(version("Valkey server v=9.1.2 sha=0"), Some((9, 1)));
        assert_eq!(version("something else"), None);
    }
}
