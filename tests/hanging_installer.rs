//! An installer that hangs ends with the server, and a server that is started again can install.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "the test fails, as it should")]

mod common;

use common::wheel::make_wheel;
use common::{eventually, untyped};
use redgrease_embedded::{Builder, Server};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::thread;

/// Whether a process runs. One that nobody has collected yet is a zombie.
fn runs(process: &str) -> bool {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    status.contains("State:") && !status.contains("State:\tZ")
}

/// A folder with a Python, and a uv beside it that says its process and hangs.
fn hanging(folder: &Path) {
    fs::create_dir(folder).unwrap();
    let asked = std::process::Command::new("python3")
        .args(["-c", "import sys; print(sys.executable)"])
        .output()
        .unwrap();
    let python = String::from_utf8(asked.stdout).unwrap();
    symlink(python.trim(), folder.join("python3")).unwrap();
    let said = folder.join("process");
    let (said, part) = (said.display(), folder.join("part"));
    let part = part.display();
    let script = format!("#!/bin/sh\necho $$ > {part}\nmv {part} {said}\nsleep 1000\nexit 1\n");
    fs::write(folder.join("uv"), script).unwrap();
    fs::set_permissions(folder.join("uv"), fs::Permissions::from_mode(0o755)).unwrap();
}

fn ends_with_the_server(end: impl FnOnce(Server)) {
    let dir = tempfile::tempdir().unwrap();
    let packages = dir.path().join("packages");
    make_wheel(&packages, "portable", 10);
    let bin = dir.path().join("bin");
    hanging(&bin);
    let find = format!("--no-index --find-links={}", packages.display());
    let builder = || -> Builder {
        Server::builder()
            .python_dir(dir.path().join("python"))
            .module_arg("PipArguments", &find)
    };
    let server = builder()
        .module_arg("Installer", "uv")
        .module_arg("PythonExecutable", bin.join("python3"))
        .start()
        .unwrap();
    let script = "import portable\nGB('ShardsIDReader').map(lambda x: portable.answer).run()";
    let install = ["RG.PYEXECUTE", script, "REQUIREMENTS", "portable"];
    // The reply never comes.
    let mut con = common::plain_connection(&server);
    let waits = thread::spawn(move || {
        let mut command = redis::cmd("RG.PYEXECUTE");
        let reply: redis::RedisResult<redis::Value> = command
            .arg(script)
            .arg("REQUIREMENTS")
            .arg("portable")
            .query(&mut con);
        reply.is_err()
    });
    let said = bin.join("process");
    eventually("uv runs", || said.exists());
    let process = fs::read_to_string(said).unwrap().trim().to_owned();
    assert!(runs(&process));
    end(server);
    assert!(waits.join().unwrap());
    eventually("uv ends", || !runs(&process));

    let server = builder().module_arg("Installer", "pip").start().unwrap();
    assert_eq!(untyped(&server, &install), "42\n");
}

#[test]
fn with_a_shutdown() {
    ends_with_the_server(|server| server.stop().unwrap());
}

#[test]
fn with_a_kill() {
    ends_with_the_server(|server| server.kill().unwrap());
}
