//! What the program prints about itself.

use super::{Home, common};
use std::fs;

#[test]
fn completions_know_the_commands_of_each_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let text = common::run(&["completions", shell]).ok();
        for word in ["doctor", "engine", "check"] {
            assert!(text.contains(word), "{shell} {word}");
        }
    }
    common::run(&["completions", "tcsh"]).fails(2);
}

#[test]
fn each_command_has_a_page() {
    let home = Home::new();
    home.run(&["man", "-o", "pages/man1"]).ok();
    let pages: Vec<String> = fs::read_dir(home.path("pages/man1"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    for page in [
        "redgrease.1",
        "redgrease-check.1",
        "redgrease-engine-install.1",
    ] {
        assert!(pages.iter().any(|other| other == page), "{pages:?}");
    }
    let page = home.run(&["man", "engine", "install"]).ok();
    assert!(page.contains("redgrease\\-engine\\-install"), "{page}");
    let failed = home.run(&["man", "none"]).fails(2);
    assert!(failed.contains("there is no command `none`"), "{failed}");
}

#[test]
fn stubs_are_declarations_of_python() {
    let home = Home::new();
    let text = home.run(&["stubs"]).ok();
    assert!(
        text.contains("class _Commands:") && text.contains("def execute("),
        "{text}"
    );
    home.run(&["stubs", "-o", "redgrease.pyi"]).ok();
    assert_eq!(
        fs::read_to_string(home.path("redgrease.pyi")).unwrap(),
        text
    );
    let failed = home.run(&["stubs", "-o", "no/such/folder"]).fails(1);
    assert!(failed.contains("could not be written"), "{failed}");
}

#[test]
fn a_reader_that_ends_is_no_failure() {
    let mut child = common::program(&["stubs"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0));
    assert!(ended.stderr.is_empty(), "{ended:?}");
}
