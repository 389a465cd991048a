//! A Python that is removed while the server is down: the server does not start and says so, its data stays, and with the Python
//! everything is back.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::capability::tell;
use common::untyped;
use redgrease_embedded::{Builder, Server};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

const SCRIPT: &str = "
GB('CommandReader').map(lambda x: execute('GET', 'k')).register(trigger='value', mode='sync')
GB('KeysReader').map(lambda x: execute('INCR', 'seen')).register('app:*', mode='sync')
";

/// The Python of this server. `None` if the server has loaded an engine without the loader, which chooses no Python.
fn python_of(server: &Server) -> Option<PathBuf> {
    let info = untyped(server, &["INFO", "rg_engine"]);
    let field = |name| info.lines().find_map(|line| line.strip_prefix(name));
    let engine = Path::new(field("rg_engine_file:")?);
    let modules = untyped(server, &["MODULE", "LIST"]);
    let is_direct = modules.lines().any(|line| Path::new(line) == engine);
    let python = field("rg_python_program:").filter(|_| !is_direct)?;
    Some(python.into())
}

/// The files of the data, with their contents.
fn data(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut found = Vec::new();
    for path in entries {
        if path.is_dir() {
            found.extend(data(&path));
        } else if path
            .extension()
            .is_some_and(|end| end == "rdb" || end == "aof")
        {
            found.push((path.clone(), fs::read(path).unwrap()));
        }
    }
    found.sort();
    found
}

fn survives(settings: &[(&str, &str)]) {
    let Some(python) = python_of(&Server::start().unwrap()) else {
        return tell("the engine is loaded without the loader, which finds a Python");
    };
    let dir = tempfile::tempdir().unwrap();
    let venv = tempfile::tempdir().unwrap();
    // The link is what an upgrade of the system would remove.
    let link = venv.path().join("python3");
    symlink(&python, &link).unwrap();
    let server = || -> Builder {
        let builder = Server::builder()
            .dir(dir.path())
            .module_arg("Python", &link);
        let add =
            |builder: Builder, (name, value): &(&str, &str)| builder.server_arg(*name, *value);
        settings.iter().fold(builder, add)
    };
    let first = server().start().unwrap();
    assert_eq!(
        untyped(&first, &["RG.PYEXECUTE", SCRIPT, "ID", "shop"]),
        "OK"
    );
    untyped(&first, &["SET", "k", "v"]);
    untyped(&first, &["SAVE"]);
    let listed = untyped(&first, &["RG.DUMPREGISTRATIONS"]);
    first.kill().unwrap();
    let before = data(dir.path());
    assert!(!before.is_empty());

    fs::remove_file(&link).unwrap();
    for _ in 0..2 {
        server().start().unwrap_err();
        let log = fs::read_to_string(dir.path().join("redis.log")).unwrap();
        let why = log
            .lines()
            .find(|line| line.contains("could not load the RedGrease engine"))
            .unwrap_or_else(|| panic!("{log}"));
        assert!(why.contains(link.to_str().unwrap()), "{why}");
        assert!(data(dir.path()) == before, "the data has changed");
    }

    symlink(&python, &link).unwrap();
    let again = server().start().unwrap();
    assert_eq!(untyped(&again, &["RG.TRIGGER", "value"]), "v");
    assert_eq!(
        untyped(&again, &["RG.DUMPREGISTRATIONS"]).lines().count(),
        listed.lines().count()
    );
    untyped(&again, &["SET", "app:1", "x"]);
    assert_eq!(untyped(&again, &["GET", "seen"]), "1");
}

#[test]
fn with_an_rdb_file() {
    survives(&[]);
}

#[test]
fn with_an_aof() {
    survives(&[("appendonly", "yes"), ("appendfsync", "always")]);
}

#[test]
fn with_an_aof_of_commands() {
    survives(&[
        ("appendonly", "yes"),
        ("appendfsync", "always"),
        ("aof-use-rdb-preamble", "no"),
    ]);
}
