//! The catalogue of diagnostics: each has a case that shows it, and the documentation lists them all.
//!
//! `docs/diagnostics.md` is written anew with `DIAGNOSTICS=overwrite cargo test -p redgrease-macros`.

#![cfg(feature = "validate")]
#![allow(clippy::unwrap_used)]

use redgrease_syntax::{Diagnostic, diagnostics};
use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

/// What a compile-fail case cannot show: it would be too large, needs a broken checker or a broken compiler.
const NOT_SHOWN: &[&str] = &["too-long", "not-checked", "unseen"];

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// What the compiler said about the cases.
fn shown() -> Vec<String> {
    let mut texts = Vec::new();
    let mut folders = vec![root().join("tests/ui")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path
                .extension()
                .is_some_and(|extension| extension == "stderr")
            {
                let text = fs::read_to_string(path).unwrap();
                texts.extend(
                    text.lines()
                        .filter(|line| line.starts_with("error"))
                        .map(str::to_owned),
                );
            }
        }
    }
    texts
}

/// Whether a message is of this kind: the parts of the text outside of braces follow each other.
fn is_of(message: &str, template: &str) -> bool {
    let mut rest = message;
    let mut parts = literal_parts(template).into_iter().peekable();
    while let Some(part) = parts.next() {
        let Some(at) = rest.find(&part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
        // What follows the last part is of the diagnostic only if a placeholder ends it.
        if parts.peek().is_none() && !template.ends_with('}') && !rest.is_empty() {
            return false;
        }
    }
    true
}

/// The text without its placeholders, `{name}`.
fn literal_parts(template: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        let (before, from) = rest.split_at(open);
        let name: String = from[1..]
            .chars()
            .take_while(char::is_ascii_lowercase)
            .collect();
        let placeholder = !name.is_empty() && from[1 + name.len()..].starts_with('}');
        parts.last_mut().unwrap().push_str(before);
        if placeholder {
            parts.push(String::new());
            rest = &from[name.len() + 2..];
        } else {
            parts.last_mut().unwrap().push('{');
            rest = &from[1..];
        }
    }
    parts.last_mut().unwrap().push_str(rest);
    parts.retain(|part| !part.is_empty());
    parts
}

#[test]
fn every_diagnostic_has_a_case() {
    let shown = shown();
    let missing: Vec<Diagnostic> = diagnostics()
        .into_iter()
        .filter(|one| !NOT_SHOWN.contains(&one.code))
        .filter(|one| !shown.iter().any(|message| is_of(message, &one.text)))
        .collect();
    let names: Vec<String> = missing
        .iter()
        .map(|one| format!("{}: {}", one.code, one.text))
        .collect();
    assert!(
        names.is_empty(),
        "no case in tests/ui shows\n{}",
        names.join("\n")
    );
}

#[test]
fn the_documentation_lists_them() {
    let path = root().join("docs/diagnostics.md");
    let wanted = page(&diagnostics());
    if env::var_os("DIAGNOSTICS").is_some_and(|value| value == "overwrite") {
        fs::write(&path, &wanted).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == wanted,
        "{} is not up to date: run `DIAGNOSTICS=overwrite cargo test -p redgrease-macros --features validate`",
        path.display()
    );
}

fn page(all: &[Diagnostic]) -> String {
    let mut page = String::from(
        "# What the macros say\n\n\
         Every message of the macros says what is wrong and, behind the colon, what to write instead. \
         Parts in braces vary. The messages about Python point at the Python token; where the compiler \
         cannot underline it (in a string, in a file, in an f-string) the message shows the place.\n",
    );
    let mut topic = "";
    for one in all {
        if one.topic != topic {
            topic = one.topic;
            let _ = write!(page, "\n## {topic}\n\n| kind | message |\n|---|---|\n");
        }
        let _ = writeln!(page, "| {} | {} |", one.code, one.text.replace('|', "\\|"));
    }
    page
}

#[test]
fn templates_match_what_they_are_for() {
    let template = "`{name}` takes a list: write `{name} = [{value}]`";
    assert!(is_of(
        "error: `x` takes a list: write `x = [\"y\"]`",
        template
    ));
    assert!(!is_of("error: `x` takes a list", template));
    assert!(is_of(
        "error: write `python! { .. }`",
        "write `python! { .. }`"
    ));
    assert!(!is_of("error: remove it again", "remove it"));
}
