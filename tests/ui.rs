//! What the compiler says: mistakes that must not compile, with the message people get, and code
//! that must compile under every lint.
//!
//! A changed message is accepted with `TRYBUILD=overwrite cargo test --test ui`, after reading it.

#![cfg(feature = "macros")]

use std::fs;
use std::path::Path;

/// Cases are compiled as parts of another package, whose directory paths to Python are relative to.
fn provide_python() {
    let package = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../tests/trybuild/redgrease");
    let there = package.join("tests/ui/modules");
    fs::create_dir_all(&there).expect("a place for the Python");
    for file in fs::read_dir("tests/ui/modules").expect("the folder of the Python") {
        let file = file.expect("an entry");
        fs::copy(file.path(), there.join(file.file_name())).expect("a copy");
    }
}

/// One folder per topic, one file per mistake, the message beside it.
#[test]
#[cfg(feature = "validate")]
fn mistakes() {
    provide_python();
    let cases = trybuild::TestCases::new();
    let topics = fs::read_dir("tests/ui").expect("the folder of the cases");
    for topic in topics.map(|entry| entry.expect("an entry").file_name()) {
        let topic = topic.to_string_lossy();
        if !topic.starts_with("pass") && topic != "modules" {
            cases.compile_fail(format!("tests/ui/{topic}/*.rs"));
        }
    }
}

/// Compiled and run.
#[test]
fn accepted() {
    provide_python();
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/pass/*.rs");
    if cfg!(feature = "aio") {
        cases.pass("tests/ui/pass_async/*.rs");
    }
}
