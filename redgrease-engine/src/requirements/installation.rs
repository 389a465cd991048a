//! One installation: makes the wheels, installs them, and keeps them.

use std::io;
use std::path::PathBuf;

use super::attempts::Work;
use super::environment::file_error;
use super::error::{InstallError, InstallErrorKind};
use super::installer::{Installer, Sources};
use super::kept_address::from_wheels;
use super::level::Level;
use super::portable::Portable;
use super::site::Site;
use super::wheel_check::check_wheels;
use super::wheelhouse::Wheelhouse;

/// The parts of an installation. The lock is held, and the environment exists.
pub(super) struct Installation<'a> {
    pub(super) work: Work<'a>,
    pub(super) installer: &'a dyn Installer,
    pub(super) wheelhouse: &'a Wheelhouse,
}

/// The wheels that an attempt uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wheels {
    /// Kept wheels, and new ones for requirements without kept wheels.
    Kept,
    /// New wheels for all requirements.
    New,
    /// New wheels without the installer's cache, installed over the existing packages.
    Forced,
}

impl Installation<'_> {
    pub(super) fn install(&self, names: &[String], force: bool) -> Result<(), InstallError> {
        let any_kept = names.iter().any(|name| self.wheelhouse.holds(name));
        if any_kept && !force {
            match self.attempt(names, Wheels::Kept) {
                // New wheels may help if the installer refused the kept ones, but not after other errors.
                Err(error) if error.kind() == InstallErrorKind::Failed => {
                    let again =
                        "requirements: the kept wheels cannot be installed, downloading new ones";
                    (self.work.runner.log)(Level::Warning, again);
                }
                settled => return settled,
            }
        }
        self.attempt(names, if force { Wheels::Forced } else { Wheels::New })
    }

    /// Installs requirements from their kept wheels alone.
    pub(super) fn restore(&self, names: &[String]) -> Result<(), InstallError> {
        self.attempt(names, Wheels::Kept)
    }

    /// Installs a requirement that another server has exported.
    pub(super) fn import(&self, requirement: &Portable) -> Result<(), InstallError> {
        let name = &requirement.name;
        let staged = self
            .wheelhouse
            .stage(name)
            .map_err(|error| self.wheelhouse_error(&error))?;
        for (file, bytes) in &requirement.wheels {
            let path = staged.join(file);
            std::fs::write(&path, bytes).map_err(|error| file_error("write", &path, &error))?;
        }
        // The installer reads only the wheels that it installs, but all of them are kept.
        let files = requirement.wheels.iter();
        check_wheels(self.work, files.map(|(file, _)| staged.join(file)))?;
        let names = [from_wheels(name, &staged)];
        let folders = std::slice::from_ref(&staged);
        self.installer
            .install(&names, folders, Sources::Folders, false)?;
        let site = Site::read(&self.work.environment.site_packages());
        self.wheelhouse
            .keep(name, &staged, &site)
            .map_err(|error| self.wheelhouse_error(&error))
    }

    /// Downloads the missing wheels, installs all requirements together, and keeps the wheels.
    fn attempt(&self, names: &[String], wheels: Wheels) -> Result<(), InstallError> {
        let force = wheels == Wheels::Forced;
        let mut folders = Vec::new();
        let mut staged = Vec::new();
        for name in names {
            if wheels == Wheels::Kept && self.wheelhouse.holds(name) {
                folders.push(self.wheelhouse.folder(name));
                continue;
            }
            let folder = self
                .wheelhouse
                .stage(name)
                .map_err(|error| self.wheelhouse_error(&error))?;
            self.installer.wheel(name, &folder, force)?;
            folders.push(folder.clone());
            staged.push((name, folder));
        }
        self.install_from(names, &folders, force)?;
        let site = Site::read(&self.work.environment.site_packages());
        for (name, folder) in &staged {
            self.wheelhouse
                .keep(name, folder, &site)
                .map_err(|error| self.wheelhouse_error(&error))?;
        }
        for name in names
            .iter()
            .filter(|name| staged.iter().all(|(other, _)| other != name))
        {
            self.wheelhouse
                .renew(name, &site)
                .map_err(|error| self.wheelhouse_error(&error))?;
        }
        Ok(())
    }

    /// Installs all requirements from their folders, of which each was filled for one requirement.
    fn install_from(
        &self,
        names: &[String],
        folders: &[PathBuf],
        force: bool,
    ) -> Result<(), InstallError> {
        let pairs = names.iter().zip(folders);
        let kept: Vec<String> = pairs
            .map(|(name, folder)| from_wheels(name, folder))
            .collect();
        let installed = self
            .installer
            .install(&kept, folders, Sources::Folders, force);
        match installed {
            // The versions in the folders may conflict although other versions in the index do not.
            Err(error) if names.len() > 1 && error.kind() == InstallErrorKind::Failed => self
                .installer
                .install(names, folders, Sources::FoldersAndIndex, force),
            settled => settled,
        }
    }

    fn wheelhouse_error(&self, error: &io::Error) -> InstallError {
        file_error("keep wheels in", &self.work.environment.wheels(), error)
    }
}
