//! Tests of the findings and their places.

mod allowed;
mod any_name;
mod attributes;
mod calls;
mod coroutines;
mod imports;
mod kinds;
mod modules;
mod names;
mod placement;
mod returns;
mod robustness;
mod runtime;
mod scripts;
mod syntax;
mod values;
mod versions;

use crate::{Generators, Problem, PythonVersion, Refusals, Report, Source, examine};
use proptest::prelude::*;

/// A body of a function `gear(url)`, each line indented as in a Rust source.
fn body(lines: &str) -> String {
    let indented: Vec<String> = lines
        .lines()
        .map(|line| format!("        {line}"))
        .collect();
    format!("\n{}\n    ", indented.join("\n"))
}

fn report(lines: &str, python: &str) -> (String, Report) {
    let text = body(lines);
    let python: PythonVersion = python.parse().unwrap();
    let report = examine(&Source::body("gear", &["url"], &text).python(python));
    (text, report)
}

/// Findings as `text at the place -> message`.
fn findings_on(python: &str, lines: &str) -> Vec<String> {
    let (text, report) = report(lines, python);
    let show =
        |range: std::ops::Range<usize>, message: String| format!("{:?} -> {message}", &text[range]);
    report
        .findings
        .into_iter()
        .map(|f| show(f.range.clone(), f.to_string()))
        .collect()
}

fn findings(lines: &str) -> Vec<String> {
    findings_on("3.9", lines)
}

#[track_caller]
fn clean(lines: &str) {
    assert_eq!(findings_on("3.12", lines), [""; 0], "{lines}");
}

#[track_caller]
fn one(lines: &str, expected: &str) {
    assert_eq!(findings(lines), [expected], "{lines}");
}
