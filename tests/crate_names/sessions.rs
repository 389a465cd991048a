//! Names of sessions in `Cargo.toml` that cannot be used. Each is one error, at a gear.

use std::fs;
use std::path::Path;
use std::process::Command;

/// A crate, the value of its `session`, and what its error says.
const CASES: [(&str, &str, &str); 6] = [
    ("number", "3", "is no text: write `session = \"name\"`"),
    ("list", "['a']", "is no text: write `session = \"name\"`"),
    (
        "empty",
        "''",
        "is empty: give it a name, or remove the line",
    ),
    (
        "colon",
        "'team:shop'",
        "cannot be \"team:shop\": use ASCII letters, digits, `-` and `_`",
    ),
    (
        "accent",
        "'café'",
        "cannot be \"café\": use ASCII letters, digits, `-` and `_`",
    ),
    ("long", "LONG", "has 101 characters: use at most 100"),
];

const GEARS: &str = "#![allow(dead_code)]
use redgrease::prelude::*;

#[gear_command]
fn one() -> i64 {
    python! {
        return 1
    }
}

#[gear_command]
fn two() -> i64 {
    python! {
        return 2
    }
}
";

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return;
    }
    fs::write(path, text).expect("a file");
}

#[test]
fn a_session_that_cannot_be_used_is_one_error() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let there = Path::new(env!("CARGO_TARGET_TMPDIR")).join("sessions");
    let members = CASES.map(|(name, ..)| format!("'{name}'")).join(", ");
    let workspace = format!("[workspace]\nresolver = '3'\nmembers = [{members}]\n");
    write(&there.join("Cargo.toml"), &workspace);
    for (name, value, _) in CASES {
        let value = value.replace("LONG", &format!("'{}'", "x".repeat(101)));
        let manifest = format!(
            "[package]\nname = '{name}'\nversion = '1.0.0'\nedition = '2024'\n\n\
             [package.metadata.redgrease]\nsession = {value}\n\n\
             [dependencies]\nredgrease = {{ path = '{}' }}\n",
            project.display()
        );
        write(&there.join(name).join("Cargo.toml"), &manifest);
        write(&there.join(name).join("src/lib.rs"), GEARS);
    }
    fs::copy(project.join("Cargo.lock"), there.join("Cargo.lock")).expect("the lock file");
    let output = Command::new(env!("CARGO"))
        .args(["check", "--offline", "--workspace", "--keep-going"])
        .current_dir(&there)
        .env("CARGO_TARGET_DIR", super::target())
        .output()
        .expect("cargo");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "{said}");
    for (name, _, expected) in CASES {
        let line = format!(
            "error: `session` of `[package.metadata.redgrease]` in Cargo.toml {expected}\n"
        );
        let place = format!("--> {name}/src/lib.rs:");
        let errors = said.match_indices(&line);
        let of_this = errors.filter(|(at, _)| {
            let behind = said.get(at + line.len()..).unwrap_or_default();
            behind.trim_start().starts_with(&place)
        });
        assert_eq!(of_this.count(), 1, "{name}: {said}");
    }
    let errors = said
        .lines()
        .filter(|line| line.starts_with("error"))
        .count();
    let ends = said.matches("could not compile").count();
    assert_eq!((errors, ends), (2 * CASES.len(), CASES.len()), "{said}");
}
