//! Installs the Python packages that gears require, with uv or pip, into a virtual environment.
//!
//! This folder covers one installation directory and one Python minor version: the virtual
//! environment, the installation of packages, and the record of installed requirements. It does not
//! know which sessions use a requirement or how a reply about it looks, and it uses no type of
//! Redis or of Python.
//!
//! | file | contents |
//! |---|---|
//! | `store` | [`Store`], the interface for the rest of the engine |
//! | `installation` | one installation: makes the wheels, installs them, keeps them |
//! | `environment` | paths of the virtual environment, and when it is created |
//! | `python_venv` | the environment that Python creates |
//! | `wheelhouse` | the kept wheels and the record of each requirement |
//! | `site` | the packages that the environment contains |
//! | `installer` | the interface of pip and uv, and the choice between them |
//! | `pip/`, `uv/` | the installers: their commands, their configuration, their output |
//! | `attempts` | runs a command of an installer, and repeats it |
//! | `child` | a child process whose exit code cannot be lost |
//! | `obstacle` | obstacles on this machine: a full disk, no memory |
//! | `shown` | makes output fit to be shown, and masks secrets |
//! | `private_file` | files that the server's user alone can read |
//! | `name` | checks and parses the text of a requirement |
//! | `kept_address` | requirements with an address, from their kept wheel |
//! | `redis_limit` | the redis-py that the published `redgrease` needs |
//! | `wheel_check` | checks wheels that came from another server |
//! | `canonical` | compares the texts of requirements |
//! | `portable` | the byte format in which servers exchange a requirement |
//! | `lock` | the lock that servers with the same directory share |
//! | `holder` | the server and the installer that hold the lock |
//! | `error`, `level` | errors and log levels |
//!
//! Files, for Python 3.11:
//!
//! ```text
//! DIR/venv-3.11/                       the environment
//! DIR/venv-3.11.old/                   the one before, until the new one is complete
//! DIR/wheels-3.11/six-1f0c.../         the wheels and the record of one requirement
//! DIR/install-3.11.lock                locked during an installation
//! ```

mod attempts;
mod canonical;
mod child;
mod environment;
mod error;
mod holder;
mod installation;
mod installer;
mod kept_address;
mod level;
mod lock;
mod name;
mod obstacle;
mod pip;
mod portable;
mod private_file;
mod python_venv;
mod redis_limit;
mod shown;
mod site;
mod store;
mod uv;
mod wheel_check;
mod wheelhouse;

#[cfg(test)]
mod tests;

pub(crate) use canonical::canonical;
pub(crate) use environment::Python;
#[cfg(test)]
use error::{InstallError, InstallErrorKind};
#[cfg(test)]
use installer::Preference;
pub(crate) use level::Level;
pub(crate) use portable::Portable;
pub(crate) use shown::without_credentials;
pub(crate) use store::{Settings, Store};
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
