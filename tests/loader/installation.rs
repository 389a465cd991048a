//! Installations of loader and engines in temporary directories, made of the loader and the engine that all tests use.

use crate::common::untyped;
use redgrease_embedded::{Builder, Server};
use std::env;
use std::fmt::Write;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use tempfile::TempDir;

/// The beginning of the text that says what an engine is for.
const MARKER: &str = "redgrease-engine interface=1 python=3.";

/// What the loader and the engine of the tests are.
pub(crate) struct Parts {
    pub(crate) loader: PathBuf,
    pub(crate) engine: PathBuf,
    /// The minor version of Python that the engine is for.
    pub(crate) minor: u32,
    /// A Python that it runs with.
    pub(crate) python: PathBuf,
    pub(crate) libpython: PathBuf,
}

/// The parts that a server of the tests says it is made of.
pub(crate) static PARTS: LazyLock<Parts> = LazyLock::new(|| {
    let server = Server::start().unwrap();
    let engine = PathBuf::from(told(&server, "engine_file"));
    let beside = ["libredgrease_loader.so", "redgrease.so"].map(|name| engine.with_file_name(name));
    let loader = beside.into_iter().find(|file| file.exists());
    let version = told(&server, "python_version");
    Parts {
        loader: loader
            .expect("the loader stands beside the engine: `cargo xtask setup` builds both"),
        engine,
        minor: version.strip_prefix("3.").unwrap().parse().unwrap(),
        python: told(&server, "python_program").into(),
        libpython: told(&server, "libpython").into(),
    }
});

/// A field of the engine's section of `INFO`.
pub(crate) fn told(server: &Server, field: &str) -> String {
    let info = untyped(server, &["INFO", "everything"]);
    let begin = format!("rg_{field}:");
    let line = info.lines().find_map(|line| line.strip_prefix(&begin));
    line.unwrap_or_else(|| panic!("{field} in {info}"))
        .to_owned()
}

/// A directory with a loader, for engines and programs.
pub(crate) struct Installation {
    pub(crate) dir: TempDir,
}

