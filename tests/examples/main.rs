//! The examples, run as a reader would run them.
#![cfg(all(feature = "macros", feature = "embedded"))]
#![allow(clippy::unwrap_used, missing_docs)]

use std::path::PathBuf;
use std::process::Command;

/// Runs an example to its end; what it printed.
fn run(name: &str) -> String {
    // target/debug/deps/examples-0123 -> target/debug/examples/NAME
    let this_test = std::env::current_exe().unwrap();
    let profile = this_test.parent().unwrap().parent().unwrap();
    let program: PathBuf = profile.join("examples").join(name);
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
        "{}\n{printed}\n{complained}",
        output.status
    );
    printed
}

/// The number between two texts.
fn number(printed: &str, before: &str, after: &str) -> f64 {
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

#[test]
fn cache_get_is_many_times_faster_the_second_time() {
    let printed = run("cache_get");
    let miss = number(&printed, "Cache-miss time: ", " seconds");
    let hit = number(&printed, "Cache-hit time: ", " seconds");
    let times = number(&printed, "That is ", " times faster!");
    // Eight pictures at 200 ms each; the second time, the web site is not asked.
    assert!(miss >= 1.6, "{printed}");
    assert!(hit < miss / 5.0 && times > 5.0, "{printed}");
    assert!(printed.contains("it was asked 8 times"), "{printed}");
    assert!(printed.contains("gave the same 49206 bytes"), "{printed}");

    let server = number(&printed, "in process ", ", which is the Redis server");
    let program = number(
        &printed,
        "This program is process ",
        ", and has no Python in it",
    );
    assert!((server - program).abs() >= 1.0, "{printed}");
}

#[test]
fn basics_adds_up_what_is_in_the_server() {
    let printed = run("basics");
    assert!(printed.contains("Total number of keys: 5"), "{printed}");
    assert!(
        printed.contains("Sum of the values of '-fighter' keys: 1337"),
        "{printed}"
    );
    assert!(
        printed.contains("Counted in the background: 5"),
        "{printed}"
    );
    assert!(printed.contains("'key': 'noodle'"), "{printed}");
    assert!(
        printed.contains("ZeroDivisionError: division by zero"),
        "{printed}"
    );
}
