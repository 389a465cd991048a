//! `cargo xtask test`: every test of the project.

use crate::setup;
use crate::steps::{self, Outcome};
use crate::valkey;

pub(crate) fn command(yes: bool) -> Outcome {
    let ready = setup::run(yes)?;

    let mut engine = steps::cargo();
    engine
        .args(["test", "--release", "-p", "redgrease-engine"])
        .env("PYO3_PYTHON", &ready.python);
    steps::step("tests of the engine by itself", &mut engine)?;

    let mut all = workspace_tests();
    all.env("REDGREASE_ENGINE", &ready.engine);
    steps::step("tests of the workspace", &mut all)?;

    let server = valkey::server(&ready.python)?;
    let mut on_valkey = workspace_tests();
    on_valkey
        .args(valkey::TESTS.iter().flat_map(|name| ["--test", name]))
        .env("REDGREASE_ENGINE", &ready.engine)
        .env("REDGREASE_SERVER", &server);
    steps::step("the same engine in Valkey 9", &mut on_valkey)?;

    println!("\nAll tests passed.");
    Ok(())
}

/// All but the engine, which needs to be built in its own way. The same selection each time, so
/// that cargo builds everything once.
fn workspace_tests() -> std::process::Command {
    let mut cargo = steps::cargo();
    cargo.args([
        "test",
        "--workspace",
        "--exclude",
        "redgrease-engine",
        "--all-features",
    ]);
    cargo
}
