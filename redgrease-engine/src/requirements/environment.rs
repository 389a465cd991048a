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

    /// Creates the virtual environment unless it can be used. Returns `true` if it did. The caller holds the lock.
    ///
    /// An environment that stands is put aside, and put back when no other one can be created: its Python may be missing only for a
    /// moment, or the disk is full.
    pub(super) fn create(
        &self,
        runner: &Runner<'_>,
        installer: &dyn Installer,
    ) -> Result<bool, InstallError> {
        self.put_back_if_interrupted()?;
        if self.is_ready() {
            let found = self.found_version(runner)?;
            let (major, minor) = self.python.version;
            if found.starts_with(&format!("Python {major}.{minor}.")) {
                installer.adopt_environment()?;
                return Ok(false);
            }
            let told = format!(
                "requirements: {} runs `{}` in place of Python {major}.{minor}, and is made again",
                self.interpreter().display(),
                sanitize(&found)
            );
            (runner.log)(Level::Warning, &told);
        }
        let (venv, aside) = (self.venv(), self.aside());
        let replaces = venv.exists();
        if replaces {
            fs::rename(&venv, &aside).map_err(|error| file_error("replace", &venv, &error))?;
        }
        if let Err(error) = self.create_new(installer) {
            if replaces {
                remove(&venv)?;
                fs::rename(&aside, &venv).map_err(|error| file_error("put back", &venv, &error))?;
            }
            return Err(error);
        }
        // What cannot be removed is removed before the next environment is put aside.
        let _ = remove(&aside);
        Ok(true)
    }

    /// Creates the environment in a place where nothing is.
    fn create_new(&self, installer: &dyn Installer) -> Result<(), InstallError> {
        let venv = self.venv();
        installer.create_environment()?;
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

    /// The place of an environment while another one is created in its place.
    fn aside(&self) -> PathBuf {
        self.versioned("venv", ".old")
    }

    /// Puts back what a server has put aside that ended before the new environment was complete.
    fn put_back_if_interrupted(&self) -> Result<(), InstallError> {
        let (venv, aside) = (self.venv(), self.aside());
        if !aside.exists() {
            return Ok(());
        }
        if venv.join(COMPLETE).exists() {
            return remove(&aside);
        }
        remove(&venv)?;
        fs::rename(&aside, &venv).map_err(|error| file_error("put back", &venv, &error))
    }

    /// What the interpreter of the environment says of its version. The links of an environment lead to another Python when the
    /// one of the system was upgraded, or the directory comes from another machine.
    ///
    /// # Errors
    /// If the base Python, which runs the question, cannot be started or cannot answer: then no other environment can be created.
    fn found_version(&self, runner: &Runner<'_>) -> Result<String, InstallError> {
        let ask = |program: &Path| {
            runner
                .run_within(Some(ANSWER), program, &["-V".into()], &[])
                .map_err(|error| run_error(self.base(), &error))
        };
        let found = ask(&self.interpreter())?;
        let version = if found.is_too_slow {
            "nothing".to_owned()
        } else {
            found.lines.last().cloned().unwrap_or_default()
        };
        if found.success {
            return Ok(version);
        }
        let base = ask(self.base())?;
        if base.success {
            return Ok(version);
        }
        let told = base.lines.last().map(|line| sanitize(line));
        Err(InstallError::line(
            InstallErrorKind::Environment,
            format!(
                "could not run {}: {}: check the settings PythonExecutable and PythonInstallationDir",
                self.base().display(),
                told.as_deref().unwrap_or("it told nothing"),
            ),
        ))
    }
}

/// Removes a directory, which need not exist.
fn remove(directory: &Path) -> Result<(), InstallError> {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(file_error("remove", directory, &error))
        }
        _ => Ok(()),
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
