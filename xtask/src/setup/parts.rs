//! The programs and libraries that the engine and its servers need.

use super::python;
use crate::steps::{self, Failed, Outcome};
use std::env;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The oldest Redis the engine loads into.
const OLDEST: (u32, u32) = (6, 2);

/// A required part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Compiler,
    Python,
    Server,
}

/// The reason why a part cannot be used.
#[derive(Debug, Clone)]
pub(crate) enum Lack {
    /// No suitable one was found: installing one helps.
    Missing(String),
    /// An environment variable names an unsuitable one: installing another one does not help.
    Misnamed(String),
}

/// The parts of this machine, or the reasons why they cannot be used.
#[derive(Debug)]
pub(crate) struct Parts {
    compiler: Result<String, Lack>,
    python: Result<python::Python, Lack>,
    server: Result<String, Lack>,
}

impl Lack {
    pub(crate) fn reason(&self) -> &str {
        match self {
            Lack::Missing(reason) | Lack::Misnamed(reason) => reason,
        }
    }
}

impl Part {
    /// The part and its purpose, for messages.
    pub(crate) fn purpose(self) -> &'static str {
        match self {
            Part::Compiler => "a C compiler, which links Rust programs",
            Part::Python => {
                "Python 3.9 or newer with a shared libpython, its headers, venv and ensurepip"
            }
            Part::Server => "redis-server 6.2 or newer, or valkey-server",
        }
    }
}

impl Parts {
    /// Searches the machine; changes nothing.
    pub(crate) fn look() -> Self {
        Parts {
            compiler: compiler().map(str::to_owned),
            python: python::find(),
            server: server(),
        }
    }

    /// The missing parts, with the reasons.
    pub(crate) fn missing(&self) -> Vec<(Part, &str)> {
        self.lacks()
            .map(|(part, lack)| (part, lack.reason()))
            .collect()
    }

    /// Fails if an environment variable names an unsuitable part.
    pub(crate) fn check_named(&self) -> Outcome {
        let misnamed = self
            .lacks()
            .find(|(_, lack)| matches!(lack, Lack::Misnamed(_)));
        misnamed.map_or(Ok(()), |(part, lack)| {
            Err(Failed::new(format!(
                "{}; required is {}: correct the variable, or unset it to use the machine's own",
                lack.reason(),
                part.purpose()
            )))
        })
    }

    /// Returns the Python to build for, or fails if a part is missing.
    pub(crate) fn complete(self) -> Outcome<PathBuf> {
        if let Some((part, reason)) = self.missing().first() {
            return Err(Failed::new(format!(
                "still missing: {} ({reason}); install it, then run this command again",
                part.purpose()
            )));
        }
        self.python
            .map(|python| python.program)
            .map_err(|lack| Failed::new(lack.reason()))
    }

    fn lacks(&self) -> impl Iterator<Item = (Part, &Lack)> {
        [
            (Part::Compiler, self.compiler.as_ref().err()),
            (Part::Python, self.python.as_ref().err()),
            (Part::Server, self.server.as_ref().err()),
        ]
        .into_iter()
        .filter_map(|(part, lack)| Some((part, lack?)))
    }
}

impl fmt::Display for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let python = self
            .python
            .as_ref()
            .map(ToString::to_string)
            .map_err(Clone::clone);
        let lines = [
            ("compiler", self.compiler.clone()),
            ("python", python),
            ("server", self.server.clone()),
        ];
        for (index, (name, found)) in lines.into_iter().enumerate() {
            let found = found.unwrap_or_else(|lack| format!("missing: {}", lack.reason()));
            let end = if index == 0 { "" } else { "\n" };
            write!(f, "{end}    {name:<9} {found}")?;
        }
        Ok(())
    }
}

/// The name of a C compiler on PATH.
pub(crate) fn compiler() -> Result<&'static str, Lack> {
    ["cc", "gcc", "clang"]
        .into_iter()
        .find(|name| steps::succeeds(Command::new(name).arg("--version")))
        .ok_or_else(|| Lack::Missing("no cc, gcc or clang on PATH".to_owned()))
}

fn server() -> Result<String, Lack> {
    let named = env::var_os("REDGREASE_SERVER").is_some_and(|name| !name.is_empty());
    let lack = if named { Lack::Misnamed } else { Lack::Missing };
    let program = redgrease_embedded::find_server().map_err(|e| {
        if named {
            Lack::Misnamed(e.to_string())
        } else {
            Lack::Missing("no redis-server and no valkey-server on PATH".to_owned())
        }
    })?;
    let said = steps::output(Command::new(&program).arg("--version")).unwrap_or_default();
    let version = version(&said)
        .ok_or_else(|| lack(format!("{} does not print its version", program.display())))?;
    if version < OLDEST {
        let (major, minor) = version;
        return Err(lack(format!(
            "{} is version {major}.{minor}",
            program.display()
        )));
    }
    Ok(describe(&program, version))
}

fn describe(program: &Path, (major, minor): (u32, u32)) -> String {
    format!("{} ({major}.{minor})", program.display())
}

/// Parses `Redis server v=7.0.15 sha=..` and `Valkey server v=9.1.0 ..`.
fn version(said: &str) -> Option<(u32, u32)> {
    let (_, rest) = said.split_once("v=")?;
    let mut numbers = rest.split(|c: char| !c.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_a_server_is_parsed() {
        assert_eq!(
            version("Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc"),
            Some((7, 0))
        );
        assert_eq!(version("Valkey server v=9.1.2 sha=0"), Some((9, 1)));
        assert_eq!(version("something else"), None);
    }
}
