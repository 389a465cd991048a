//! Paths and creation of the virtual environment.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::child::Runner;
use super::error::{InstallError, InstallErrorKind};
use super::installer::Installer;
use super::level::Level;
use super::shown::sanitize;

/// File that is written last, so that an incomplete environment is recognised.
const COMPLETE: &str = ".complete";

/// Time in which the interpreter of the environment tells its version.
const ANSWER: Duration = Duration::from_mins(1);

/// The interpreter that creates the environment.
#[derive(Debug, Clone)]
pub(crate) struct Python {
    /// Path of the program.
    pub(crate) executable: PathBuf,
    /// Major and minor version. They are part of every path, because a package that was built for
    /// one minor version does not load into another one.
    pub(crate) version: (u8, u8),
}

/// The paths of one installation directory and one Python minor version.
pub(super) struct Environment {
    dir: PathBuf,
    python: Python,
}

impl Environment {
    pub(super) fn new(dir: PathBuf, python: Python) -> Self {
        // The paths must stay the same when the server changes its working directory.
        let dir = std::path::absolute(&dir).unwrap_or(dir);
        Self { dir, python }
    }

    /// A path in the directory that contains the Python version.
    fn versioned(&self, stem: &str, extension: &str) -> PathBuf {
        let (major, minor) = self.python.version;
        self.dir.join(format!("{stem}-{major}.{minor}{extension}"))
    }

    /// The interpreter that creates the environment.
    pub(super) fn base(&self) -> &Path {
        &self.python.executable
    }

    /// The major and minor version of the interpreter.
    pub(super) fn version(&self) -> (u8, u8) {
        self.python.version
    }

    /// The directory of everything.
    pub(super) fn directory(&self) -> &Path {
        &self.dir
    }

    pub(super) fn venv(&self) -> PathBuf {
        self.versioned("venv", "")
    }

    pub(super) fn interpreter(&self) -> PathBuf {
        self.venv().join("bin/python")
    }

    pub(super) fn site_packages(&self) -> PathBuf {
        let (major, minor) = self.python.version;
        self.venv()
            .join(format!("lib/python{major}.{minor}/site-packages"))
    }

    pub(super) fn wheels(&self) -> PathBuf {
        self.versioned("wheels", "")
    }

    pub(super) fn lock(&self) -> PathBuf {
        self.versioned("install", ".lock")
    }

    pub(super) fn status(&self) -> PathBuf {
        self.versioned("install", ".status")
    }

    pub(super) fn constraints(&self) -> PathBuf {
        self.versioned("constraints", ".txt")
    }

    /// Whether the environment is complete and its interpreter exists.
    pub(super) fn is_ready(&self) -> bool {
        // The interpreter is a symbolic link, which dangles when the Python behind it was removed.
        self.venv().join(COMPLETE).exists()
            && self.interpreter().exists()
            && self.site_packages().exists()
    }

    /// Creates the directories that must exist before the lock can be taken.
    pub(super) fn prepare(&self) -> Result<(), InstallError> {
        let wheels = self.wheels();
        fs::create_dir_all(&wheels).map_err(|error| file_error("create", &wheels, &error))
    }

    /// Creates the virtual environment unless it can be used. The caller holds the lock.
    pub(super) fn create(
        &self,
        runner: &Runner<'_>,
        installer: &dyn Installer,
    ) -> Result<(), InstallError> {
        if self.is_ready() {
            let found = self.found_version(runner);
            let (major, minor) = self.python.version;
            if found.starts_with(&format!("Python {major}.{minor}.")) {
                return installer.adopt_environment();
            }
            let told = format!(
                "requirements: {} runs `{}` in place of Python {major}.{minor}, and is made again: its packages are installed \
                 again when a script needs them",
                self.interpreter().display(),
                sanitize(&found)
            );
            (runner.log)(Level::Warning, &told);
        }
        let venv = self.venv();
        match fs::remove_dir_all(&venv) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(file_error("remove", &venv, &error));
            }
            _ => installer.create_environment()?,
        }
        if !self.site_packages().exists() {
            let (major, minor) = self.python.version;
            return Err(InstallError::line(
                InstallErrorKind::Environment,
                format!(
                    "{} created a virtual environment without {}: set PythonExecutable to the \
                     Python {major}.{minor} that the engine was built for",
                    self.base().display(),
                    self.site_packages().display(),
                ),
            ));
        }
        let complete = venv.join(COMPLETE);
        fs::write(&complete, "").map_err(|error| file_error("write", &complete, &error))
    }

    /// What the interpreter of the environment says of its version. The links of an environment lead to another Python when the
    /// one of the system was upgraded, or the directory comes from another machine.
    fn found_version(&self, runner: &Runner<'_>) -> String {
        match runner.run_within(Some(ANSWER), &self.interpreter(), &["-V".into()], &[]) {
            Ok(outcome) if outcome.is_too_slow => "nothing".to_owned(),
            Ok(outcome) => outcome.lines.last().cloned().unwrap_or_default(),
            Err(error) => error.to_string(),
        }
    }
}

/// An error about a program that could not be started.
pub(super) fn run_error(program: &Path, error: &io::Error) -> InstallError {
    InstallError::line(
        InstallErrorKind::Environment,
        format!(
            "could not run {}: {error}: check the settings PythonExecutable and \
             PythonInstallationDir",
            program.display()
        ),
    )
}

/// An error about a file in the installation directory. `verb` says what could not be done to it.
pub(super) fn file_error(verb: &str, path: &Path, error: &io::Error) -> InstallError {
    InstallError::line(
        InstallErrorKind::Environment,
        format!(
            "could not {verb} {}: {error}: check the directory, or set PythonInstallationDir to \
             one that the server may write to",
            path.display()
        ),
    )
}
