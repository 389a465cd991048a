//! What `import redgrease` is in the Python of gears.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// What `import redgrease` is in the Python of gears: RedGrease's `enforce_redgrease`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum RedgreasePackage {
    /// What this crate brings along. A package of that name that the server has wins.
    #[default]
    Bundled,
    /// The Python package, which the server installs for gears that import it: `redgrease[runtime]`, for example.
    Installed(String),
    /// Nothing is sent: it is whatever the server has, a package or what another program has brought along, or an
    /// error of Python.
    Absent,
}

/// Calls register again without options, so the choice belongs to the process.
static CHOICE: Mutex<RedgreasePackage> = Mutex::new(RedgreasePackage::Bundled);

fn choice() -> MutexGuard<'static, RedgreasePackage> {
    CHOICE.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn set(package: &RedgreasePackage) {
    choice().clone_from(package);
}

/// Whether what this crate brings along is sent.
pub(crate) fn is_bundled() -> bool {
    *choice() == RedgreasePackage::Bundled
}

/// What has to be installed for a gear that imports it.
pub(crate) fn requirement() -> Option<String> {
    match &*choice() {
        RedgreasePackage::Installed(requirement) => Some(requirement.clone()),
        _ => None,
    }
}
