//! Environment variables. A process cannot change its environment safely while other tests run in
//! it, so each case runs in a separate process.
#![allow(clippy::unwrap_used, missing_docs)]

use redgrease_embedded::{Server, find_engine, find_server};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

/// The program that the tests below run. It prints the results of the search and of a start.
#[test]
#[ignore = "not a test: other tests run it as a program"]
fn program_that_prints_results() {
    println!("\nserver: {:?}", find_server());
    println!("engine: {:?}", find_engine());
    match Server::builder().without_engine().start() {
        Ok(server) => println!("socket: {}", server.socket().display()),
        Err(e) => println!("start: {e:?}"),
    }
}

/// Runs the program above with these variables and returns the value that it prints for `name`.
fn result_of(name: &str, variables: &[(&str, &str)]) -> String {
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "program_that_prints_results",
            "--ignored",
            "--nocapture",
        ])
        .env_remove("REDGREASE_SERVER")
        .env_remove("REDGREASE_ENGINE")
        .env_remove("REDGREASE_PYTHON")
        .env_remove("VIRTUAL_ENV")
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let output = String::from_utf8(output.stdout).unwrap();
    let line = output
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    line.unwrap_or_else(|| panic!("no {name} in {output}"))
        .to_owned()
}

#[test]
fn variables_name_the_server_and_the_engine() {
    let this = std::env::current_exe().unwrap();
    let this = this.to_str().unwrap();
    assert_eq!(
        result_of("server", &[("REDGREASE_SERVER", this)]),
        format!("Ok({this:?})")
    );
    assert_eq!(
        result_of("engine", &[("REDGREASE_ENGINE", this)]),
        format!("Ok({this:?})")
    );
}

#[test]
fn the_name_of_a_server_is_looked_up_on_path() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().to_str().unwrap();
    let program = dir.path().join("my-server");
    std::fs::write(&program, "#!/bin/sh\n").unwrap();
    let named = [("REDGREASE_SERVER", "my-server"), ("PATH", path)];
    let server = result_of("server", &named);
    assert!(
        server.starts_with("Err(NoServerProgram: REDGREASE_SERVER names my-server, which"),
        "{server}"
    );
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let server = result_of("server", &named);
    assert_eq!(server, format!("Ok({program:?})"));
}

#[test]
fn a_server_starts_without_a_path() {
    let program = result_of("server", &[]);
    let program = program.trim_start_matches("Ok(\"").trim_end_matches("\")");
    let socket = result_of(
        "socket",
        &[("REDGREASE_SERVER", program), ("PATH", "/no/such")],
    );
    assert!(socket.ends_with("redis.sock"), "{socket}");
}

#[test]
fn an_engine_for_another_python_does_not_hide_the_wheel_of_the_one_that_runs() {
    let venv = tempfile::tempdir().unwrap();
    let lib = venv.path().join("lib");
    let bin = venv.path().join("bin");
    for dir in [&lib, &bin] {
        std::fs::create_dir(dir).unwrap();
    }
    // A version that no engine in a target directory is for.
    let marker = "redgrease-engine interface=1 python=3.7 version=99.0.0;";
    std::fs::write(lib.join("redgrease-engine-3.7.so"), marker).unwrap();
    let loader = lib.join("redgrease.so");
    std::fs::write(&loader, "").unwrap();
    let python = bin.join("python");
    let answer = format!(
        "#!/bin/sh\necho python={}; echo version=3.7; echo engine={}\n",
        python.display(),
        loader.display()
    );
    std::fs::write(&python, answer).unwrap();
    std::fs::set_permissions(&python, std::fs::Permissions::from_mode(0o755)).unwrap();
    for (name, value) in [
        ("VIRTUAL_ENV", venv.path()),
        ("REDGREASE_PYTHON", venv.path()),
        ("REDGREASE_PYTHON", &python),
    ] {
        let engine = result_of("engine", &[(name, value.to_str().unwrap())]);
        // An engine without the loader runs the Python that it was linked with, and is found first.
        let is_bare = engine.contains("redgrease_engine.");
        assert!(
            is_bare || engine == format!("Ok({loader:?})"),
            "{name}: {engine}"
        );
    }
}

#[test]
fn a_named_file_that_does_not_exist_is_an_error() {
    let server = result_of("server", &[("REDGREASE_SERVER", "/no/such")]);
    assert!(
        server.starts_with("Err(NoServerProgram: REDGREASE_SERVER names /no/such"),
        "{server}"
    );
    let engine = result_of("engine", &[("REDGREASE_ENGINE", "/no/such")]);
    assert!(
        engine.starts_with("Err(NoEngine: REDGREASE_ENGINE names /no/such"),
        "{engine}"
    );
}

#[test]
fn an_empty_variable_counts_as_unset() {
    let server = result_of("server", &[("REDGREASE_SERVER", "")]);
    assert_eq!(server, result_of("server", &[]));
}

#[test]
fn the_error_about_a_missing_server_names_the_install_command() {
    let nowhere = tempfile::tempdir().unwrap();
    let server = result_of("server", &[("PATH", nowhere.path().to_str().unwrap())]);
    assert!(
        server.contains("NoServerProgram") && server.contains("apt install redis-server"),
        "{server}"
    );
}

#[test]
fn a_temporary_directory_too_deep_for_a_socket_is_avoided() {
    let deep = tempfile::tempdir().unwrap();
    let deep = deep.path().join("d".repeat(90));
    std::fs::create_dir(&deep).unwrap();
    let socket = result_of("socket", &[("TMPDIR", deep.to_str().unwrap())]);
    assert!(Path::new(&socket).starts_with("/tmp/"), "{socket}");
}
