//! Published programs for `RedisGears`, unchanged, against the engine.
//!
//! | package | contents |
//! |---|---|
//! | `redgrease` 0.3.30 | a client with a command line, with redis-py 3.5.3 |
//! | `gearsclient` 1.0.2 | the Python client of the `RedisGears` project |
//! | `gears-cli` 1.2.0 | the command line program of the `RedisGears` project |
//! | `rgsync` 1.2.0 | recipes of the `RedisGears` project that write hashes to a database |
//!
//! The packages are downloaded from PyPI, so these tests run only on request:
//!
//! ```console
//! $ cargo test --test published -- --ignored
//! ```
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

#[path = "../common/mod.rs"]
mod common;
mod environment;
mod recipes;

use common::untyped;
use environment::{Environment, run, start};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

#[test]
#[ignore = "installs packages from PyPI"]
fn the_client_redgrease() {
    let packages = TempDir::new().unwrap();
    let (server, port) = start(packages.path());
    let client = Environment::of(&server, "redgrease");
    client.install(&["redgrease[client]==0.3.30", "redis==3.5.3"]);
    run(Command::new(client.python())
        .arg(tests().join("published/redgrease_client.py"))
        .arg(port.to_string())
        .arg(tests().join("scripts")));

    // The requirements of the client install a version of redis-py that it supports.
    let rows = untyped(&server, &["RG.PYDUMPREQS"]);
    assert!(rows.contains("redis-3."), "{rows}");
}

/// With `CompatibleReplies 1.0`, the client also lists registrations and requirements, replaces triggers, and loads scripts
/// from its command line, again whenever a file changes.
#[test]
#[ignore = "installs packages from PyPI"]
fn the_client_redgrease_with_replies_of_redisgears_1_0() {
    let (packages, scripts) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (server, port) = start(packages.path());
    let set = untyped(&server, &["RG.CONFIGSET", "CompatibleReplies", "1.0"]);
    assert_eq!(set, "OK");
    let client = Environment::of(&server, "redgrease-cli");
    // Newer versions of watchdog do not have the interface that the loader calls.
    client.install(&[
        "redgrease[all]==0.3.30",
        "redis==3.5.3",
        "watchdog<5",
        "setuptools<81",
    ]);
    run(Command::new(client.python())
        .arg(tests().join("published/redgrease_old_replies.py"))
        .arg(port.to_string())
        .arg(scripts.path()));
}

#[test]
#[ignore = "installs packages from PyPI"]
fn the_client_gearsclient() {
    let packages = TempDir::new().unwrap();
    let (server, port) = start(packages.path());
    let client = Environment::of(&server, "gearsclient");
    client.install(&["gearsclient==1.0.2"]);
    let installed = untyped(
        &server,
        &["RG.PYEXECUTE", "", "REQUIREMENTS", "gearsclient==1.0.2"],
    );
    assert_eq!(installed, "OK");
    // The client requires a version of cloudpickle that supports functions up to Python 3.10.
    for side in [client, Environment::inside(&server, packages.path())] {
        side.install(&["--no-deps", "cloudpickle==2.2.1"]);
    }
    run(
        Command::new(Environment::of(&server, "gearsclient").python())
            .arg(tests().join("published/gearsclient_client.py"))
            .arg(port.to_string()),
    );
}

#[test]
#[ignore = "installs packages from PyPI"]
fn the_program_gears_cli() {
    let (first, second) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (giver, port) = start(first.path());
    let client = Environment::of(&giver, "gears-cli");
    client.install(&["gears-cli==1.2.0"]);
    let gears_cli = |port: u16, words: &[&str]| {
        let mut command = Command::new(client.program("gears-cli"));
        command.arg(words[0]).args(["--port", &port.to_string()]);
        let output = command.args(&words[1..]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{words:?}: {said}");
        said
    };

    untyped(&giver, &["MSET", "a", "1", "b", "2", "c", "3"]);
    let files = TempDir::new().unwrap();
    let path = |name: &str| files.path().join(name).to_str().unwrap().to_owned();
    let script = path("sum.py");
    let sum = "import toolz\nGB().map(lambda x: toolz.identity(int(x['value'])))\
               .accumulate(lambda a, x: (a or 0) + x).run()";
    std::fs::write(&script, sum).unwrap();
    std::fs::write(path("requirements.txt"), "toolz==1.0.0\n").unwrap();
    let said = gears_cli(
        port,
        &["run", "--requirements", &path("requirements.txt"), &script],
    );
    assert!(said.contains("\"6\""), "{said}");

    let directory = path("");
    let export = ["export-requirements", "--save-directory", &directory];
    let all = gears_cli(port, &[&export[..], &["--all"]].concat());
    let zip = all.trim_end().rsplit('/').next().unwrap();
    let zip = zip.split('\u{1b}').next().unwrap();

    // The export by a registration reads the session of the registration, which is a literal of Python then.
    untyped(&giver, &["RG.CONFIGSET", "CompatibleReplies", "1.0"]);
    let register = "GB('CommandReader').register(trigger='t')";
    let words = ["RG.PYEXECUTE", register, "REQUIREMENTS", "toolz==1.0.0"];
    assert_eq!(untyped(&giver, &words), "OK");
    let rows = untyped(&giver, &["RG.DUMPREGISTRATIONS"]);
    let id = rows.lines().nth(1).unwrap();
    let by_registration = ["--registration-id", id, "--output-prefix", "registered"];
    let said = gears_cli(port, &[&export[..], &by_registration].concat());
    assert!(said.contains("registered-"), "{said}");

    let (taker, port) = start(second.path());
    let import = ["import-requirements", "--requirements-path", &directory];
    let said = gears_cli(port, &[&import[..], &[zip]].concat());
    assert!(said.contains("imported successfully"), "{said}");
    let rows = untyped(&taker, &["RG.PYDUMPREQS"]);
    assert!(rows.contains("toolz-1.0.0"), "{rows}");
}
