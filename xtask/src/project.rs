//! `cargo xtask new`: a crate outside of this clone, with a gear and its test. The program `redgrease` makes it.

use crate::program;
use crate::steps::{Failed, Outcome};
use std::path::Path;

/// The templates of `redgrease new`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A program that calls a gear.
    Gear,
    /// A web service with axum.
    Web,
}

pub(crate) fn make(path: &Path, name: Option<&str>, kind: Kind) -> Outcome {
    // The program of the clone runs where this command does: the path may be a relative one.
    let mut new = program::build()?;
    new.arg("new").arg(path);
    if let Some(name) = name {
        new.args(["--name", name]);
    }
    if kind == Kind::Web {
        new.arg("--web");
    }
    let status = new.status().map_err(|e| {
        Failed::new(format!(
            "the program redgrease could not be started: {e}; run this command again"
        ))
    })?;
    if status.success() {
        Ok(())
    } else {
        Err(Failed::new(
            "no crate was made: the lines above tell the reason",
        ))
    }
}
