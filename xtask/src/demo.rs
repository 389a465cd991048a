//! `cargo xtask demo`: the example `cache_get` on a private server.

use crate::setup;
use crate::steps::{self, Outcome};

pub(crate) fn command(yes: bool) -> Outcome {
    let ready = setup::run(yes)?;
    let mut example = steps::cargo();
    example.args(["run", "--example", "cache_get", "--features", "embedded"]);
    ready.tell(&mut example);
    steps::step("examples/cache_get.rs", &mut example)
}
