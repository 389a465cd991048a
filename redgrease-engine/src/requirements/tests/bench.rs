//! What the tests stand on: a directory, a folder of packages made on the spot, and the log.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use tempfile::TempDir;

use crate::requirements::{Python, Store};

/// Makes one wheel: `sys.argv` is the folder, the name, the version and what it requires.
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

/// The places one test uses.
pub(super) struct Bench {
    dir: TempDir,
    pub(super) log: Arc<Mutex<Vec<String>>>,
}

impl Bench {
    pub(super) fn new() -> Self {
        let bench = Self {
            dir: TempDir::new().unwrap(),
            log: Arc::default(),
        };
        std::fs::create_dir(bench.packages()).unwrap();
        bench
    }

    /// The folder that pip finds packages in.
    pub(super) fn packages(&self) -> PathBuf {
        self.dir.path().join("packages")
    }

    pub(super) fn home(&self) -> PathBuf {
        self.dir.path().join("home")
    }

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

    /// A store as one server would open it.
    pub(super) fn store(&self) -> Store {
        let log = Arc::clone(&self.log);
        let args = [
            "--no-index".to_owned(),
            format!("--find-links={}", self.packages().display()),
            // Never asked, and never to be seen in a log.
            "--extra-index-url=http://joe:secret@127.0.0.1:9/simple".to_owned(),
        ];
        Store::new(
            self.home(),
            python(),
            args.to_vec(),
            Box::new(move |_, line| log.lock().unwrap().push(line.to_owned())),
        )
    }

    /// How many folders of wheels there are, finished or not.
    pub(super) fn kept_folders(&self) -> usize {
        let (major, minor) = python().version;
        let wheels = self.home().join(format!("wheels-{major}.{minor}"));
        std::fs::read_dir(wheels).unwrap().count()
    }

    /// How often pip was run for a command.
    pub(super) fn runs(&self, command: &str) -> usize {
        let text = format!(" -m pip {command} ");
        self.log
            .lock()
            .unwrap()
            .iter()
            .filter(|line| line.contains(&text))
            .count()
    }

    pub(super) fn logged(&self, text: &str) -> bool {
        self.log
            .lock()
            .unwrap()
            .iter()
            .any(|line| line.contains(text))
    }
}

/// The version of a package made on the spot, as the environment's interpreter sees it.
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

fn python() -> Python {
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
