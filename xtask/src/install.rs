//! `cargo xtask install`: puts the engine where programs outside of this workspace find it.

use crate::say::say;
use crate::setup;
use crate::shell;
use crate::steps::{Failed, Outcome};
use crate::workspace;

pub(crate) fn command(yes: bool) -> Outcome {
    if setup::is_named() {
        return Err(Failed::new(
            "REDGREASE_ENGINE names an engine, and this command installs the one that it builds: \
             unset the variable",
        ));
    }
    let ready = setup::run(yes)?;
    let engine = workspace::engine_in(&workspace::target()?);
    let loader = redgrease_embedded::install_engine(&[ready.engine, engine])?;
    say!("\nInstalled for this user:");
    say!("  redis-server --loadmodule {}", shell::quoted(&loader));
    say!("Programs with `redgrease::embedded` find it by themselves.");
    Ok(())
}
