//! Reads uv's output: finds the relevant lines and the cause of a failure.

use crate::requirements::attempts::Cause;
use crate::requirements::shown::{SHOWN_LINES, sanitize};

/// Texts that uv writes only after the index has answered.
const INDEX_ANSWERED: [&str; 3] = [
    "No solution found",
    "HTTP status client error",
    "The build backend returned an error",
];

/// Texts of a download that was interrupted.
const INTERRUPTED: [&str; 3] = [
    "error decoding response body",
    "request or response body error",
    "connection closed before message completed",
];

/// Texts that uv writes after it gave up connecting.
const UNREACHABLE: [&str; 7] = [
    "error sending request for url",
    "HTTP status server error",
    "dns error",
    "tcp connect error",
    "operation timed out",
    "Failed to connect to",
    "Could not resolve host",
];

/// Columns from which on a line goes on with the one before it.
const CONTINUED: usize = 6;

/// Reads the cause of a failure from uv's output.
pub(super) fn cause(lines: &[String]) -> Cause {
    let has = |texts: &[&str]| {
        let mut lines = lines.iter();
        lines.any(|line| texts.iter().any(|text| line.contains(text)))
    };
    // `429 Too Many Requests` asks for another attempt, which uv has made.
    let is_busy = has(&["429 Too Many Requests"]);
    if has(&INDEX_ANSWERED) && !is_busy {
        Cause::Final
    } else if has(&INTERRUPTED) {
        Cause::Interrupted
    } else if is_busy || has(&UNREACHABLE) {
        Cause::Unreachable
    } else {
        Cause::Final
    }
}

/// The lines that explain a failure: uv's error with its causes, of which each has a line.
pub(super) fn relevant_lines(lines: &[String]) -> Vec<String> {
    let is_start = |line: &&String| {
        let line = line.trim_start();
        line.starts_with("error:") || line.starts_with('\u{d7}')
    };
    let Some(first) = lines.iter().position(|line| is_start(&line)) else {
        return last_lines(lines);
    };
    let mut told: Vec<String> = Vec::new();
    let mut block = Block::None;
    let mut last = String::new();
    for line in &lines[first..] {
        let bare = line.trim_matches([' ', '\u{2502}', '\u{d7}']);
        let bare = bare.trim_start_matches("\u{2570}\u{2500}\u{25b6} ");
        if bare.is_empty() {
            continue;
        }
        match bare {
            "[stdout]" => block = Block::Output,
            "[stderr]" | "--- stderr" => block = Block::Errors,
            _ if line.starts_with("hint:") || is_heading(bare) => {
                told.extend((block == Block::Errors).then(|| std::mem::take(&mut last)));
                block = Block::None;
                told.push(bare.to_owned());
            }
            _ => match block {
                Block::Output => {}
                // The last line of a failed build's output is the reason.
                Block::Errors => bare.clone_into(&mut last),
                Block::None if is_continued(line) && !told.is_empty() => {
                    if let Some(before) = told.last_mut() {
                        before.push(' ');
                        before.push_str(bare);
                    }
                }
                Block::None => told.push(bare.to_owned()),
            },
        }
    }
    if block == Block::Errors && !last.is_empty() {
        told.push(last);
    }
    told.truncate(SHOWN_LINES);
    told.iter().map(|line| sanitize(line)).collect()
}

/// The output of a build, which uv shows in two blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Block {
    None,
    Output,
    Errors,
}

/// Whether a line begins the error or one of its causes.
fn is_heading(line: &str) -> bool {
    ["error:", "cause:", "Caused by:"]
        .iter()
        .any(|start| line.starts_with(start))
}

/// Whether a line goes on with the one before it: uv wraps long lines, and indents them.
fn is_continued(line: &str) -> bool {
    line.len() - line.trim_start_matches(' ').len() >= CONTINUED
}

fn last_lines(lines: &[String]) -> Vec<String> {
    let told: Vec<&String> = lines.iter().filter(|it| !it.trim().is_empty()).collect();
    let skipped = told.len().saturating_sub(5);
    told.iter().skip(skipped).map(|it| sanitize(it)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn an_unknown_version_is_told_in_both_forms() {
        let new = lines(
            "Using Python 3.11.7 environment at: f\nerror: No solution found when resolving dependencies\n  cause: Because a \
             depends on b and you require a, we can conclude that you require b.\n         And because you require b==9, \
             your requirements are unsatisfiable.\n\nhint: Packages were unavailable",
        );
        assert_eq!(
            relevant_lines(&new),
            [
                "error: No solution found when resolving dependencies",
                "cause: Because a depends on b and you require a, we can conclude that you require b. And because you require \
                 b==9, your requirements are unsatisfiable.",
                "hint: Packages were unavailable",
            ]
        );
        assert_eq!(cause(&new), Cause::Final);
        let old = lines(
            "  \u{d7} No solution found when resolving dependencies:\n  \u{2570}\u{2500}\u{25b6} Because there is no version \
             of six==99 and you require six==99, we can\n      conclude that your requirements are unsatisfiable.",
        );
        assert_eq!(
            relevant_lines(&old),
            [
                "No solution found when resolving dependencies:",
                "Because there is no version of six==99 and you require six==99, we can conclude that your requirements are \
                 unsatisfiable.",
            ]
        );
        assert_eq!(cause(&old), Cause::Final);
    }

    #[test]
    fn a_failed_build_is_told_with_its_last_line() {
        let output = lines(
            "error: The build backend returned an error\n  cause: Call to `x` failed (exit status: 3)\n\n         [stdout]\n         building\n\n         [stderr]\n         Traceback\n         fatal error: no such header\n\nhint: read on",
        );
        assert_eq!(
            relevant_lines(&output),
            [
                "error: The build backend returned an error",
                "cause: Call to `x` failed (exit status: 3)",
                "fatal error: no such header",
                "hint: read on",
            ]
        );
        assert_eq!(cause(&output), Cause::Final);
    }

    #[test]
    fn causes_of_network_failures_are_recognised() {
        for (text, expected) in [
            (
                "error: Request failed after 3 retries in 5.9s\n  cause: Failed to fetch: x\n  cause: error sending request for url (x)\n  cause: tcp connect error",
                Cause::Unreachable,
            ),
            (
                "error: Failed to fetch: x\n  Caused by: dns error",
                Cause::Unreachable,
            ),
            (
                "error: Failed to fetch: x\n  cause: HTTP status server error (503 Service Unavailable) for url (x)",
                Cause::Unreachable,
            ),
            (
                "error: Failed to fetch: x\n  cause: HTTP status client error (429 Too Many Requests) for url (x)",
                Cause::Unreachable,
            ),
            (
                "error: Failed to fetch: x\n  cause: HTTP status client error (403 Forbidden) for url (x)",
                Cause::Final,
            ),
            (
                "error: Failed to download `a==1`\n  cause: error decoding response body",
                Cause::Interrupted,
            ),
            ("error: Failed to parse: `bad req!!`", Cause::Final),
        ] {
            assert_eq!(cause(&lines(text)), expected, "{text}");
        }
    }

    #[test]
    fn without_an_error_the_last_lines_are_told() {
        assert_eq!(relevant_lines(&lines("a\n\nb")), ["a", "b"]);
        assert_eq!(relevant_lines(&[]), [""; 0]);
        let many = lines(&"error: x\n  cause: y\n".repeat(50));
        assert_eq!(relevant_lines(&many).len(), SHOWN_LINES);
    }
}
