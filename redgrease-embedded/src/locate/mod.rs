//! Search for the server program, the engine and the directory of Python packages.
//!
//! | file | searches |
//! |---|---|
//! | `server.rs` | the server program |
//! | `engine.rs` | the engine: the order of the places, and the error |
//! | `library.rs` | the engine in one folder: file names, completeness, version |
//! | `wanted.rs` | the version of the Python that the loader will run |
//! | `interpreter.rs` | nothing: it asks a Python |
//! | `unusable.rs` | nothing: why a place gives no engine |
//! | `wheel.rs` | the engine in the Python packages of a Python |
//! | `places.rs` | all places of the engine, for a list |
//! | `targets.rs` | the target directories of Cargo |
//! | `user.rs` | the directories of the user |
//! | `packages.rs` | the directory of Python packages |

mod engine;
mod interpreter;
pub(crate) mod library;
mod packages;
mod places;
mod server;
mod targets;
mod unusable;
mod user;
mod wanted;
mod wheel;

pub(crate) use engine::{Engine, engine};
pub(crate) use packages::packages;
pub(crate) use places::places;
pub use places::{EngineFile, EnginePlace, PlaceKind};
pub(crate) use server::server;
pub(crate) use user::engine_dir as user_engine_dir;

use std::env;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

fn is_program(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

/// The programs of these names in the directories of `PATH`, as absolute paths.
fn on_path(names: &[impl AsRef<Path>]) -> impl Iterator<Item = PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let dirs: Vec<PathBuf> = env::split_paths(&path).collect();
    names
        .iter()
        .flat_map(|name| dirs.iter().map(move |dir| dir.join(name)))
        .filter(|program| is_program(program))
        .filter_map(|program| std::path::absolute(program).ok())
        .collect::<Vec<_>>()
        .into_iter()
}

/// An environment variable. An empty variable counts as unset.
fn variable(name: &str) -> Option<PathBuf> {
    env::var_os(name)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}

/// Whether the environment names the Python of the engine. The loader reads the variable.
pub(crate) fn names_python() -> bool {
    variable("REDGREASE_PYTHON").is_some()
}

/// The path that a method of the builder or an environment variable names, and which of them.
fn chosen_or_variable(
    chosen: Option<PathBuf>,
    method: &'static str,
    name: &'static str,
) -> Option<(PathBuf, &'static str)> {
    chosen
        .map(|path| (path, method))
        .or_else(|| Some((variable(name)?, name)))
}
