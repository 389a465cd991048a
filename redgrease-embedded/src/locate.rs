//! Search for the server program, the engine and the directory of Python packages.

use crate::{Error, ErrorKind, Result};
use std::env;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

const SERVER_VARIABLE: &str = "REDGREASE_SERVER";
const ENGINE_VARIABLE: &str = "REDGREASE_ENGINE";
const PYTHON_DIR_VARIABLE: &str = "REDGREASE_PYTHON_DIR";

/// Names of server programs, in order of preference.
const PROGRAMS: [&str; 2] = ["redis-server", "valkey-server"];

/// The server program: `chosen`, or the one in the environment variable, on `PATH` or in a target
/// directory.
pub(crate) fn server(chosen: Option<PathBuf>) -> Result<PathBuf> {
    if let Some((path, origin)) = chosen_or_variable(chosen, "Builder::server", SERVER_VARIABLE) {
        if is_program(&path) {
            return Ok(path);
        }
        return Err(Error::new(
            ErrorKind::NoServerProgram,
            format!(
                "{origin} names {}, which is not a program that can be run: correct it, or leave \
                 it out to use the redis-server or valkey-server on PATH",
                path.display()
            ),
        ));
    }
    let on_path = env::var_os("PATH").unwrap_or_default();
    let on_path: Vec<PathBuf> = env::split_paths(&on_path).collect();
    let in_targets = target_dirs().into_iter().map(|dir| dir.join("servers"));
    let on_path = PROGRAMS
        .iter()
        .flat_map(|name| on_path.iter().map(move |dir| dir.join(name)));
    let in_targets = in_targets.flat_map(|dir| PROGRAMS.map(|name| dir.join(name)));
    on_path
        .chain(in_targets)
        .find(|path| is_program(path))
        .ok_or_else(|| {
            Error::new(
                ErrorKind::NoServerProgram,
                format!(
                    "no redis-server or valkey-server was found on PATH: install one with \
                 `cargo xtask setup` in a clone of RedGrease (or name it in {SERVER_VARIABLE})"
                ),
            )
        })
}

/// The engine: `chosen`, or the one in the environment variable or a target directory.
pub(crate) fn engine(chosen: Option<PathBuf>) -> Result<PathBuf> {
    if let Some((path, origin)) = chosen_or_variable(chosen, "Builder::engine", ENGINE_VARIABLE) {
        return path.canonicalize().ok().filter(|path| path.is_file()).ok_or_else(|| {
            Error::new(
                ErrorKind::NoEngine,
                format!(
                    "{origin} names {}, which is not a file: correct it, or build the engine with \
                     `cargo xtask setup` in a clone of RedGrease",
                    path.display()
                ),
            )
        });
    }
    let name = engine_file_name();
    target_dirs()
        .iter()
        .flat_map(|dir| ["release", "debug"].map(|profile| dir.join(profile).join(&name)))
        .find(|path| path.is_file())
        .ok_or_else(|| {
            Error::new(
                ErrorKind::NoEngine,
                format!(
                    "the engine ({name}) was not found: build it with `cargo xtask setup` in a \
                     clone of RedGrease (and name it in {ENGINE_VARIABLE} if your program is not \
                     built there)"
                ),
            )
        })
}

/// File name of the engine on this platform, such as `libredgrease_engine.so`.
pub(crate) fn engine_file_name() -> String {
    format!(
        "{}redgrease_engine{}",
        env::consts::DLL_PREFIX,
        env::consts::DLL_SUFFIX
    )
}

/// The directory in which the engine installs the packages that gears require. All servers of a
/// machine share it, so that a package is downloaded once.
pub(crate) fn python_dir(chosen: Option<PathBuf>, engine: &Path) -> Option<PathBuf> {
    chosen
        .or_else(|| variable(PYTHON_DIR_VARIABLE))
        .or_else(|| {
            let target = engine.parent()?.parent().filter(|dir| is_target_dir(dir))?;
            Some(target.join("redgrease").join("python"))
        })
        .or_else(|| Some(cache_dir()?.join("redgrease").join("python")))
}

fn cache_dir() -> Option<PathBuf> {
    let in_home = if cfg!(target_os = "macos") {
        "Library/Caches"
    } else {
        ".cache"
    };
    variable("XDG_CACHE_HOME")
        .filter(|dir| dir.is_absolute())
        .or_else(|| Some(variable("HOME")?.join(in_home)))
}

/// The target directories to search, in order of preference.
fn target_dirs() -> Vec<PathBuf> {
    let running = env::current_exe().unwrap_or_default();
    let around_program = running.ancestors().skip(1).filter(|dir| is_target_dir(dir));
    let package = variable("CARGO_MANIFEST_DIR").unwrap_or_default();
    let of_package = package.ancestors().map(|dir| dir.join("target"));
    let of_this_crate = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map(|dir| dir.join("target"));
    around_program
        .map(Path::to_owned)
        .chain(of_package.filter(|dir| is_target_dir(dir)))
        .chain(of_this_crate)
        .collect()
}

/// Whether Cargo has marked a directory as a target directory.
fn is_target_dir(dir: &Path) -> bool {
    dir.join(".rustc_info.json").is_file() || dir.join("CACHEDIR.TAG").is_file()
}

fn is_program(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

/// An environment variable. An empty variable counts as unset.
fn variable(name: &str) -> Option<PathBuf> {
    env::var_os(name)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}

fn chosen_or_variable(
    chosen: Option<PathBuf>,
    method: &'static str,
    name: &'static str,
) -> Option<(PathBuf, &'static str)> {
    chosen
        .map(|path| (path, method))
        .or_else(|| Some((variable(name)?, name)))
}
