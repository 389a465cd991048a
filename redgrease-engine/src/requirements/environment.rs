//! Where the virtual environment is and how it comes to be.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::child::Runner;
use super::error::{InstallError, InstallErrorKind};
use super::output::telling;

/// Written into the environment as the last thing, so that a half-made one is recognised.
const COMPLETE: &str = ".complete";

/// The interpreter that the environment is made from.
#[derive(Debug, Clone)]
pub(crate) struct Python {
    /// The program.
    pub(crate) executable: PathBuf,
    /// Major and minor version. They are part of every path, because a package that was built for
    /// one minor version does not load into another.
    pub(crate) version: (u8, u8),
}

/// The places of one installation directory and one Python minor version.
pub(super) struct Environment {
    dir: PathBuf,
    python: Python,
}

impl Environment {
    pub(super) fn new(dir: PathBuf, python: Python) -> Self {
        // The server may change its working directory later; the paths must not change with it.
        let dir = std::path::absolute(&dir).unwrap_or(dir);
        Self { dir, python }
    }

    fn named(&self, what: &str, end: &str) -> PathBuf {
        let (major, minor) = self.python.version;
        self.dir.join(format!("{what}-{major}.{minor}{end}"))
    }

    /// The interpreter that the environment is made from.
    pub(super) fn base(&self) -> &Path {
        &self.python.executable
    }

    pub(super) fn venv(&self) -> PathBuf {
        self.named("venv", "")
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
        self.named("wheels", "")
    }

    pub(super) fn lock(&self) -> PathBuf {
        self.named("install", ".lock")
    }

    pub(super) fn status(&self) -> PathBuf {
        self.named("install", ".status")
    }

    pub(super) fn constraints(&self) -> PathBuf {
        self.named("constraints", ".txt")
    }

    /// Whether packages can be used from here.
    pub(super) fn is_ready(&self) -> bool {
        // The interpreter is a link: it leads nowhere when the Python it came from was removed.
        self.venv().join(COMPLETE).exists() && self.interpreter().exists()
    }

    /// Makes the directories that must be there before the lock can be taken.
    pub(super) fn prepare(&self) -> Result<(), InstallError> {
        let wheels = self.wheels();
        fs::create_dir_all(&wheels).map_err(|error| trouble("create", &wheels, &error))
    }

    /// Makes the virtual environment unless it is there. To be called with the lock held.
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
            .map_err(|error| trouble("run", base, &error))?;
        let (major, minor) = self.python.version;
        if !outcome.success {
            let mut lines = vec![format!(
                "could not create the virtual environment {}: install the venv module of {} (on \
                 Debian and Ubuntu the package python{major}.{minor}-venv)",
                venv.display(),
                base.display(),
            )];
            lines.extend(telling(&outcome.lines));
            return Err(InstallError::new(InstallErrorKind::Environment, lines));
        }
        if !self.site_packages().exists() {
            return Err(InstallError::line(
                InstallErrorKind::Environment,
                format!(
                    "{} made an environment without {}: it must be the Python {major}.{minor} \
                     that the engine was built for",
                    base.display(),
                    self.site_packages().display(),
                ),
            ));
        }
        let complete = venv.join(COMPLETE);
        fs::write(&complete, "").map_err(|error| trouble("write", &complete, &error))
    }
}

/// An error about a file or directory of ours.
pub(super) fn trouble(verb: &str, path: &Path, error: &io::Error) -> InstallError {
    InstallError::line(
        InstallErrorKind::Environment,
        format!(
            "could not {verb} {}: {error}: check the directory, or set PythonInstallationDir to \
             one that the server may write to",
            path.display()
        ),
    )
}
