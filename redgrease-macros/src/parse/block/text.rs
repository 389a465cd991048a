//! A Python text with a map from each place in it to the Rust source.

use proc_macro2::{Ident, Span};
use redgrease_syntax::Form;
use std::fmt::Write;
use std::ops::Range;

/// The Python of a gear, byte for byte as it was written.
pub(crate) struct PythonText {
    pub(crate) text: String,
    pub(crate) form: Form,
    /// The path of the file that contains the text, as rustc names it.
    pub(crate) file: String,
    /// The 1-based line of that file on which the text begins.
    pub(crate) line: usize,
    /// The Rust values that a callback captures.
    pub(crate) captures: Vec<Capture>,
    /// The absolute path of a Python file. Cargo builds again when the file changes.
    pub(crate) watched: Option<String>,
    pub(super) origin: Origin,
}

/// A Rust value that a callback uses. It is written `'name`, and the text contains `_name` instead.
pub(crate) struct Capture {
    pub(crate) name: Ident,
    /// A Python name `_name` in the text, which collides with the capture.
    pub(crate) taken: Option<Span>,
}

/// The source of a text. It decides which places rustc can underline.
pub(super) enum Origin {
    /// Rust tokens in order, with the ranges of the text that they cover. `block` is the span of the group around
    /// them, `column` the 0-based column of the first character.
    Tokens {
        tokens: Vec<(Range<usize>, Span)>,
        block: Span,
        column: usize,
    },
    /// One Rust token, which rustc underlines as a whole. The first line begins at the 0-based `column`. It is
    /// `None` if the lines of the text are not lines of the file (a string with escapes).
    Whole { token: Span, column: Option<usize> },
}

/// The spans that rustc underlines for a range of the text.
pub(crate) struct Underline {
    pub(crate) first: Span,
    pub(crate) last: Span,
    /// `false` if the underlined tokens are only near the place. The message then has to show the place.
    pub(crate) exact: bool,
}

impl PythonText {
    /// The spans for a range of the text.
    pub(crate) fn underline(&self, range: &Range<usize>) -> Underline {
        let (tokens, block) = match &self.origin {
            Origin::Whole { token, .. } => {
                let exact = *range == (0..self.text.len());
                return Underline {
                    first: *token,
                    last: *token,
                    exact,
                };
            }
            Origin::Tokens { tokens, block, .. } => (tokens, *block),
        };
        if *range == (0..self.text.len()) {
            return Underline {
                first: block,
                last: block,
                exact: true,
            };
        }
        let mut covered = tokens
            .iter()
            .filter(|(token, _)| token.start < range.end && token.end > range.start);
        if let Some(first) = covered.next() {
            let last = covered.next_back().unwrap_or(first);
            // A place inside one token, such as a name in an f-string, cannot be underlined.
            let inside = first.0 == last.0 && first.0.len() > range.len() + 1;
            return Underline {
                first: first.1,
                last: last.1,
                exact: !inside,
            };
        }
        let blank = self
            .text
            .get(range.clone())
            .is_some_and(|text| !text.is_empty() && text.chars().all(|c| c == ' ' || c == '\t'));
        let before = tokens
            .iter()
            .rev()
            .find(|(token, _)| token.end <= range.start);
        let after = tokens.iter().find(|(token, _)| token.start >= range.end);
        match (before, after) {
            // Indentation: underline the token behind it.
            (_, Some((_, token))) if blank => Underline {
                first: *token,
                last: *token,
                exact: true,
            },
            // Something is missing behind a token, at the end of a line or of the text.
            (Some((place, token)), _) => {
                let between = self.text.get(place.end..range.start).unwrap_or_default();
                let exact = between.trim().is_empty();
                let pointed = if exact {
                    Span::from(token.unwrap().end())
                } else {
                    *token
                };
                Underline {
                    first: pointed,
                    last: pointed,
                    exact,
                }
            }
            (None, Some((_, token))) => Underline {
                first: *token,
                last: *token,
                exact: false,
            },
            (None, None) => Underline {
                first: block,
                last: block,
                exact: false,
            },
        }
    }

    /// The place in the style of rustc, for a place that rustc cannot underline.
    pub(crate) fn snippet(&self, range: &Range<usize>) -> String {
        let start = range.start.min(self.text.len());
        let line_start = self.text[..start]
            .rfind('\n')
            .map_or(0, |newline| newline + 1);
        let line_end = self.text[start..]
            .find('\n')
            .map_or(self.text.len(), |end| start + end);
        let lines_before = self.text[..start].matches('\n').count();
        let before = self.text[line_start..start].chars().count();
        let column = match &self.origin {
            Origin::Tokens { column, .. }
            | Origin::Whole {
                column: Some(column),
                ..
            } => *column,
            Origin::Whole { column: None, .. } => 0,
        };
        let in_first_line = if lines_before == 0 { column } else { 0 };
        let exact_lines = !matches!(self.origin, Origin::Whole { column: None, .. });
        let (place, number) = if exact_lines {
            let line = self.line + lines_before;
            (
                format!("{}:{line}:{}", self.file, before + in_first_line + 1),
                line,
            )
        } else {
            let line = lines_before + 1;
            (
                format!("line {line} of the Python, column {}", before + 1),
                line,
            )
        };
        let code = self.text[line_start..line_end]
            .trim_end()
            .replace('\t', " ");
        let marked =
            self.text[start..range.end.clamp(start, line_end)].trim_end_matches(['\r', '\n']);
        let number = number.to_string();
        let width = number.len();
        let mut shown = String::new();
        // Writing to a string cannot fail.
        let _ = write!(
            shown,
            "\n{:width$}--> {place}\n{:width$} |\n{number} | {code}\n{:width$} | {:before$}{}",
            "",
            "",
            "",
            "",
            "^".repeat(marked.chars().count().max(1)),
        );
        shown
    }
}
