//! Crates in which `redgrease` has another name, or which have it from a library only. They are a workspace of their own,
//! in `workspace/`, and are compiled here.
//!
//! | crate | its `redgrease` |
//! |---|---|
//! | `renamed` | a dependency `rg`, inherited from the workspace |
//! | `library` | a dependency, and re-exported with its prelude |
//! | `user` | the prelude of `library`, and `crate = path`; tests have it as a dependency |
//! | `described` | the path in `[package.metadata.redgrease]` |
//! | `nameless` | none: no dependency, no prelude, and wrong paths. It does not compile |
//! | `misdescribed` | a wrong path in `[package.metadata.redgrease]`. It does not compile |

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

/// The target directory of this project, which has the compiled dependencies of the macros.
fn target() -> PathBuf {
    let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
    temporary.parent().expect("a folder").to_owned()
}

/// Runs `cargo check` on the crates and returns its messages.
fn check(arguments: &[&str]) -> (bool, String) {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let there = Path::new(env!("CARGO_TARGET_TMPDIR")).join("crate_names");
    copy(&project.join("tests/crate_names/workspace"), &there);
    fs::copy(project.join("Cargo.lock"), there.join("Cargo.lock")).expect("the lock file");
    let output = Command::new(env!("CARGO"))
        .args(["check", "--offline", "--color=never"])
        .args(arguments)
        .current_dir(&there)
        .env("CARGO_TARGET_DIR", target())
        .output()
        .expect("cargo");
    let messages = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.success(), messages)
}

#[test]
fn every_name_of_the_crate_is_found() {
    let others = [
        "--workspace",
        "--exclude=nameless",
        "--exclude=misdescribed",
        "--all-targets",
    ];
    let (is_compiled, messages) = check(&[&others[..], &["--features", "renamed/extra"]].concat());
    assert!(is_compiled, "{messages}");

    // A crate that has the name from nowhere. Beside the others, both would write the copies at the same time.
    let (is_compiled, messages) = check(&["--package", "nameless"]);
    assert!(!is_compiled, "it was found");
    for (place, what_to_do) in [
        (6, "__redgrease_not_found__use_its_prelude_or_the_key_crate"),
        (12, "__not_redgrease__write_its_path_behind_the_key_crate"),
        (18, "could not find `redgreese` in `library`"),
        (24, "__not_redgrease__write_its_path_behind_the_key_crate"),
        (
            29,
            "__redgrease_not_found__use_its_prelude_or_package_metadata_redgrease_crate_in_Cargo_toml",
        ),
        (
            35,
            "__redgrease_not_found__use_its_prelude_or_package_metadata_redgrease_crate_in_Cargo_toml",
        ),
    ] {
        let errors: Vec<&str> = messages
            .split("error[")
            .filter(|error| error.contains(&format!("src/lib.rs:{place}:")))
            .collect();
        assert!(
            matches!(errors[..], [one] if one.contains(what_to_do)),
            "line {place}: {messages}"
        );
    }
    assert_eq!(messages.matches("error[").count(), 6, "{messages}");

    let (is_compiled, messages) = check(&["--package", "misdescribed"]);
    assert!(!is_compiled, "it was found");
    let what_is_wrong = "could not find `nothing` in `__crate_in_Cargo_toml_for_one`";
    assert!(messages.contains(what_is_wrong), "{messages}");
    assert_eq!(messages.matches("error[").count(), 1, "{messages}");

    let refused = [
        "--package",
        "renamed",
        "--features",
        "extra,refused",
        "--test",
        "refused",
    ];
    let (is_compiled, messages) = check(&refused);
    assert!(!is_compiled, "types that no test can have were accepted");
    for (refusal, note) in [
        (
            "error[E0277]: `AsyncCon` cannot be a parameter of a `#[gear_test]`",
            "`&mut BlockingPool`",
        ),
        (
            "error[E0277]: `i64` cannot be a parameter of a `#[gear_test]`",
            "`&mut Con`",
        ),
        (
            "error[E0277]: `Con` cannot be a parameter of an async `#[gear_test]`",
            "`&mut Pool`",
        ),
        (
            "error[E0277]: `BlockingPool` cannot be a parameter of an async `#[gear_test]`",
            "`&mut AsyncCon`",
        ),
    ] {
        assert_eq!(
            messages.matches(refusal).count(),
            1,
            "{refusal}: {messages}"
        );
        assert!(messages.contains(note), "{note}: {messages}");
    }
    // The crate has another name here.
    assert!(!messages.contains("`&mut redgrease::"), "{messages}");
}
