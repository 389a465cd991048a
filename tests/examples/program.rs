//! Runs example programs and compares their output.

use std::path::PathBuf;
use std::process::Command;

/// Runs an example and returns its output.
#[track_caller]
pub(crate) fn run(name: &str) -> String {
    // target/debug/deps/examples-0123 -> target/debug/examples/NAME
    let this_test = std::env::current_exe().unwrap();
    let profile = this_test.parent().unwrap().parent().unwrap();
    let program: PathBuf = profile.join("examples").join(name);
    assert!(
        program.exists(),
        "{} does not exist: run `cargo build --examples --all-features` first",
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

/// Compares the output line by line.
#[track_caller]
pub(crate) fn assert_prints(printed: &str, expected: &str) {
    for (number, (is, should)) in printed.lines().zip(expected.lines()).enumerate() {
        assert_eq!(is, should, "line {} of\n{printed}", number + 1);
    }
    assert_eq!(
        printed.lines().count(),
        expected.lines().count(),
        "{printed}"
    );
}

/// The number between two texts of the output.
#[track_caller]
pub(crate) fn number(printed: &str, before: &str, after: &str) -> f64 {
    let (_, rest) = printed
        .split_once(before)
        .unwrap_or_else(|| panic!("{before:?}: {printed}"));
    let (number, _) = rest
        .split_once(after)
        .unwrap_or_else(|| panic!("{after:?}: {printed}"));
    number
        .parse()
        .unwrap_or_else(|_| panic!("{number:?}: {printed}"))
}
