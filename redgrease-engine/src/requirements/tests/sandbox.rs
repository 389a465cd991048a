//! A temporary directory with generated packages and a captured log, for the tests of the store.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use tempfile::TempDir;

use super::uv_tool::python_with_uv;
use crate::requirements::{Preference, Python, Settings, Store};

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

/// Makes two tests of each function: with pip, and with uv.
macro_rules! with_pip_and_uv {
    ($($name:ident),+ $(,)?) => {
        mod with_pip {
            $(#[test]
            fn $name() {
                super::$name(crate::requirements::Preference::Pip);
            })+
        }
        mod with_uv {
            $(#[test]
            fn $name() {
                super::$name(crate::requirements::Preference::Uv);
            })+
        }
    };
}
pub(super) use with_pip_and_uv;

/// The directory and the log of one test.
pub(super) struct Sandbox {
    dir: TempDir,
    installer: Preference,
    pub(super) log: Arc<Mutex<Vec<String>>>,
}

impl Sandbox {
    pub(super) fn new(installer: Preference) -> Self {
        let sandbox = Self {
            dir: TempDir::new().unwrap(),
            installer,
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

    /// The environment of the stores.
    pub(super) fn venv(&self) -> PathBuf {
        let (major, minor) = python().version;
        self.home().join(format!("venv-{major}.{minor}"))
    }

    /// The place of an environment while another one is created.
    pub(super) fn venv_aside(&self) -> PathBuf {
        let (major, minor) = python().version;
        self.home().join(format!("venv-{major}.{minor}.old"))
    }

    /// The folder of the kept wheels.
    pub(super) fn wheels(&self) -> PathBuf {
        let (major, minor) = python().version;
        self.home().join(format!("wheels-{major}.{minor}"))
    }

    /// Opens a store, as a server does when it starts.
    pub(super) fn store(&self) -> Store {
        self.store_of(self.installer)
    }

    /// A store with another installer, as after a change of the setting.
    pub(super) fn store_of(&self, installer: Preference) -> Store {
        let packages = format!("--find-links={}", self.packages().display());
        // Not contacted because of `--no-index`. The password must not appear in the log.
        let index = "--extra-index-url=http://joe:secret@127.0.0.1:9/simple";
        self.store_with(installer, &["--no-index", &packages, index])
    }

    /// A store with these arguments for pip.
    pub(super) fn store_with(&self, installer: Preference, pip_arguments: &[&str]) -> Store {
        let log = Arc::clone(&self.log);
        let settings = Settings {
            installer,
            pip_arguments: requirements(pip_arguments),
        };
        Store::new(
            self.home(),
            python_for(installer),
            settings,
            Box::new(move |_, line| log.lock().unwrap().push(line.to_owned())),
        )
    }

    /// A store whose interpreter is this program, of the same version as that of the other stores.
    pub(super) fn store_of_python(&self, program: &Path) -> Store {
        let log = Arc::clone(&self.log);
        let packages = format!("--find-links={}", self.packages().display());
        let settings = Settings {
            installer: self.installer,
            pip_arguments: requirements(&["--no-index", &packages]),
        };
        let python = Python {
            executable: program.to_owned(),
            version: python_for(self.installer).version,
        };
        let write = move |_, line: &str| log.lock().unwrap().push(line.to_owned());
        Store::new(self.home(), python, settings, Box::new(write))
    }

    /// Number of folders of wheels, including staged ones.
    pub(super) fn kept_folders(&self) -> usize {
        std::fs::read_dir(self.wheels()).unwrap().count()
    }

    /// Number of times that the installer made wheels.
    pub(super) fn made_wheels(&self) -> usize {
        self.count(match self.installer {
            Preference::Uv => "/unpacked.new/bin/python --no-index ",
            Preference::Auto | Preference::Pip => " -m pip wheel ",
        })
    }

    /// Number of times that the installer changed the environment.
    pub(super) fn installed(&self) -> usize {
        let (major, minor) = python().version;
        self.count(&match self.installer {
            Preference::Uv => format!("/venv-{major}.{minor}/bin/python --no-index "),
            Preference::Auto | Preference::Pip => " -m pip install ".to_owned(),
        })
    }

    fn count(&self, text: &str) -> usize {
        let log = self.log.lock().unwrap();
        log.iter().filter(|line| line.contains(text)).count()
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

/// The interpreter of a server. The one for uv has it beside itself.
pub(super) fn python_for(installer: Preference) -> Python {
    match installer {
        Preference::Uv => python_with_uv(),
        Preference::Auto | Preference::Pip => python(),
    }
}

/// The interpreter of the tests.
pub(super) fn python() -> Python {
    version_of_interpreter(Path::new("python3"))
}

/// The interpreter that a program is.
pub(super) fn version_of_interpreter(program: &Path) -> Python {
    let output = Command::new(program)
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
