//! The rows of the matrix.

use crate::servers::{self, Named};
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
    /// Tests an engine built for this Python in the usual server, through the loader.
    Python(Python),
    /// Not available, for this reason.
    Missing(String),
}

/// The supported minor versions of Python 3.
const MINORS: std::ops::RangeInclusive<u32> = 9..=13;

/// All rows, including the ones that are not available. `python` downloads the servers: all of them, or the one of the row `only`.
pub(super) fn all(python: &Path, only: Option<&str>) -> Vec<Cell> {
    let own = own_server();
    let mut cells: Vec<Cell> = servers::ALL
        .iter()
        .filter(|server| server.name != own.name)
        .map(|server| match only {
            Some(only) if only != server.name => missing(server.name, "another row was asked for"),
            _ => named(server, python),
        })
        .collect();
    cells.push(own);
    cells.sort_by_key(|cell| order(&cell.name));
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

/// The names of all rows, without looking at whether they are available.
pub(super) fn names() -> Vec<String> {
    let own = own_server_name().map(|(name, _)| name);
    let mut names: Vec<String> = servers::ALL
        .iter()
        .map(|server| server.name.to_owned())
        .chain(own)
        .collect();
    names.sort_by_key(|name| order(name));
    names.dedup();
    names.extend(MINORS.map(|minor| format!("python-3.{minor}")));
    names
}

/// The place of a server in the table. The machine's own server stands where its version belongs.
fn order(name: &str) -> (bool, String) {
    (name.starts_with("valkey"), name.to_owned())
}

fn named(server: &Named, python: &Path) -> Cell {
    match server.server(python) {
        Ok(program) => with_server(server.name.to_owned(), program),
        Err(failed) => missing(server.name, &failed.to_string()),
    }
}

fn missing(name: &str, reason: &str) -> Cell {
    Cell {
        name: name.to_owned(),
        title: String::new(),
        subject: Subject::Missing(reason.to_owned()),
    }
}

/// The server on PATH, named after its version, and its program.
fn own_server_name() -> Option<(String, &'static str)> {
    ["redis-server", "valkey-server"]
        .into_iter()
        .find_map(|name| {
            let said = steps::output(Command::new(name).arg("--version"))?;
            let family = name.split('-').next()?;
            Some((format!("{family}-{}", short_version(&said)?), name))
        })
}

fn own_server() -> Cell {
    match own_server_name() {
        Some((name, program)) => with_server(name, program.into()),
        None => missing("machine", "no redis-server and no valkey-server is on PATH"),
    }
}

fn with_server(name: String, program: PathBuf) -> Cell {
    let said = steps::output(Command::new(&program).arg("--version")).unwrap_or_default();
    match version(&said) {
        Some(version) if is_version_of(&name, version) => Cell {
            title: title(&name, version),
            subject: Subject::Server(resolve(program)),
            name,
        },
        Some(version) => missing(
            &name,
            &format!("{} is version {version}", program.display()),
        ),
        None => missing(&name, &format!("{} does not run here", program.display())),
    }
}

/// Whether a version such as `8.0.2` is one of a row such as `redis-8.0`: a release may get another version of a package.
fn is_version_of(name: &str, version: &str) -> bool {
    name.split_once('-')
        .and_then(|(_, short)| version.strip_prefix(short))
        .is_some_and(|rest| rest.starts_with('.'))
}

/// `Redis 8.0.2`
fn title(name: &str, version: &str) -> String {
    let family = if name.starts_with("valkey") {
        "Valkey"
    } else {
        "Redis"
    };
    format!("{family} {version}")
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

    #[test]
    fn a_row_has_servers_of_its_version_only() {
        assert!(is_version_of("redis-8.0", "8.0.2"));
        assert!(!is_version_of("redis-8.0", "8.2.1"));
        assert!(!is_version_of("redis-7.0", "7.04.1"));
        assert_eq!(title("valkey-8.1", "8.1.1"), "Valkey 8.1.1");
    }

    #[test]
    fn the_machines_server_stands_where_its_version_belongs() {
        let mut names = ["valkey-8.1", "redis-7.4", "redis-7.2"];
        names.sort_by_key(|name| order(name));
        assert_eq!(names, ["redis-7.2", "redis-7.4", "valkey-8.1"]);
    }
}
