//! `redgrease diff PROGRAM` and `redgrease deploy PROGRAM`.

use crate::common::{Done, REDGREASE, done, on, program};
use crate::scripts::{con, triggers};
use redgrease_embedded::Server;
use std::path::PathBuf;

/// The example `program_with_gears` of this package.
fn example() -> PathBuf {
    let directory = PathBuf::from(REDGREASE).parent().unwrap().join("examples");
    let program = directory.join("program_with_gears");
    let remedy = "build it with `cargo build -p redgrease-cli --examples`, as `cargo test -p redgrease-cli` does";
    assert!(
        program.exists(),
        "{} does not exist: {remedy}",
        program.display()
    );
    program
}

/// Runs a command about a version of the program.
fn about(server: &Server, version: &str, words: &[&str]) -> Done {
    let mut command = program(words);
    command
        .arg(example())
        .env("REDGREASE_URL", server.url())
        .env("GEARS_VERSION", version);
    done(&mut command)
}

#[test]
fn a_program_says_what_it_would_register_and_registers() {
    let server = Server::start().unwrap();
    let mut con = con(&server);
    let first = about(&server, "1", &["diff", "--exit-code"]);
    assert_eq!(first.code, 1, "{first:?}");
    assert!(first.out.contains("added     first "), "{first:?}");
    assert!(triggers(&mut con).is_empty());
    let error = about(&server, "1", &["deploy"]).fails(2);
    assert!(
        error.contains("--yes") && error.contains("first"),
        "{error}"
    );
    about(&server, "1", &["deploy", "--dry-run"]).ok();
    assert!(triggers(&mut con).is_empty());
    let out = about(&server, "1", &["deploy", "--yes"]).ok();
    assert!(out.contains("added     second "), "{out}");
    assert_eq!(triggers(&mut con), ["first", "second"]);
    assert_eq!(about(&server, "1", &["diff", "--exit-code"]).ok(), "");
    about(&server, "1", &["deploy"]).ok();
    // Another version of it.
    let rows = about(&server, "2", &["diff", "--json"]).json();
    let action = |gear: &str| {
        let row = rows
            .as_array()
            .unwrap()
            .iter()
            .find(|row| row["gear"] == gear);
        row.unwrap_or_else(|| panic!("{rows}"))["action"]
            .as_str()
            .unwrap()
    };
    let actions = ["first", "second", "third"].map(action);
    assert_eq!(actions, ["unchanged", "removed", "added"]);
    about(&server, "2", &["deploy", "-y"]).ok();
    assert_eq!(triggers(&mut con), ["first", "third"]);
}

#[test]
fn a_program_that_does_not_answer_is_said() {
    let server = Server::start().unwrap();
    // The program ends before it registers.
    let error = about(&server, "none", &["diff"]).fails(1);
    assert!(
        error.contains("ended before it registered") && error.contains("no version"),
        "{error}"
    );
    // One that knows no questions is not started.
    let error = on(&server, &["diff", "/bin/true"]).fails(2);
    assert!(error.contains("is not started"), "{error}");
    let error = on(&server, &["diff", "/bin/true", "x"]).fails(2);
    assert!(error.contains("give it alone"), "{error}");
    // It cannot reach the server.
    let mut command = program(&["diff", "--url", "redis://127.0.0.1:1"]);
    let error = done(command.arg(example()).env("GEARS_VERSION", "1")).fails(1);
    assert!(error.contains("127.0.0.1:1"), "{error}");
}
