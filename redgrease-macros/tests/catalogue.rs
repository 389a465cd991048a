//! Checks the catalogue of diagnostics: each has a compile-fail case, and the documentation lists all of them.
//!
//! `DIAGNOSTICS=overwrite cargo test -p redgrease-macros --features validate` writes `book/src/diagnostics.md`.

#![cfg(feature = "validate")]
#![allow(clippy::unwrap_used)]

use redgrease_syntax::{Diagnostic, allowable_names, diagnostics};
use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

/// Diagnostics without a compile-fail case: it would be too large, or needs a defect of the checker, of the compiler or
/// of a macro.
const NOT_SHOWN: &[&str] = &["too-long", "not-checked", "unseen", "panicked"];

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The error messages of all compile-fail cases.
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

/// Whether a message has the form of a template: it contains the parts outside of braces in order.
fn is_of(message: &str, template: &str) -> bool {
    let mut rest = message;
    let mut parts = literal_parts(template).into_iter().peekable();
    while let Some(part) = parts.next() {
        let Some(at) = rest.find(&part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
        // Only a placeholder can match text behind the last part.
        if parts.peek().is_none() && !template.ends_with('}') && !rest.is_empty() {
            return false;
        }
    }
    true
}

/// The parts of the template between its placeholders, `{name}`.
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
    let path = root().join("book/src/diagnostics.md");
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
        "# Messages of the macros\n\n\
         A message of the macros begins with the cause. Behind the colon it has the code to write instead. \
         Parts in braces vary. The messages about Python point at the Python token. If the compiler cannot \
         underline the token (in a string, in a file, in an f-string), the message shows the place.\n\n\
         Some messages are about the server, which the compiler cannot see: its packages, its modules, its renamed \
         commands. If the code is correct there, allow the message by its kind. A comment allows it at the end of the \
         line, or above the line or its statement:\n\n\
         ```python (not run: the server lacks the package)\nimport numpy  # redgrease: allow(unknown-import)\n```\n\n\
         The key `allow = [\"unknown-import\"]` of an attribute allows it in the whole gear. ",
    );
    let _ = writeln!(page, "The kinds are {}.", allowable_names());
    let mut topic = "";
    for one in all {
        if one.topic != topic {
            topic = one.topic;
            let _ = write!(page, "\n## {topic}\n\n| kind | message |\n|---|---|\n");
        }
        let _ = writeln!(page, "| {} | {} |", one.code, one.text.replace('|', "\\|"));
    }
    page.push_str(ERRORS_OF_THE_COMPILER);
    page
}

/// The end of the page, for readers who search it for the words of the compiler.
const ERRORS_OF_THE_COMPILER: &str = r#"
## Errors of the compiler about Python

The compiler reads `python! { .. }` as Rust tokens before the macro sees it. These errors are its own, and no key or comment allows them:

| error of the compiler | Python | write |
|---|---|---|
| this file contains an unclosed delimiter; mismatched closing delimiter; unexpected closing delimiter | `{ return a // b }` or `(a // b)` on one line: Rust reads `//` and what follows it as a comment | the closing bracket on the next line, or the string form |
| unexpected closing delimiter | `# :)`, a bracket in a comment | brackets in pairs |
| character literal may only contain one codepoint; empty character literal; unterminated character literal | `'text'`, `''` | `"text"`, `""` |
| prefix `f` is unknown | `f"{x}"` | `f "{x}"` |
| prefix `it` is unknown | `# it's` | `# it is` |
| unknown character escape; incorrect unicode escape sequence; out of range hex escape | `"\d"`, `"\u00e9"`, `"\xff"` | `r"\d"`, `"é"`, `b"\xff"` |
| unknown start of token | a backtick, a dash or a quote of a word processor, `\` at the end of a line | plain characters, brackets around the expression |
| reserved multi-hash token is forbidden | `### banner` | `# banner` |

[python-in-rust.md](python-in-rust.md) has the whole list.
"#;

#[test]
fn templates_match_their_messages() {
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
