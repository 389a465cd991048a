//! Installs the Python packages that gears require, with pip, into a virtual environment.
//!
//! This folder covers one installation directory and one Python minor version: the virtual
//! environment, the installation of packages, and the record of installed requirements. It does not
//! know which sessions use a requirement or how a reply about it looks, and it uses no type of
//! Redis or of Python.
//!
//! | file | contents |
//! |---|---|
//! | `store` | [`Store`], the interface for the rest of the engine |
//! | `environment` | paths and creation of the virtual environment |
//! | `wheelhouse` | the kept wheels and the record of each requirement |
//! | `site` | the packages that the environment contains |
//! | `pip` | the pip commands and their retries |
//! | `child` | a child process whose exit code cannot be lost |
//! | `obstacle` | obstacles on this machine: a full disk, no memory |
//! | `output` | reads the cause of a failure from pip's output and masks secrets |
//! | `name` | checks and parses the text of a requirement |
//! | `canonical` | compares the texts of requirements |
//! | `portable` | the byte format in which servers exchange a requirement |
//! | `lock` | the lock that servers with the same directory share |
//! | `error`, `level` | errors and log levels |
//!
//! Files, for Python 3.11:
//!
//! ```text
//! DIR/venv-3.11/                       the environment
//! DIR/wheels-3.11/six-1f0c.../         the wheels and the record of one requirement
//! DIR/install-3.11.lock                locked during an installation
//! ```

mod canonical;
mod child;
mod environment;
mod error;
mod level;
mod lock;
mod name;
mod obstacle;
mod output;
mod pip;
mod portable;
mod site;
mod store;
mod wheelhouse;

#[cfg(test)]
mod tests;

pub(crate) use canonical::canonical;
pub(crate) use environment::Python;
#[cfg(test)]
use error::{InstallError, InstallErrorKind};
pub(crate) use level::Level;
pub(crate) use output::without_credentials;
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
