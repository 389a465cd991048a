//! `cargo xtask demo`: the example `cache_get` on a private server.

use crate::setup;
use crate::steps::{self, Background, Outcome};
use std::process::Command;

pub(crate) fn command(yes: bool) -> Outcome {
    // The program needs neither the engine nor anything that `setup` installs, so it compiles meanwhile.
    let compiling = Background::start("compiling the demo", cargo("build"))?;
    let ready = setup::run(yes)?;
    compiling.end()?;
    let mut demo = cargo("run");
    ready.tell(&mut demo);
    steps::step("examples/cache_get.rs", &mut demo)
}

fn cargo(what: &str) -> Command {
    let mut cargo = steps::cargo();
    cargo.args([what, "--quiet", "--package", "demo"]);
    cargo
}