impl Installation {
    /// The loader alone.
    pub(crate) fn empty() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let own = Installation { dir };
        fs::copy(&PARTS.loader, own.loader()).unwrap();
        fs::set_permissions(own.loader(), fs::Permissions::from_mode(0o755)).unwrap();
        own
    }

    /// The loader and the engine that fits its Python.
    pub(crate) fn whole() -> Self {
        let own = Installation::empty();
        std::os::unix::fs::symlink(&PARTS.engine, own.engine(PARTS.minor)).unwrap();
        own
    }

    /// The loader and an engine in which a text was replaced by another one.
    pub(crate) fn changed(minor: u32, from: &str, to: &str) -> Self {
        assert_eq!(from.len(), to.len());
        let own = Installation::empty();
        let mut bytes = fs::read(&PARTS.engine).unwrap();
        let places: Vec<usize> = places_of(&bytes, from.as_bytes());
        assert!(!places.is_empty(), "the engine does not contain {from}");
        for at in places {
            bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
        }
        fs::write(own.engine(minor), bytes).unwrap();
        own
    }

    pub(crate) fn loader(&self) -> PathBuf {
        self.dir.path().join("redgrease.so")
    }

    pub(crate) fn engine(&self, minor: u32) -> PathBuf {
        self.dir
            .path()
            .join(format!("redgrease-engine-3.{minor}.so"))
    }

    /// Writes a program, such as a shell script that answers in place of a Python.
    pub(crate) fn program(&self, name: &str, script: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// A script that answers as a Python would, with some of the lines changed.
    pub(crate) fn fake(&self, name: &str, changes: &[(&str, &str)]) -> PathBuf {
        let version = format!("3.{}", PARTS.minor);
        let libpython = PARTS.libpython.to_str().unwrap();
        let mut lines = vec![
            ("program", "/no/such/python3"),
            ("version", &version),
            ("implementation", "cpython"),
            ("bits", "64"),
            ("free_threaded", "0"),
            ("base", "/opt/python"),
            ("libpython", libpython),
        ];
        for (name, value) in changes {
            lines.retain(|(known, _)| known != name);
            if !value.is_empty() {
                lines.push((name, value));
            }
        }
        let lines: Vec<String> = lines
            .iter()
            .map(|(name, value)| format!("echo 'redgrease:{name}={value}'\n"))
            .collect();
        let lines = lines.concat();
        self.program(name, &format!("echo\n{lines}echo redgrease:end"))
    }

    /// Compiles a library.
    pub(crate) fn library(&self, file: &Path, source: &str) {
        let code = self.dir.path().join("source.c");
        fs::write(&code, source).unwrap();
        let built = Command::new("cc")
            .args(["-shared", "-fPIC", "-o"])
            .args([file, &code])
            .args(["-ldl"])
            .status()
            .unwrap();
        assert!(built.success());
    }

    /// Compiles a library that claims to be an engine.
    pub(crate) fn false_engine(&self, source: &str) {
        let minor = PARTS.minor;
        let marker = format!("const char marker[] = \"{MARKER}{minor} version=0.0.0;\";\n");
        self.library(&self.engine(minor), &(marker + source));
    }

    /// A server program whose environment names no Python, with these variables.
    pub(crate) fn server_program(&self, variables: &[(&str, &Path)]) -> PathBuf {
        let mut script = String::from("unset REDGREASE_PYTHON VIRTUAL_ENV\n");
        for (name, value) in variables {
            let _ = writeln!(script, "{name}='{}'; export {name}", value.display());
        }
        let program = real_server();
        self.program(
            "server",
            &format!("{script}exec '{}' \"$@\"", program.display()),
        )
    }

    /// A server that is to load this installation.
    pub(crate) fn server(&self, variables: &[(&str, &Path)]) -> Builder {
        Server::builder()
            .server(self.server_program(variables))
            .engine(self.loader())
            .dir(self.dir.path().join("data"))
            .python_dir(self.dir.path().join("packages"))
    }

    /// A directory of `PATH` with one program, before the usual ones.
    pub(crate) fn path(&self, folder: &str) -> PathBuf {
        let mut path = self.dir.path().join(folder).into_os_string();
        path.push(":");
        path.push(env::var_os("PATH").unwrap_or_default());
        path.into()
    }
}

/// Where a text stands in a file.
fn places_of(file: &[u8], text: &[u8]) -> Vec<usize> {
    let mut places = Vec::new();
    let mut begin = 0;
    while let Some(next) = file[begin..].iter().position(|byte| *byte == text[0]) {
        if file[begin + next..].starts_with(text) {
            places.push(begin + next);
        }
        begin += next + 1;
    }
    places
}

/// The server program that the tests run on.
fn real_server() -> PathBuf {
    if let Some(program) = env::var_os("REDGREASE_SERVER").filter(|name| !name.is_empty()) {
        return program.into();
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let dirs: Vec<PathBuf> = env::split_paths(&path).collect();
    let programs = ["redis-server", "valkey-server"];
    let mut programs = programs
        .iter()
        .flat_map(|name| dirs.iter().map(move |dir| dir.join(name)));
    programs
        .find(|program| program.is_file())
        .expect("a server on PATH")
}

/// Whether the tests run on Redis 6.2, which lets every client load modules.
pub(crate) fn is_redis_6() -> bool {
    let version = Command::new(real_server()).arg("--version").output();
    String::from_utf8_lossy(&version.unwrap().stdout).contains("v=6.")
}

/// Makes a plain server accept `MODULE LOAD`, which Redis 7 and later refuse by default.
pub(crate) fn open_to_modules(builder: Builder) -> Builder {
    if is_redis_6() {
        return builder;
    }
    builder.server_arg("enable-module-command", "yes")
}

/// The entries of a log that the loader or the engine has written about a failure.
pub(crate) fn failures(server: &Server) -> Vec<String> {
    let log = fs::read_to_string(server.log_path()).unwrap();
    let entries = log.lines().filter_map(|line| line.split_once("<module> "));
    entries.map(|(_, entry)| entry.to_owned()).collect()
}
