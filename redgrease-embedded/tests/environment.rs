//! What the environment decides. A program's own environment cannot be changed safely while other
//! tests run in it, so each case runs in a program of its own.
#![allow(clippy::unwrap_used, missing_docs)]

use redgrease_embedded::{Server, find_engine, find_server};
use std::path::Path;
use std::process::Command;

/// What the tests below run: says what was found and what became of a start.
#[test]
#[ignore = "not a test: a program that is run by one"]
fn program_that_tells() {
    println!("\nserver: {:?}", find_server());
    println!("engine: {:?}", find_engine());
    match Server::builder().without_engine().start() {
        Ok(server) => println!("socket: {}", server.socket().display()),
        Err(e) => println!("start: {e:?}"),
    }
}

/// The line that follows `name` when the program above runs with these variables.
fn tell(name: &str, variables: &[(&str, &str)]) -> String {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "program_that_tells", "--ignored", "--nocapture"])
        .env_remove("REDGREASE_SERVER")
        .env_remove("REDGREASE_ENGINE")
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let line = said
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    line.unwrap_or_else(|| panic!("no {name} in {said}"))
        .to_owned()
}

#[test]
fn a_server_and_an_engine_can_be_named() {
    let this = std::env::current_exe().unwrap();
    let this = this.to_str().unwrap();
    assert_eq!(
        tell("server", &[("REDGREASE_SERVER", this)]),
        format!("Ok({this:?})")
    );
    assert_eq!(
        tell("engine", &[("REDGREASE_ENGINE", this)]),
        format!("Ok({this:?})")
    );
}

#[test]
fn one_that_is_named_and_not_there_is_an_error() {
    let server = tell("server", &[("REDGREASE_SERVER", "/no/such")]);
    assert!(
        server.starts_with("Err(NoServerProgram: REDGREASE_SERVER names /no/such"),
        "{server}"
    );
    let engine = tell("engine", &[("REDGREASE_ENGINE", "/no/such")]);
    assert!(
        engine.starts_with("Err(NoEngine: REDGREASE_ENGINE names /no/such"),
        "{engine}"
    );
}

#[test]
fn an_empty_variable_counts_as_none() {
    let server = tell("server", &[("REDGREASE_SERVER", "")]);
    assert_eq!(server, tell("server", &[]));
}

#[test]
fn without_a_server_the_command_that_installs_one_is_named() {
    let nowhere = tempfile::tempdir().unwrap();
    let server = tell("server", &[("PATH", nowhere.path().to_str().unwrap())]);
    assert!(
        server.contains("NoServerProgram") && server.contains("cargo xtask setup"),
        "{server}"
    );
}

#[test]
fn a_temporary_directory_too_deep_for_a_socket_is_avoided() {
    let deep = tempfile::tempdir().unwrap();
    let deep = deep.path().join("d".repeat(90));
    std::fs::create_dir(&deep).unwrap();
    let socket = tell("socket", &[("TMPDIR", deep.to_str().unwrap())]);
    assert!(Path::new(&socket).starts_with("/tmp/"), "{socket}");
}
