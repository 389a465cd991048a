//! The mistakes of a crate. The compiler finds them, because the check of a gear needs more than the text of its Python:
//! the types of the signature, the keys of the attribute, the modules and the requirements that it names.

use super::mistake::{Mistake, Place};
use super::rule::Rules;
use crate::app::App;
use crate::failure::Failure;
use serde::Deserialize;
use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A line of `cargo check --message-format=json`.
#[derive(Debug, Deserialize)]
struct Line {
    reason: String,
    message: Option<Message>,
}

#[derive(Debug, Deserialize)]
struct Message {
    #[serde(rename = "message")]
    text: String,
    level: String,
    code: Option<Code>,
    spans: Vec<Span>,
}

#[derive(Debug, Deserialize)]
struct Code {
    code: String,
}

#[derive(Debug, Clone, Deserialize)]
struct Span {
    file_name: PathBuf,
    line_start: usize,
    line_end: usize,
    column_start: usize,
    column_end: usize,
    is_primary: bool,
    text: Vec<SpanText>,
    expansion: Option<Box<Expansion>>,
}

#[derive(Debug, Clone, Deserialize)]
struct SpanText {
    text: String,
}

#[derive(Debug, Clone, Deserialize)]
struct Expansion {
    span: Span,
}

/// The mistakes of the crate in a folder; with `only`, those in one file.
pub(super) fn mistakes(
    app: &App,
    folder: &Path,
    only: Option<&Path>,
) -> Result<Vec<Mistake>, Failure> {
    app.out.note(format!(
        "cargo check in {}",
        if folder.as_os_str().is_empty() {
            Path::new(".")
        } else {
            folder
        }
        .display()
    ));
    let root = workspace(folder)?;
    let mut check = cargo(folder);
    check.args([
        "check",
        "--all-targets",
        "--keep-going",
        "--message-format=json",
    ]);
    if !app.out.is_verbose() {
        check.arg("--quiet");
    }
    let checked = output(&mut check)?;
    let said = String::from_utf8_lossy(&checked.stdout);
    let mut mistakes = read(&said, &root);
    if mistakes.is_empty() && !checked.status.success() {
        return Err(failed(&checked));
    }
    if let Some(only) = only {
        mistakes.retain(|one| {
            root.join(&one.file)
                .canonicalize()
                .is_ok_and(|it| it == only)
        });
    }
    let here = env::current_dir().unwrap_or_default();
    for mistake in &mut mistakes {
        let path = root.join(&mistake.file);
        let path = path.strip_prefix(&here).unwrap_or(&path);
        mistake.file = path.to_string_lossy().into_owned();
    }
    Ok(mistakes)
}

/// The folder to which the files of the compiler are relative.
fn workspace(folder: &Path) -> Result<PathBuf, Failure> {
    let mut locate = cargo(folder);
    locate.args(["locate-project", "--workspace", "--message-format=plain"]);
    let located = output(&mut locate)?;
    if !located.status.success() {
        return Err(failed(&located));
    }
    let manifest = String::from_utf8_lossy(&located.stdout).trim().to_owned();
    let root = Path::new(&manifest).parent().unwrap_or(folder);
    Ok(root.to_owned())
}

fn cargo(folder: &Path) -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    if !folder.as_os_str().is_empty() {
        cargo.current_dir(folder);
    }
    cargo.stdin(Stdio::null());
    cargo
}

fn output(command: &mut Command) -> Result<Output, Failure> {
    command.output().map_err(|e| {
        Failure::failed(format!(
            "cargo could not be started ({e}): the compiler finds the mistakes of a crate; install Rust, and put cargo on PATH"
        ))
    })
}

fn failed(output: &Output) -> Failure {
    let said = String::from_utf8_lossy(&output.stderr);
    Failure::failed(format!(
        "cargo has failed ({}): mend what it says\n{}",
        output.status,
        said.trim_end()
    ))
}

/// The errors of the compiler.
fn read(said: &str, root: &Path) -> Vec<Mistake> {
    let rules = Rules::new();
    let lines = said
        .lines()
        .filter_map(|line| serde_json::from_str::<Line>(line).ok())
        .filter(|line| line.reason == "compiler-message");
    let errors = lines
        .filter_map(|line| line.message)
        .filter(|message| message.level.starts_with("error"));
    errors
        .filter_map(|message| {
            // An error without a place sums up the others.
            let span = place(message.spans.iter().find(|span| span.is_primary)?, root);
            let code = rules.of(&message.text).map(str::to_owned);
            let of_rust = || message.code.map_or_else(|| "rust".to_owned(), |it| it.code);
            Some(Mistake {
                file: span.file_name.to_string_lossy().into_owned(),
                place: Place {
                    line: span.line_start,
                    column: span.column_start,
                    end_line: span.line_end,
                    end_column: span.column_end,
                    source: span
                        .text
                        .first()
                        .map(|it| it.text.clone())
                        .unwrap_or_default(),
                },
                code: code.unwrap_or_else(of_rust),
                message: message.text,
            })
        })
        .collect()
}

/// The place in a file of the crate: a macro of the standard library is not where the mistake is.
fn place(span: &Span, root: &Path) -> Span {
    let mut span = span;
    while let Some(expansion) = &span.expansion
        && !root.join(&span.file_name).is_file()
    {
        span = &expansion.span;
    }
    span.clone()
}

#[cfg(test)]
mod tests {
    use super::read;
    use std::path::Path;

    #[test]
    fn errors_of_the_compiler_become_mistakes() {
        let span = |file: &str, expansion: &str| {
            format!(
                r#"{{"file_name":"{file}","line_start":3,"line_end":3,"column_start":5,"column_end":8,"is_primary":true,"text":[{{"text":"    kye"}}],"expansion":{expansion}}}"#
            )
        };
        let line = |message: &str, level: &str, code: &str, span: &str| {
            format!(
                r#"{{"reason":"compiler-message","message":{{"message":"{message}","level":"{level}","code":{code},"spans":[{span}]}}}}"#
            )
        };
        let own = span("Cargo.toml", "null");
        let said = [
            line(
                "undefined Python name `kye`: did you mean `key`?",
                "error",
                "null",
                &own,
            ),
            line("mismatched types", "error", r#"{"code":"E0308"}"#, &own),
            line("unused", "warning", "null", &own),
            line(
                "the key `x` is given twice: remove one of them",
                "error",
                "null",
                &span("<macros>", &format!(r#"{{"span":{own}}}"#)),
            ),
            line("aborting due to 2 errors", "error", "null", ""),
            r#"{"reason":"build-finished","success":false}"#.to_owned(),
        ]
        .join("\n");
        let found = read(&said, Path::new(env!("CARGO_MANIFEST_DIR")));
        let codes: Vec<(&str, &str)> = found
            .iter()
            .map(|one| (one.code.as_str(), one.file.as_str()))
            .collect();
        assert_eq!(
            codes,
            [
                ("undefined-name", "Cargo.toml"),
                ("E0308", "Cargo.toml"),
                ("key-twice", "Cargo.toml")
            ]
        );
        assert_eq!((found[0].place.line, found[0].place.end_column), (3, 8));
    }
}
