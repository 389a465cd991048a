//! The store of one installation directory: what the rest of the engine sees.

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::{PoisonError, RwLock};

use super::child::Runner;
use super::environment::{Environment, Python, trouble};
use super::error::{InstallError, InstallErrorKind};
use super::level::{Level, Log};
use super::lock::Lock;
use super::name::check;
use super::pip::{Pip, Sources};
use super::portable::Portable;
use super::site::Site;
use super::wheelhouse::{Requirement, Wheelhouse};

type Known = HashMap<String, Requirement>;

/// The requirements of one installation directory and one Python minor version.
///
/// Several servers may use one directory at a time: each sees what the others installed when it
/// installs something itself.
pub(crate) struct Store {
    environment: Environment,
    wheelhouse: Wheelhouse,
    pip_args: Vec<String>,
    log: Log,
    known: RwLock<Known>,
}

impl Store {
    /// Opens the store of a directory, which need not exist, and reads what is there.
    ///
    /// `pip_args` are added to every pip command, beside what pip reads from its own
    /// configuration and environment.
    pub(crate) fn new(dir: PathBuf, python: Python, pip_args: Vec<String>, log: Log) -> Self {
        let environment = Environment::new(dir, python);
        let wheelhouse = Wheelhouse::new(environment.wheels());
        let store = Self {
            environment,
            wheelhouse,
            pip_args,
            log,
            known: RwLock::new(Known::new()),
        };
        store.refresh();
        store
    }

    /// Where the packages are. The directory exists once something has been installed.
    pub(crate) fn site_packages(&self) -> PathBuf {
        self.environment.site_packages()
    }

    /// The interpreter of the environment. It exists once something has been installed.
    #[cfg(test)]
    pub(crate) fn interpreter(&self) -> PathBuf {
        self.environment.interpreter()
    }

    /// Whether exactly this requirement text is installed, as far as this process knows.
    ///
    /// Cheap enough for the main thread. Another server's installation is noticed by
    /// [`Store::install`], which has nothing to do then.
    pub(crate) fn is_installed(&self, name: &str) -> bool {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known
            .get(name)
            .is_some_and(|requirement| requirement.is_installed)
    }

    /// What is known about one requirement.
    pub(crate) fn row(&self, name: &str) -> Option<Requirement> {
        self.known
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(name)
            .cloned()
    }

