//! Paths and creation of the virtual environment.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::child::Runner;
use super::error::{InstallError, InstallErrorKind};
use super::obstacle::obstacle;
use super::output::relevant_lines;

/// File that is written last, so that an incomplete environment is recognised.
const COMPLETE: &str = ".complete";

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
        self.venv().join(COMPLETE).exists() && self.interpreter().exists()
    }

    /// Creates the directories that must exist before the lock can be taken.
    pub(super) fn prepare(&self) -> Result<(), InstallError> {
        let wheels = self.wheels();
        fs::create_dir_all(&wheels).map_err(|error| file_error("create", &wheels, &error))
    }

    /// Creates the virtual environment unless it is ready. The caller holds the lock.
    pub(super) fn create(&self, runner: &Runner<'_>) -> Result<(), InstallError> {
        if self.is_ready() {
            return Ok(());
        }
        let venv = self.venv();
        let args = ["-I", "-m", "venv", "--clear"].map(OsString::from);
        let args: Vec<OsString> = args.into_iter().chain([venv.clone().into()]).collect();
        let base = self.base();
        let outcome = runner
            .run(base, &args)
            .map_err(|error| run_error(base, &error))?;
        let (major, minor) = self.python.version;
        if !outcome.success {
            let missing = || {
                format!(
                    "could not create the virtual environment {}: install the venv module of {} (on \
                 Debian and Ubuntu the package python{major}.{minor}-venv)",
                    venv.display(),
                    base.display(),
                )
            };
            let mut lines = vec![obstacle(&outcome, self.directory()).unwrap_or_else(missing)];
            lines.extend(relevant_lines(&outcome.lines));
            return Err(InstallError::new(InstallErrorKind::Environment, lines));
        }
        if !self.site_packages().exists() {
            return Err(InstallError::line(
                InstallErrorKind::Environment,
                format!(
                    "{} created a virtual environment without {}: set PythonExecutable to the \
                     Python {major}.{minor} that the engine was built for",
                    base.display(),
                    self.site_packages().display(),
                ),
            ));
        }
        let complete = venv.join(COMPLETE);
        fs::write(&complete, "").map_err(|error| file_error("write", &complete, &error))
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
