//! `cargo xtask test`: runs every test of the project.

use crate::say::{note, say};
use crate::steps::{self, Background, Outcome};
use crate::{package, servers, setup, wheel};

/// Selects all packages but the engine, which is built in release mode for servers. Every command uses the same
/// selection, so that cargo builds each package with the same features, and only once.
pub(crate) const SELECTION: [&str; 4] = [
    "--workspace",
    "--exclude",
    "redgrease-engine",
    "--all-features",
];

/// The test files that also run on Valkey.
const ON_VALKEY: [&str; 11] = [
    "cluster_client",
    "cluster_foreign_keys",
    "cluster_ids",
    "cluster_runs",
    "cluster_server",
    "cluster_topology",
    "conformance",
    "examples",
    "server",
    "stress",
    "values",
];

/// The test files that also run on a cluster of three shards: their tests are the same on one server and on many.
pub(crate) const ON_SHARDS: [&str; 17] = [
    "awaiting",
    "bodies",
    "calls",
    "chains",
    "every_gears",
    "executions",
    "gear_functions",
    "gear_test",
    "handler_records",
    "hooks",
    "keys_gears",
    "keys_reader",
    "order",
    "outcomes",
    "shim",
    "stream_gears",
    "values",
];

/// Makes tests run on three shards.
pub(crate) fn on_shards(tests: &mut std::process::Command) -> &mut std::process::Command {
    tests.env("REDGREASE_SHARDS", "3")
}

pub(crate) fn command(yes: bool) -> Outcome {
    // The last steps pack a wheel. They would fail minutes later.
    wheel::check_named()?;
    // The tests compile while the engine is built, which does not use all processors for all of its time.
    let mut compile = workspace_tests();
    compile.args(["--no-run", "--quiet"]);
    let compiling = Background::start("compiling the tests", compile)?;
    let ready = setup::run(yes)?;
    compiling.end()?;
    // Without them only their own tests fail, which say what to install as well.
    for prepared in [servers::postgresql::prepare(), servers::chromium::prepare()] {
        if let Err(failed) = prepared {
            note!("\n==> {failed}");
        }
    }

    // Without optimisation: they compile sooner, and check overflows.
    let mut engine = steps::cargo();
    engine
        .args(["test", "-p", "redgrease-engine"])
        .env("PYO3_PYTHON", &ready.python);
    steps::step("tests of the engine by itself", &mut engine)?;

    let mut all = workspace_tests();
    // One run tells all that fails.
    all.arg("--no-fail-fast");
    ready.tell(&mut all);
    steps::step("tests of the workspace", &mut all)?;

    let mut many = workspace_tests();
    many.args(ON_SHARDS.iter().flat_map(|name| ["--test", name]));
    ready.tell(on_shards(&mut many));
    steps::step("the same on three shards", &mut many)?;

    let mut without_features = steps::cargo();
    without_features
        .args(["test", "-p", "redgrease", "--test", "ui"])
        .args(["--", "without_a_feature"]);
    steps::step("messages about missing features", &mut without_features)?;

    let server = servers::VALKEY_9_1.server(&ready.python)?;
    let mut on_valkey = workspace_tests();
    on_valkey
        .args(ON_VALKEY.iter().flat_map(|name| ["--test", name]))
        .env("REDGREASE_SERVER", &server);
    ready.tell(&mut on_valkey);
    steps::step("the same engine in Valkey 9.1", &mut on_valkey)?;

    let wheel = wheel::test(&ready)?;
    package::run_outside(&ready.python, &wheel)?;

    say!("\nAll tests passed.");
    Ok(())
}

fn workspace_tests() -> std::process::Command {
    let mut cargo = steps::cargo();
    cargo.arg("test").args(SELECTION);
    cargo
}
