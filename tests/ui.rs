//! Compiles test cases: mistakes, whose messages are compared with the `.stderr` files, and code that has to compile
//! under every lint.
//!
//! `TRYBUILD=overwrite cargo test --all-features --test ui` writes the `.stderr` files. Read every difference.

#![cfg(feature = "macros")]

use std::fs;
use std::path::Path;

/// Copies the Python files. The cases are compiled in another package, and their paths are relative to its directory.
fn provide_python() {
    let package = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../tests/trybuild/redgrease");
    let there = package.join("tests/ui/modules");
    fs::create_dir_all(&there).expect("a place for the Python");
    for file in fs::read_dir("tests/ui/modules").expect("the folder of the Python") {
        let file = file.expect("an entry");
        fs::copy(file.path(), there.join(file.file_name())).expect("a copy");
    }
}

/// One folder for each topic, one file for each mistake, with its messages beside it.
#[test]
#[cfg(feature = "validate")]
fn mistakes() {
    provide_python();
    let cases = trybuild::TestCases::new();
    let topics = fs::read_dir("tests/ui").expect("the folder of the cases");
    for topic in topics.map(|entry| entry.expect("an entry").file_name()) {
        let topic = topic.to_string_lossy();
        if !topic.starts_with("pass") && topic != "modules" && topic != "without" {
            cases.compile_fail(format!("tests/ui/{topic}/*.rs"));
        }
    }
}

/// What needs a Cargo feature that is not enabled, in a folder for each feature. With all features there is no case:
/// `cargo xtask test` runs this test without them.
#[test]
#[cfg(feature = "validate")]
fn without_a_feature() {
    let cases = trybuild::TestCases::new();
    if !cfg!(feature = "aio") {
        cases.compile_fail("tests/ui/without/aio/*.rs");
    }
    if !cfg!(feature = "embedded") {
        cases.compile_fail("tests/ui/without/embedded/*.rs");
    }
}

/// Code that compiles and runs.
#[test]
fn accepted() {
    provide_python();
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/pass/*.rs");
    if cfg!(feature = "aio") {
        cases.pass("tests/ui/pass_async/*.rs");
    }
}
