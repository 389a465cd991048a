//! Runs example programs and compares their output.

use std::path::PathBuf;
use std::process::Command;

/// Runs an example and returns its output.
#[track_caller]
pub(crate) fn run(name: &str) -> String {
    run_on(name, None)
}

/// Runs an example on one server, and on clusters of these numbers of shards. Returns its output, which is always the same.
#[track_caller]
pub(crate) fn run_everywhere(name: &str, shards: &[usize]) -> String {
    let printed = run(name);
    for shards in shards {
        let on_shards = run_on(name, Some(*shards));
        assert_eq!(printed, on_shards, "{name} on {shards} shards");
    }
    printed
}

/// Runs an example on one server, or on a cluster of so many shards.
#[track_caller]
pub(crate) fn run_on(name: &str, shards: Option<usize>) -> String {
    // target/debug/deps/examples-0123 -> target/debug/examples/NAME
    let this_test = std::env::current_exe().unwrap();
    let profile = this_test.parent().unwrap().parent().unwrap();
    let program: PathBuf = profile.join("examples").join(name);
    assert!(
        program.exists(),
        "{} does not exist: run `cargo build --examples --all-features` first",
        program.display()
    );
    let mut command = Command::new(program);
    command.env_remove("REDGREASE_SHARDS");
    if let Some(shards) = shards {
        command.env("REDGREASE_SHARDS", shards.to_string());
    }
    let output = command.output().unwrap();
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
