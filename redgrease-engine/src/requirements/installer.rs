//! The interface of the installers pip and uv, and the choice between them.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::attempts::Work;
use super::error::{InstallError, InstallErrorKind};
use super::level::Level;
use super::pip::Pip;
use super::uv::Uv;

/// The sources that an installation may take packages from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sources {
    /// Only the given folders.
    Folders,
    /// The given folders and the indexes that pip is configured for.
    FoldersAndIndex,
}

/// A program that installs packages.
pub(super) trait Installer {
    /// Creates the virtual environment in a place where nothing is.
    fn create_environment(&self) -> Result<(), InstallError>;

    /// Adds to an existing environment what this installer needs in it.
    fn adopt_environment(&self) -> Result<(), InstallError>;

    /// Puts the wheels of a requirement and of its dependencies into `folder`. With `fresh`, the cache of the installer is
    /// not used.
    fn wheel(&self, requirement: &str, folder: &Path, fresh: bool) -> Result<(), InstallError>;

    /// Installs requirements with one command, so that the installer detects conflicts between them.
    fn install(
        &self,
        requirements: &[String],
        folders: &[PathBuf],
        sources: Sources,
        force: bool,
    ) -> Result<(), InstallError>;
}

/// The setting `Installer`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Preference {
    /// uv if it is there and can do what pip's configuration asks for, otherwise pip.
    #[default]
    Auto,
    Uv,
    Pip,
}

impl FromStr for Preference {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        match word {
            "auto" => Ok(Self::Auto),
            "uv" => Ok(Self::Uv),
            "pip" => Ok(Self::Pip),
            _ => Err(()),
        }
    }
}

/// The installer of one installation. uv may be installed, or removed, while the server runs.
pub(super) fn choose<'a>(
    preference: Preference,
    work: Work<'a>,
    pip_arguments: &'a [String],
) -> Result<Box<dyn Installer + 'a>, InstallError> {
    let pip = Pip {
        work,
        extra: pip_arguments,
    };
    if preference == Preference::Pip {
        return Ok(Box::new(pip));
    }
    match Uv::find(work, pip_arguments) {
        Ok(uv) => Ok(Box::new(uv)),
        Err(reason) if preference == Preference::Uv => {
            let line = format!("the setting Installer is uv, and {reason}");
            Err(InstallError::line(InstallErrorKind::Environment, line))
        }
        Err(reason) => {
            if reason.is_worth_a_line() {
                let line = format!("requirements: pip installs: {reason}");
                (work.runner.log)(Level::Notice, &line);
            }
            Ok(Box::new(pip))
        }
    }
}
