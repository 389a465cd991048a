//! What others have published for `RedisGears`, as it is, against the engine.
//!
//! | package | what it is |
//! |---|---|
//! | `redgrease` 0.3.30 | a client, with redis-py 3.5.3 |
//! | `gearsclient` 1.0.2 | the Python client of the makers of `RedisGears` |
//! | `gears-cli` 1.2.0 | their command line program |
//! | `rgsync` 1.2.0 | their recipes that keep a database in step with hashes |
//!
//! They come from the Python package index, so these tests run only if they are asked for:
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
#[ignore = "installs packages from the Python package index"]
fn the_client_redgrease() {
    let packages = TempDir::new().unwrap();
    let (server, port) = start(packages.path());
    let client = Environment::of(&server, "redgrease");
    client.install(&["redgrease[client]==0.3.30", "redis==3.5.3"]);
    run(Command::new(client.python())
        .arg(tests().join("published/redgrease_client.py"))
        .arg(port.to_string())
        .arg(tests().join("scripts")));

    // What the client asks for brings a redis-py that it can use.
    let rows = untyped(&server, &["RG.PYDUMPREQS"]);
    assert!(rows.contains("redis-3."), "{rows}");
}

#[test]
#[ignore = "installs packages from the Python package index"]
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
    // It asks for a cloudpickle that knows the functions of Python up to 3.10.
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
#[ignore = "installs packages from the Python package index"]
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

    let (taker, port) = start(second.path());
    let import = ["import-requirements", "--requirements-path", &directory];
    let said = gears_cli(port, &[&import[..], &[zip]].concat());
    assert!(said.contains("imported successfully"), "{said}");
    let rows = untyped(&taker, &["RG.PYDUMPREQS"]);
    assert!(rows.contains("toolz-1.0.0"), "{rows}");
}
