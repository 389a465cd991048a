//! Search for the server program.

use super::{chosen_or_variable, is_program, on_path, targets};
use crate::{Error, ErrorKind, Result};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

const VARIABLE: &str = "REDGREASE_SERVER";

/// Names of server programs, in order of preference.
const NAMES: [&str; 2] = ["redis-server", "valkey-server"];

/// The server program: `chosen`, or the one in the environment variable, on `PATH` or in a target
/// directory.
pub(crate) fn server(chosen: Option<PathBuf>) -> Result<PathBuf> {
    if let Some((path, origin)) = chosen_or_variable(chosen, "Builder::server", VARIABLE) {
        // Like a shell: a name is looked up on `PATH`, and a path leads to a file.
        let program = if path.as_os_str().as_bytes().contains(&b'/') {
            Some(path.clone()).filter(|path| is_program(path))
        } else {
            on_path(&[&path]).next()
        };
        if let Some(program) = program {
            return Ok(program);
        }
        return Err(Error::new(
            ErrorKind::NoServerProgram,
            format!(
                "{origin} names {}, which is not a program that can be run, by its path or on PATH: correct it, or leave \
                 it out to use the redis-server or valkey-server on PATH",
                path.display()
            ),
        ));
    }
    let in_targets = targets::target_dirs()
        .into_iter()
        .flat_map(|dir| NAMES.map(|name| dir.join("servers").join(name)));
    on_path(&NAMES)
        .chain(in_targets)
        .find(|path| is_program(path))
        .ok_or_else(|| {
            Error::new(
                ErrorKind::NoServerProgram,
                format!(
                    "no redis-server or valkey-server was found on PATH: install one, on Debian and \
                     Ubuntu with `apt install redis-server`, on macOS with `brew install redis` (or \
                     name one in {VARIABLE})"
                ),
            )
        })
}
