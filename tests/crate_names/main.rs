//! Crates in which `redgrease` has another name, or which have it from a library only. They are a workspace of their own,
//! in `workspace/`, and are compiled here.
//!
//! | crate | its `redgrease` |
//! |---|---|
//! | `renamed` | a dependency `rg`, inherited from the workspace |
//! | `library` | a dependency, and re-exported with its prelude |
//! | `user` | the prelude of `library`, and `crate = path`; tests have it as a dependency |
//! | `described` | the path in `[package.metadata.redgrease]` |

#![cfg(all(feature = "full", feature = "macros"))]

mod sessions;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Copies a folder. In manifests, `@redgrease@` becomes the path of this project.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("the folder of the crates") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
            continue;
        }
        let text = fs::read_to_string(entry.path()).expect("a text");
        let text = text.replace("@redgrease@", env!("CARGO_MANIFEST_DIR"));
        if fs::read_to_string(&target).is_ok_and(|old| old == text) {
            continue;
        }
        fs::write(&target, text).expect("a copy");
    }
}

/// One folder for what is built here, so that dependencies are built once.
fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("crate_names/target")
}

#[test]
fn every_name_of_the_crate_is_found() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let there = Path::new(env!("CARGO_TARGET_TMPDIR")).join("crate_names");
    copy(&project.join("tests/crate_names/workspace"), &there);
    fs::copy(project.join("Cargo.lock"), there.join("Cargo.lock")).expect("the lock file");
    let output = Command::new(env!("CARGO"))
        .args(["check", "--offline", "--workspace", "--all-targets"])
        .args(["--features", "renamed/extra"])
        .current_dir(&there)
        .env("CARGO_TARGET_DIR", target())
        .output()
        .expect("cargo");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
