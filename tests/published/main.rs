//! The Python client RedGrease 0.3.30 with redis-py 3.5.3, both as published, against the engine.
//!
//! They come from the Python package index, so the test runs only if it is asked for:
//!
//! ```console
//! $ cargo test --test python_client -- --ignored
//! ```
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

#[path = "../common/mod.rs"]
mod common;

use common::untyped;
use redgrease_embedded::Server;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

const PACKAGES: [&str; 2] = ["redgrease[client]==0.3.30", "redis==3.5.3"];

#[test]
#[ignore = "installs packages from the Python package index"]
fn the_published_client_works() {
    let packages = TempDir::new().unwrap();
    let port = free_port();
    let server = Server::builder()
        .python_dir(packages.path())
        .port(port)
        .start()
        .unwrap();
    let python = client_environment(&server);
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let ended = Command::new(python)
        .arg(here.join("python_client/client.py"))
        .arg(port.to_string())
        .arg(here.join("scripts"))
        .status()
        .unwrap();
    assert!(ended.success(), "see above what the client said");

    // What the client asks for brings a redis-py that it can use.
    let rows = untyped(&server, &["RG.PYDUMPREQS"]);
    assert!(rows.contains("redis-3."), "{rows}");
}

/// Function objects reach the server pickled: the client needs the Python of the engine.
fn client_environment(server: &Server) -> PathBuf {
    let answer = |expression: &str| {
        let script = format!("import sys; GB('ShardsIDReader').map(lambda _: {expression}).run()");
        let answer = untyped(server, &["RG.PYEXECUTE", &script]);
        answer.trim_end().to_owned()
    };
    let version = answer("'%d.%d' % sys.version_info[:2]");
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("python-client-{version}"));
    let python = home.join("bin/python");
    run(Command::new(answer("sys.executable"))
        .args(["-m", "venv"])
        .arg(&home));
    run(Command::new(&python)
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ])
        .args(PACKAGES));
    python
}

fn run(command: &mut Command) {
    let ended = command.status().unwrap();
    assert!(ended.success(), "{command:?}");
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}
