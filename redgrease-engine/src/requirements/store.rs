//! The store of one installation directory, the interface for the rest of the engine.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use super::attempts::Work;
use super::canonical::canonical;
use super::child::Runner;
use super::environment::{Environment, Python, file_error};
use super::error::{InstallError, InstallErrorKind};
use super::installation::Installation;
use super::installer::{Preference, choose};
use super::level::{Level, Log};
use super::lock::Lock;
use super::name::{check, project};
use super::portable::Portable;
use super::site::{Site, project_of_wheel};
use super::wheelhouse::{Requirement, Wheelhouse};

type Known = HashMap<String, Requirement>;

/// The settings of a store.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings {
    pub(crate) installer: Preference,
    /// Arguments for every command of pip, and for uv as far as it has them.
    pub(crate) pip_arguments: Vec<String>,
}

/// The requirements of one installation directory and one Python minor version.
///
/// Several servers may use one directory at the same time. What is installed is what the disk says, not what this process
/// remembers.
pub(crate) struct Store {
    environment: Environment,
    wheelhouse: Wheelhouse,
    settings: Settings,
    log: Log,
    /// The kept requirements, as they were when the store last read the disk.
    known: RwLock<Known>,
    /// The time of the last change on the disk that `known` contains. `None` if a change may have been too recent to see the
    /// next one.
    seen: Mutex<Option<Changed>>,
}

/// When the installed packages and the kept wheels were last changed.
type Changed = (Option<SystemTime>, Option<SystemTime>);

/// File systems store times in steps. A change within this time of another one may look like no change.
const STEP: Duration = Duration::from_secs(2);

/// Whether one of the wheels of a requirement is that of a project.
fn has_wheel_of(row: &Requirement, wanted: &str) -> bool {
    let mut projects = row.wheels.iter().filter_map(|file| project_of_wheel(file));
    projects.any(|project| project == wanted)
}

impl Store {
    /// Opens the store of a directory, which need not exist, and reads the kept requirements.
    ///
    /// The installers still read pip's own configuration and environment variables.
    pub(crate) fn new(dir: PathBuf, python: Python, settings: Settings, log: Log) -> Self {
        let environment = Environment::new(dir, python);
        let wheelhouse = Wheelhouse::new(environment.wheels());
        let store = Self {
            environment,
            wheelhouse,
            settings,
            log,
            known: RwLock::new(Known::new()),
            seen: Mutex::new(None),
        };
        store.refresh();
        store
    }

    /// The directory of the installed packages. It does not exist before the first installation.
    pub(crate) fn site_packages(&self) -> PathBuf {
        self.environment.site_packages()
    }

    /// The interpreter of the environment. It does not exist before the first installation.
    #[cfg(test)]
    pub(crate) fn interpreter(&self) -> PathBuf {
        self.environment.interpreter()
    }

    /// Whether a requirement is installed. Spellings of one requirement are the same: see [`canonical`].
    ///
    /// Asks the disk for the times of two directories, and reads them only after a change, so it may be called on the main
    /// thread.
    pub(crate) fn is_installed(&self, name: &str) -> bool {
        self.row(name)
            .is_some_and(|requirement| requirement.is_installed)
    }

