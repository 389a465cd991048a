//! A temporary directory with generated packages and a captured log, for the tests of the store.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use tempfile::TempDir;

use crate::requirements::{Python, Store};

/// Python program that writes one wheel. Its arguments are the folder, the name, the version, and
/// the requirements of the package.
const MAKE_WHEEL: &str = r#"
import sys, zipfile
folder, name, version, *requires = sys.argv[1:]
info = f"{name}-{version}.dist-info"
with zipfile.ZipFile(f"{folder}/{name}-{version}-py3-none-any.whl", "w") as wheel:
    wheel.writestr(f"{name}/__init__.py", f"version = '{version}'\n")
    wheel.writestr(
        f"{info}/METADATA",
        f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nProvides-Extra: runtime\n"
        + "".join(f"Requires-Dist: {text}\n" for text in requires),
    )
    wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    wheel.writestr(f"{info}/RECORD", "")
"#;

/// The directory and the log of one test.
pub(super) struct Sandbox {
    dir: TempDir,
    pub(super) log: Arc<Mutex<Vec<String>>>,
}

impl Sandbox {
    pub(super) fn new() -> Self {
        let sandbox = Self {
            dir: TempDir::new().unwrap(),
            log: Arc::default(),
        };
        std::fs::create_dir(sandbox.packages()).unwrap();
        sandbox
    }

    /// The folder that pip takes packages from.
    pub(super) fn packages(&self) -> PathBuf {
        self.dir.path().join("packages")
    }

    /// The installation directory of the stores.
    pub(super) fn home(&self) -> PathBuf {
        self.dir.path().join("home")
    }

    /// Writes the wheel of a package.
    pub(super) fn wheel(&self, name: &str, version: &str, requires: &[&str]) {
        let made = Command::new("python3")
            .args(["-c", MAKE_WHEEL])
            .arg(self.packages())
            .args([name, version])
            .args(requires)
            .status()
            .unwrap();
        assert!(made.success());
    }

    /// Opens a store, as a server does when it starts.
    pub(super) fn store(&self) -> Store {
        let log = Arc::clone(&self.log);
        let args = [
            "--no-index".to_owned(),
            format!("--find-links={}", self.packages().display()),
            // Not contacted because of `--no-index`. The password must not appear in the log.
            "--extra-index-url=http://joe:secret@127.0.0.1:9/simple".to_owned(),
        ];
        Store::new(
            self.home(),
            python(),
            args.to_vec(),
            Box::new(move |_, line| log.lock().unwrap().push(line.to_owned())),
        )
    }

    /// Number of folders of wheels, including staged ones.
    pub(super) fn kept_folders(&self) -> usize {
        let (major, minor) = python().version;
        let wheels = self.home().join(format!("wheels-{major}.{minor}"));
        std::fs::read_dir(wheels).unwrap().count()
    }

    /// Number of times that pip ran a command.
    pub(super) fn runs(&self, command: &str) -> usize {
        let text = format!(" -m pip {command} ");
        self.log
            .lock()
            .unwrap()
            .iter()
            .filter(|line| line.contains(&text))
            .count()
    }

    /// Whether a line of the log contains a text.
    pub(super) fn logged(&self, text: &str) -> bool {
        self.log
            .lock()
            .unwrap()
            .iter()
            .any(|line| line.contains(text))
    }
}

/// The version of a generated package that the interpreter of the environment imports.
pub(super) fn version_of(store: &Store, package: &str) -> Option<String> {
    let output = Command::new(store.interpreter())
        .args(["-c", &format!("import {package}; print({package}.version)")])
        .output()
        .unwrap();
    let version = String::from_utf8(output.stdout).unwrap().trim().to_owned();
    output.status.success().then_some(version)
}

pub(super) fn requirements(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

/// The interpreter of the tests.
pub(super) fn python() -> Python {
    let output = Command::new("python3")
        .args([
            "-c",
            "import sys; print(*sys.version_info[:2], sys.executable)",
        ])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let mut words = text.trim().splitn(3, ' ');
    let version = (
        words.next().unwrap().parse().unwrap(),
        words.next().unwrap().parse().unwrap(),
    );
    Python {
        executable: Path::new(words.next().unwrap()).to_owned(),
        version,
    }
}
