//! Runs the example programs.

use std::process::Command;

/// Runs an example to its end; what it printed.
#[track_caller]
pub(crate) fn run(name: &str) -> String {
    // target/debug/deps/TEST-0123 -> target/debug/examples/NAME
    let this_test = std::env::current_exe().unwrap();
    let profile = this_test.parent().unwrap().parent().unwrap();
    let program = profile.join("examples").join(name);
    assert!(
        program.exists(),
        "{} is built by a full `cargo test`",
        program.display()
    );
    let output = Command::new(program).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{name}: {}\n{printed}\n{complained}",
        output.status
    );
    printed
}