    /// Everything that is known, sorted by name.
    pub(crate) fn rows(&self) -> Vec<Requirement> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let mut rows: Vec<Requirement> = known.values().cloned().collect();
        rows.sort_by(|a, b| a.name.cmp(&b.name));
        rows
    }

    /// Installs what is not installed; with `force` everything, from newly fetched packages.
    ///
    /// Blocks for as long as pip needs: never call it on the main thread.
    ///
    /// # Errors
    /// A text that is no requirement is refused before anything runs. A directory that cannot be
    /// written, an index that cannot be reached and whatever pip objects to come back as the lines
    /// to show; what was installed before stays.
    pub(crate) fn install(&self, names: &[String], force: bool) -> Result<(), InstallError> {
        let mut wanted: Vec<String> = Vec::new();
        for name in names {
            check(name)?;
            if !wanted.contains(name) {
                wanted.push(name.clone());
            }
        }
        if !force && self.all_installed(&wanted) {
            return Ok(());
        }
        self.environment.prepare()?;
        let path = self.environment.lock();
        let lock =
            Lock::acquire(&path, &self.log).map_err(|error| trouble("lock", &path, &error))?;
        // Somebody else may have installed it while we waited.
        self.refresh();
        if !force && self.all_installed(&wanted) {
            return Ok(());
        }
        let before = self.rows();
        let result = self.install_locked(&lock, &wanted, force);
        self.wheelhouse.sweep();
        self.refresh();
        self.report_replaced(&before, &wanted);
        result
    }

    /// A requirement with its wheels, for another server. `None` if its wheels are not kept here.
    ///
    /// Reads files of any size: not for the main thread.
    ///
    /// # Errors
    /// A wheel that cannot be read.
    pub(crate) fn export(&self, name: &str) -> Result<Option<Portable>, InstallError> {
        let Some(row) = self.row(name).filter(|row| row.is_downloaded) else {
            return Ok(None);
        };
        let wheels = row
            .wheels
            .iter()
            .map(|wheel| {
                let path = row.path.join(wheel);
                let bytes = std::fs::read(&path).map_err(|error| trouble("read", &path, &error))?;
                Ok((wheel.clone(), bytes))
            })
            .collect::<Result<_, InstallError>>()?;
        Ok(Some(Portable {
            name: row.name,
            system: row.compiled_os,
            wheels,
        }))
    }

    /// Installs a requirement of another server from its wheels alone.
    ///
    /// Blocks for as long as pip needs: never call it on the main thread.
    ///
    /// # Errors
    /// As [`Store::install`]; what was installed before stays.
    pub(crate) fn import(&self, requirement: &Portable) -> Result<(), InstallError> {
        self.environment.prepare()?;
        let path = self.environment.lock();
        let lock =
            Lock::acquire(&path, &self.log).map_err(|error| trouble("lock", &path, &error))?;
        self.refresh();
        if self.is_installed(&requirement.name) {
            return Ok(());
        }
        let result = self.import_locked(&lock, requirement);
        self.wheelhouse.sweep();
        self.refresh();
        result
    }

    fn import_locked(&self, lock: &Lock, requirement: &Portable) -> Result<(), InstallError> {
        let status = self.environment.status();
        let runner = Runner {
            python: self.environment.base(),
            status: &status,
            lock,
            log: &self.log,
        };
        self.environment.create(&runner)?;
        let name = &requirement.name;
        let staged = self
            .wheelhouse
            .stage(name)
            .map_err(|error| self.keeping(&error))?;
        for (file, bytes) in &requirement.wheels {
            let path = staged.join(file);
            std::fs::write(&path, bytes).map_err(|error| trouble("write", &path, &error))?;
        }
        let pip = Pip {
            environment: &self.environment,
            runner: &runner,
            extra: &self.pip_args,
        };
        // pip looks into those only that it installs, and all of them are kept.
        pip.check_wheels(requirement.wheels.iter().map(|(file, _)| staged.join(file)))?;
        let folders = std::slice::from_ref(&staged);
        let names = std::slice::from_ref(name);
        pip.install(names, folders, Sources::Folders, false)?;
        let site = Site::read(&self.environment.site_packages());
        self.wheelhouse
            .keep(name, &staged, &site)
            .map_err(|error| self.keeping(&error))
    }

    fn all_installed(&self, names: &[String]) -> bool {
        names.iter().all(|name| self.is_installed(name))
    }

    fn install_locked(
        &self,
        lock: &Lock,
        names: &[String],
        force: bool,
    ) -> Result<(), InstallError> {
        let status = self.environment.status();
        let runner = Runner {
            python: self.environment.base(),
            status: &status,
            lock,
            log: &self.log,
        };
        self.environment.create(&runner)?;
        let pip = Pip {
            environment: &self.environment,
            runner: &runner,
            extra: &self.pip_args,
        };
        let any_kept = names.iter().any(|name| self.wheelhouse.holds(name));
        if any_kept && !force {
            match self.attempt(&pip, names, Wheels::Kept) {
                // The kept wheels may be what is wrong, but a package index that cannot be asked
                // will not do better.
                Err(error) if error.kind() == InstallErrorKind::Pip => {
                    let again = "requirements: the kept wheels do not do, fetching them again";
                    (self.log)(Level::Warning, again);
                }
                settled => return settled,
            }
        }
        self.attempt(
            &pip,
            names,
            if force { Wheels::Forced } else { Wheels::New },
        )
    }

    /// Fetches the wheels that are missing, installs everything together, and keeps the wheels.
    fn attempt(&self, pip: &Pip<'_>, names: &[String], use_of: Wheels) -> Result<(), InstallError> {
        let force = use_of == Wheels::Forced;
        let mut folders = Vec::new();
        let mut staged = Vec::new();
        for name in names {
            if use_of == Wheels::Kept && self.wheelhouse.holds(name) {
                folders.push(self.wheelhouse.folder(name));
                continue;
            }
            let folder = self
                .wheelhouse
                .stage(name)
                .map_err(|error| self.keeping(&error))?;
            pip.wheel(name, &folder, force)?;
            folders.push(folder.clone());
            staged.push((name, folder));
        }
        match pip.install(names, &folders, Sources::Folders, force) {
            // Each folder answers its own requirement, and pip may find that they do not go
            // together although other versions would.
            Err(error) if names.len() > 1 && error.kind() == InstallErrorKind::Pip => {
                pip.install(names, &folders, Sources::FoldersAndIndex, force)?;
            }
            other => other?,
        }
        let site = Site::read(&self.environment.site_packages());
        for (name, folder) in &staged {
            self.wheelhouse
                .keep(name, folder, &site)
                .map_err(|error| self.keeping(&error))?;
        }
        for name in names
            .iter()
            .filter(|name| staged.iter().all(|(other, _)| other != name))
        {
            self.wheelhouse
                .renew(name, &site)
                .map_err(|error| self.keeping(&error))?;
        }
        Ok(())
    }

    fn keeping(&self, error: &io::Error) -> InstallError {
        trouble("keep wheels in", &self.environment.wheels(), error)
    }

    /// Reads from disk what is there.
    fn refresh(&self) {
        let site = if self.environment.is_ready() {
            Some(Site::read(&self.environment.site_packages()))
        } else {
            None
        };
        let mut known = self
            .wheelhouse
            .read(site.as_ref().unwrap_or(&Site::default()));
        if site.is_none() {
            // A requirement that brought nothing would count as installed anywhere.
            for requirement in known.values_mut() {
                requirement.is_installed = false;
            }
        }
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = known;
    }

    /// All gears of a server share one environment, so the last one to ask decides on a version.
    fn report_replaced(&self, before: &[Requirement], wanted: &[String]) {
        for old in before.iter().filter(|old| old.is_installed) {
            if !wanted.contains(&old.name) && !self.is_installed(&old.name) {
                let name = super::output::presentable(&old.name);
                let line = format!(
                    "requirements: `{name}` was replaced by what another script asked for: gears \
                     of one server share their packages"
                );
                (self.log)(Level::Warning, &line);
            }
        }
    }
}

/// Which wheels an attempt uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wheels {
    /// The kept ones, and new ones for what has none.
    Kept,
    /// New ones for everything.
    New,
    /// New ones, not from pip's cache, installed over what is there.
    Forced,
}