    /// The state of one requirement. `None` if the requirement is not kept.
    pub(crate) fn row(&self, name: &str) -> Option<Requirement> {
        // Another server with the same directory may have installed something.
        self.refresh_after_change();
        self.known
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&canonical(name))
            .cloned()
    }

    /// Whether a requirement installs a project, which is given by its normalised name: its own, or one that it depends on.
    pub(crate) fn brings(&self, requirement: &str, wanted: &str) -> bool {
        if project(requirement).as_deref() == Some(wanted) {
            return true;
        }
        // Reads no files: scripts ask for this with each use of the package.
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known
            .get(&canonical(requirement))
            .is_some_and(|row| has_wheel_of(row, wanted))
    }

    /// Whether a kept requirement has installed a project, which is given by its normalised name.
    pub(crate) fn has_installed_project(&self, wanted: &str) -> bool {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known
            .values()
            .any(|row| row.is_installed && has_wheel_of(row, wanted))
    }

    /// The state of all kept requirements, sorted by name.
    pub(crate) fn rows(&self) -> Vec<Requirement> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let mut rows: Vec<Requirement> = known.values().cloned().collect();
        rows.sort_by(|a, b| a.name.cmp(&b.name));
        rows
    }

    /// Installs the requirements that are not installed. With `force`, installs all of them from
    /// newly downloaded packages.
    ///
    /// Blocks until the installer has ended: do not call it on the main thread.
    ///
    /// # Errors
    /// A text that is not a requirement is refused before an installer runs. Other errors are a directory
    /// that cannot be written, an index that cannot be reached, and any failure of the installer. Packages
    /// that were installed before stay installed.
    pub(crate) fn install(&self, names: &[String], force: bool) -> Result<(), InstallError> {
        let mut wanted: Vec<String> = Vec::new();
        for name in names {
            check(name)?;
            if wanted
                .iter()
                .all(|other| canonical(other) != canonical(name))
            {
                wanted.push(name.clone());
            }
        }
        if !force && self.all_installed(&wanted) {
            return Ok(());
        }
        self.environment.prepare()?;
        let path = self.environment.lock();
        let lock =
            Lock::acquire(&path, &self.log).map_err(|error| file_error("lock", &path, &error))?;
        // Another server may have installed the requirements while this one waited for the lock.
        self.refresh();
        if !force && self.all_installed(&wanted) {
            return Ok(());
        }
        let before = self.rows();
        let result = self.with_installation(&lock, |it| it.install(&wanted, force));
        self.wheelhouse.sweep();
        self.refresh();
        if result.is_err() {
            self.restore_lost(&lock, &before);
        }
        self.report_replaced(&before, &wanted);
        result
    }

    /// A requirement with its wheels, for another server. `None` if the requirement is not kept.
    ///
    /// Reads the wheels, which may be large: do not call it on the main thread.
    ///
    /// # Errors
    /// If a wheel is missing or cannot be read.
    pub(crate) fn export(&self, name: &str) -> Result<Option<Portable>, InstallError> {
        let Some(row) = self.row(name) else {
            return Ok(None);
        };
        if !row.is_downloaded {
            let folder = row.path.display();
            let text = format!(
                "a wheel is missing in {folder}: send a script that needs the requirement with FORCE_REINSTALL_REQUIREMENTS"
            );
            return Err(InstallError::line(InstallErrorKind::Environment, text));
        }
        let wheels = row
            .wheels
            .iter()
            .map(|wheel| {
                let path = row.path.join(wheel);
                let bytes =
                    std::fs::read(&path).map_err(|error| file_error("read", &path, &error))?;
                Ok((wheel.clone(), bytes))
            })
            .collect::<Result<_, InstallError>>()?;
        Ok(Some(Portable {
            name: row.name,
            system: row.compiled_os,
            wheels,
        }))
    }

    /// Installs a requirement that another server exported, only from its wheels.
    ///
    /// Blocks until the installer has ended: do not call it on the main thread.
    ///
    /// # Errors
    /// See [`Store::install`]. Packages that were installed before stay installed.
    pub(crate) fn import(&self, requirement: &Portable) -> Result<(), InstallError> {
        self.environment.prepare()?;
        let path = self.environment.lock();
        let lock =
            Lock::acquire(&path, &self.log).map_err(|error| file_error("lock", &path, &error))?;
        self.refresh();
        if self.is_installed(&requirement.name) {
            return Ok(());
        }
        let result = self.with_installation(&lock, |it| it.import(requirement));
        self.wheelhouse.sweep();
        self.refresh();
        result
    }

    fn all_installed(&self, names: &[String]) -> bool {
        names.iter().all(|name| self.is_installed(name))
    }

    /// Installs what a failed installation has removed: an installer removes the old version of a package before it writes the
    /// new one, and the disk may be full then, or the process is killed.
    fn restore_lost(&self, lock: &Lock, before: &[Requirement]) {
        let lost: Vec<String> = before
            .iter()
            .filter(|old| old.is_installed && old.is_downloaded && !self.is_installed(&old.name))
            .map(|old| old.name.clone())
            .collect();
        if lost.is_empty() {
            return;
        }
        let names = super::shown::sanitize(&lost.join("`, `"));
        let restored = self.with_installation(lock, |it| it.restore(&lost));
        self.wheelhouse.sweep();
        self.refresh();
        let told = match restored {
            Ok(()) => "and they were installed again from their wheels".to_owned(),
            Err(error) => format!("and they will be installed when a script needs them: {error}"),
        };
        let line = format!("requirements: the failed installation has removed `{names}`, {told}");
        (self.log)(Level::Warning, &line);
    }

    /// Runs an installation while the lock is held. If uv was chosen by itself and does not work, pip runs it.
    fn with_installation(
        &self,
        lock: &Lock,
        body: impl Fn(&Installation<'_>) -> Result<(), InstallError>,
    ) -> Result<(), InstallError> {
        match self.with_preference(self.settings.installer, lock, &body) {
            Err(error)
                if error.kind() == InstallErrorKind::Installer
                    && self.settings.installer == Preference::Auto =>
            {
                let line = format!("requirements: pip installs: {error}");
                (self.log)(Level::Warning, &line);
                self.with_preference(Preference::Pip, lock, &body)
            }
            settled => settled,
        }
    }

    fn with_preference(
        &self,
        preference: Preference,
        lock: &Lock,
        body: impl Fn(&Installation<'_>) -> Result<(), InstallError>,
    ) -> Result<(), InstallError> {
        let status = self.environment.status();
        let runner = Runner {
            python: self.environment.base(),
            status: &status,
            lock,
            log: &self.log,
        };
        let work = Work {
            environment: &self.environment,
            runner: &runner,
        };
        let installer = choose(preference, work, &self.settings.pip_arguments)?;
        let is_new = self.environment.create(&runner, &*installer)?;
        let installation = Installation {
            work,
            installer: &*installer,
            wheelhouse: &self.wheelhouse,
        };
        if is_new {
            self.restore_all(&installation);
        }
        body(&installation)
    }

    /// Installs every kept requirement into a new environment, which may have been made again: gears import packages long after the script that
    /// required them.
    fn restore_all(&self, installation: &Installation<'_>) {
        self.refresh();
        let rows = self.rows().into_iter();
        let names: Vec<String> = rows
            .filter(|row| row.is_downloaded && !row.is_installed)
            .map(|row| row.name)
            .collect();
        // Together, so that the versions fit each other. If they do not: a requirement that cannot be installed keeps no other.
        if names.is_empty() || installation.restore(&names).is_ok() {
            return;
        }
        for name in names {
            if let Err(error) = installation.restore(std::slice::from_ref(&name)) {
                let name = super::shown::sanitize(&name);
                let line = format!(
                    "requirements: `{name}` is not in the environment that was made again, and will be installed when a script \
                     needs it: {error}"
                );
                (self.log)(Level::Warning, &line);
            }
        }
    }

    /// Reads the state of all requirements from disk if it has changed since the last reading.
    fn refresh_after_change(&self) {
        let seen = *self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.is_none() || seen != Some(self.changed()) {
            self.refresh();
        }
    }

    /// When the disk was last changed.
    fn changed(&self) -> Changed {
        let of = |directory: PathBuf| {
            std::fs::metadata(directory)
                .and_then(|it| it.modified())
                .ok()
        };
        (
            of(self.environment.site_packages()),
            of(self.environment.wheels()),
        )
    }

    /// Reads the state of all requirements from disk.
    fn refresh(&self) {
        let changed = self.changed();
        let now = SystemTime::now();
        let is_old = |time: Option<SystemTime>| time.is_none_or(|time| time + STEP < now);
        let settled = is_old(changed.0) && is_old(changed.1);
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = settled.then_some(changed);
        let site = if self.environment.is_ready() {
            Some(Site::read(&self.environment.site_packages()))
        } else {
            None
        };
        let mut known = self
            .wheelhouse
            .read(site.as_ref().unwrap_or(&Site::default()));
        if site.is_none() {
            // A record without projects would count as installed even without an environment.
            for requirement in known.values_mut() {
                requirement.is_installed = false;
            }
        }
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = known;
    }

    /// Logs the requirements that this installation replaced. All gears of a server share one
    /// environment, so the last installation decides the version of a package.
    fn report_replaced(&self, before: &[Requirement], wanted: &[String]) {
        for old in before.iter().filter(|old| old.is_installed) {
            let wanted = wanted
                .iter()
                .any(|name| canonical(name) == canonical(&old.name));
            if !wanted && !self.is_installed(&old.name) {
                let name = super::shown::sanitize(&old.name);
                let line = format!(
                    "requirements: `{name}` was replaced by a requirement of another script: all \
                     gears of a server share their packages"
                );
                (self.log)(Level::Warning, &line);
            }
        }
    }
}
