//! Reads the comments that allow findings, and finds those with a typing error, which allow nothing.

use crate::{ALLOWABLE, Problem, allowable_names, nearest};
use std::ops::Range;

/// What a part of a comment says. A part begins behind a `#`.
#[derive(Debug, PartialEq, Eq)]
enum Reading<'a> {
    /// `redgrease: allow(list)`, with the text of the list.
    Allows(&'a str),
    /// Something similar, with the text behind the words.
    Similar(&'a str),
    /// Another comment.
    Other,
}

/// Whether a line has a comment that allows a kind of finding.
pub(super) fn allows(line: &str, code: &str) -> bool {
    parts(line).any(|(_, part)| match reading(part) {
        Reading::Allows(list) => kinds(list).any(|one| one == code),
        Reading::Similar(_) | Reading::Other => false,
    })
}

/// The typing errors of a comment, each with its place in the comment.
pub(super) fn mistakes(comment: &str) -> Vec<(Problem, Range<usize>)> {
    let mut found = Vec::new();
    for (at, part) in parts(comment) {
        let place = at - 1..at + part.trim_end().len();
        match reading(part) {
            Reading::Allows(list) if kinds(list).all(str::is_empty) => {
                found.push((nothing(list), place));
            }
            Reading::Allows(list) => {
                let unknown = kinds(list).filter(|one| !ALLOWABLE.contains(one));
                found.extend(unknown.map(|one| (not_a_kind(one), place.clone())));
            }
            Reading::Similar(rest) => found.push((nothing(rest), place)),
            Reading::Other => {}
        }
    }
    found
}

/// The parts of a line behind each `#`, with their places.
fn parts(line: &str) -> impl Iterator<Item = (usize, &str)> {
    line.match_indices('#').map(|(at, _)| {
        let part = &line[at + 1..];
        (at + 1, part.split('#').next().unwrap_or_default())
    })
}

fn kinds(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim)
}

fn reading(part: &str) -> Reading<'_> {
    let (name, rest) = word(part);
    let (is_separate, rest) = match rest.trim_start().strip_prefix(':') {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let (verb, rest) = word(rest);
    let rest = rest.trim_start();
    let list = rest.strip_prefix('(');
    let is_name = name.eq_ignore_ascii_case("redgrease");
    let is_verb = verb.eq_ignore_ascii_case("allow");
    match (is_name, is_verb, list) {
        (true, true, Some(list)) => Reading::Allows(list.split(')').next().unwrap_or_default()),
        (true, true, None) if begins_with_kind(rest) || (is_separate && rest.is_empty()) => {
            Reading::Similar(rest)
        }
        (true, false, Some(list)) if is_separate && is_like(verb, "allow") => {
            Reading::Similar(list)
        }
        (false, true, Some(list)) if is_separate && is_like(name, "redgrease") => {
            Reading::Similar(list)
        }
        _ => Reading::Other,
    }
}

/// The first word of a text, and the rest.
fn word(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    let end = text
        .find(|c: char| !c.is_alphanumeric())
        .unwrap_or(text.len());
    text.split_at(end)
}

fn is_like(word: &str, known: &str) -> bool {
    nearest(&word.to_ascii_lowercase(), [known]).is_some()
}

/// The first kind of finding that a text names.
fn named(text: &str) -> Option<&'static str> {
    text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_')))
        .find_map(|word| {
            let known = ALLOWABLE.iter().find(|kind| **kind == word);
            known.copied().or_else(|| similar(word))
        })
}

fn begins_with_kind(text: &str) -> bool {
    let text = text.trim_start_matches([':', '=', '[', '{', ' ', '"', '\'']);
    let first = text
        .split(|c: char| c.is_whitespace() || c == ',')
        .next()
        .unwrap_or_default();
    named(first).is_some()
}

/// The kind that a word likely means.
fn similar(word: &str) -> Option<&'static str> {
    nearest(word, ALLOWABLE.iter().copied())
}

fn nothing(text: &str) -> Problem {
    let hint = match named(text) {
        Some(kind) => format!("did you mean `# redgrease: allow({kind})`?"),
        None => "write `# redgrease: allow(..)` with a kind of message, such as `unknown-import`"
            .to_owned(),
    };
    Problem::AllowsNothing { hint }
}

fn not_a_kind(kind: &str) -> Problem {
    let hint = match similar(kind) {
        Some(known) => format!("did you mean `{known}`?"),
        None => format!("write one of {}", allowable_names()),
    };
    let kind = kind.to_owned();
    Problem::AllowsOther { kind, hint }
}

#[cfg(test)]
mod tests {
    use super::{allows, mistakes};

    #[test]
    fn spellings_that_are_accepted() {
        for comment in [
            "# redgrease: allow(unknown-import)",
            "#redgrease: allow(unknown-import)",
            "# redgrease:allow(unknown-import)",
            "# redgrease : allow (unknown-import)",
            "# redgrease allow(unknown-import)",
            "# RedGrease: Allow( unknown-import )",
            "# noqa # redgrease: allow(unknown-method,unknown-import)",
            "## redgrease: allow(unknown-import): every server has it",
        ] {
            assert!(allows(comment, "unknown-import"), "{comment}");
            assert!(!allows(comment, "log-level"), "{comment}");
            assert_eq!(mistakes(comment), [], "{comment}");
        }
    }

    #[test]
    fn spellings_that_allow_nothing() {
        let kind =
            "this comment allows nothing: did you mean `# redgrease: allow(unknown-import)`?";
        let none = "this comment allows nothing: write `# redgrease: allow(..)` with a kind of message, such as `unknown-import`";
        for (comment, message) in [
            ("# redgrease: allow unknown-import", kind),
            ("# redgrease allow unknown-import", kind),
            ("# redgrease: allow: unknown-import", kind),
            ("# redgrease: allow[unknown-import]", kind),
            ("# redgrease: allow unknown-import)", kind),
            ("# redgrease: allow = unknown_import", kind),
            ("# redgrease: alow(unknown-import)", kind),
            ("# redgrease: allows(unknown-import)", kind),
            ("# redgrese: allow(unknown-import)", kind),
            ("# redgrease: allow", none),
            ("# redgrease: allow()", none),
            (
                "# redgrease: allow(unknown-imports)",
                "a comment cannot allow `unknown-imports`: did you mean `unknown-import`?",
            ),
            (
                "# redgrease: allow(log-level, unknown_import)",
                "a comment cannot allow `unknown_import`: did you mean `unknown-import`?",
            ),
        ] {
            let found = mistakes(comment);
            assert_eq!(found.len(), 1, "{comment}");
            assert_eq!(found[0].0.to_string(), message, "{comment}");
            assert_eq!(&comment[found[0].1.clone()], comment);
        }
        let of_syntax = mistakes("x = 1  # redgrease: allow(syntax)");
        assert!(
            of_syntax[0]
                .0
                .to_string()
                .contains("write one of `atomic-alone`, ")
        );
    }

    #[test]
    fn other_comments() {
        for comment in [
            "# redgrease: the prelude provides `cmd`",
            "# redgrease: allow the caller to wait",
            "# redgrease allows (and needs) this",
            "# redgrease: see (unknown-import)",
            "# allow(unknown-import)",
            "# noqa: allow(unknown-import)",
            "# a redgrease: allow(unknown-import) comment",
            "#",
            "# é: allow(x)",
        ] {
            assert_eq!(mistakes(comment), [], "{comment}");
            assert!(!allows(comment, "unknown-import"), "{comment}");
        }
    }
}
