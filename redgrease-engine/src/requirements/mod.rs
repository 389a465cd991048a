//! Python packages that gears ask for: really installed, by pip, into a virtual environment of the
//! engine's own.
//!
//! What lives here: the environment of one installation directory and Python minor version, the
//! installation itself, and the record of what is there. What does not: who uses a requirement
//! (sessions count that) and how a reply about it looks. No type of Redis or Python appears.
//!
//! The map of the folder:
//!
//! | file | holds |
//! |---|---|
//! | `store` | [`Store`], the only thing the rest of the engine needs |
//! | `environment` | where the environment is and how it comes to be |
//! | `wheelhouse` | the kept wheels, one folder per requirement, and its record |
//! | `site` | which packages the environment holds |
//! | `pip` | the two pip commands and when they are tried again |
//! | `child` | a child process whose result cannot be lost |
//! | `output` | what pip's output means, without the secrets in it |
//! | `name` | which requirement texts are accepted |
//! | `portable` | a requirement as bytes, for another server |
//! | `lock` | one installation at a time among all servers that share the directory |
//!
//! On disk, for Python 3.11:
//!
//! ```text
//! DIR/venv-3.11/                       the environment
//! DIR/wheels-3.11/six-1f0c.../         the wheels of one requirement, with its record
//! DIR/install-3.11.lock                held while somebody installs
//! ```

mod child;
mod environment;
mod error;
mod level;
mod lock;
mod name;
mod output;
mod pip;
mod portable;
mod site;
mod store;
mod wheelhouse;

#[cfg(test)]
mod tests;

pub(crate) use environment::Python;
#[cfg(test)]
use error::InstallError;
#[cfg(test)]
use error::InstallErrorKind;
pub(crate) use level::Level;
pub(crate) use portable::Portable;
pub(crate) use store::Store;
pub(crate) use wheelhouse::Requirement;

use std::sync::OnceLock;

static STORE: OnceLock<Store> = OnceLock::new();

/// Opens the store of this server. Only the first call counts.
pub(crate) fn open(store: Store) {
    let _ = STORE.set(store);
}

/// The store of this server. `None` until it is opened, which happens while the module loads.
pub(crate) fn store() -> Option<&'static Store> {
    STORE.get()
}
