//! `redgrease new`, and `redgrease check` for crates. The new crate is built in the target directory of this program, so that
//! dependencies are shared.

use super::{Home, common, text};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// The target directory of this test.
fn target() -> &'static Path {
    let program = Path::new(common::REDGREASE);
    program.parent().unwrap().parent().unwrap()
}

fn check(home: &Home, args: &[&str]) -> common::Done {
    common::done(home.program(args).env("CARGO_TARGET_DIR", target()))
}

#[test]
fn a_new_crate_has_no_mistakes_and_two_are_found() {
    let home = Home::new();
    let made = home.run(&["new", "my-gears"]).ok();
    assert!(
        made.contains("Made the crate `my-gears`") && made.contains("cargo test"),
        "{made}"
    );
    let clean = check(&home, &["check", "my-gears"]);
    assert_eq!(clean.code, 0, "{clean:?}");
    assert!(clean.err.contains("1 crate: no mistakes"), "{clean:?}");

    let gears = home.path("my-gears/src/gears.rs");
    let source = fs::read_to_string(&gears).unwrap();
    let wrong = source
        .replace(
            "cmd.incr(\"visits:\" + page)",
            "cmd.incr(\"visits:\" + pgae)",
        )
        .replace("trigger = unique)]", "trigger = unique, mdoe = \"sync\")]");
    assert_ne!(wrong, source);
    fs::write(&gears, wrong).unwrap();
    let done = check(&home, &["check", "my-gears", "--json"]);
    assert_eq!(done.code, 1, "{done:?}");
    let found: Value = serde_json::from_str(&done.out).unwrap();
    let codes: Vec<&str> = found
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["code"].as_str().unwrap())
        .collect();
    assert!(
        codes.contains(&"undefined-name") && codes.contains(&"unknown-key"),
        "{found:?}"
    );
    assert!(
        found
            .as_array()
            .unwrap()
            .iter()
            .any(|one| one["file"] == "my-gears/src/gears.rs")
    );
    let shown = check(&home, &["check", text(&gears)]);
    assert!(
        shown.out.contains("did you mean `page`?") && shown.out.contains("^^^^"),
        "{shown:?}"
    );
    let other = check(&home, &["check", "my-gears/src/main.rs"]);
    assert!(!other.out.contains("gears.rs"), "{other:?}");
}

#[test]
fn the_files_of_new_crates() {
    let home = Home::new();
    for (args, name) in [
        (&["new", "a-gear"][..], "a-gear"),
        (&["new", "deep/service", "--web"], "service"),
        (&["new", "7up", "--name", "seven-up"], "seven-up"),
    ] {
        home.run(args).ok();
        let manifest = fs::read_to_string(home.path(args[1]).join("Cargo.toml")).unwrap();
        assert!(
            manifest.contains(&format!("name = \"{name}\"")),
            "{manifest}"
        );
        for file in [
            "Cargo.lock",
            "README.md",
            ".gitignore",
            "src/main.rs",
            "src/gears.rs",
        ] {
            let text = fs::read_to_string(home.path(args[1]).join(file)).unwrap();
            assert!(!text.contains("{{"), "{file}");
        }
    }
    let said = home.run(&["new", "json-gear", "--json"]).json();
    assert_eq!(
        (&said["name"], &said["kind"]),
        (&"json-gear".into(), &"gear".into())
    );
}

#[test]
fn nothing_is_made_where_it_would_do_harm() {
    let home = Home::new();
    home.write("full/notes", "mine");
    let said = home.run(&["new", "full"]).fails(2);
    assert!(said.contains("is not empty"), "{said}");
    assert_eq!(fs::read_dir(home.path("full")).unwrap().count(), 1);
    for name in ["fn", "7up", "redgrease", "tokio"] {
        let said = home.run(&["new", name]).fails(2);
        assert!(said.contains("--name"), "{said}");
        assert!(!home.path(name).exists());
    }
    let clone = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let inside = clone.join("made-by-a-test");
    let said = home.run(&["new", text(&inside)]).fails(2);
    assert!(said.contains("inside of the clone"), "{said}");
    assert!(!inside.exists());
}
