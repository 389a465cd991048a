//! A Python text, and the way from a place in it back to the Rust source.

use proc_macro2::{Ident, Span};
use redgrease_syntax::Form;
use std::fmt::Write;
use std::ops::Range;

/// The Python of a gear, exactly as it was written.
pub(crate) struct PythonText {
    pub(crate) text: String,
    pub(crate) form: Form,
    /// The file the text stands in, as rustc names it.
    pub(crate) file: String,
    /// 1-based line of that file on which the text begins.
    pub(crate) line: usize,
    /// What stands behind a tick, in a callback: names of Rust values.
    pub(crate) captures: Vec<Capture>,
    /// The file to watch for changes, if the text is in a file of its own.
    pub(crate) watched: Option<String>,
    pub(super) origin: Origin,
}

/// A Rust value that a callback uses, spelled `'name` and in the text `_name`.
pub(crate) struct Capture {
    pub(crate) name: Ident,
    /// The text has a name of its own that is spelled like the capture there.
    pub(crate) taken: Option<Span>,
}

/// Where a text comes from, hence what can be underlined.
pub(super) enum Origin {
    /// Rust tokens, in order, and the ranges of the text they cover. `block` is what holds them,
    /// `column` the 0-based column of the text's first character.
    Tokens {
        tokens: Vec<(Range<usize>, Span)>,
        block: Span,
        column: usize,
    },
    /// One Rust token that can only be underlined as a whole. Its first line begins at the given
    /// 0-based column; `None` if lines of the text are not lines of the file (escapes).
    Whole { token: Span, column: Option<usize> },
}

/// What rustc can underline for a range of the text.
pub(crate) struct Pointed {
    pub(crate) first: Span,
    pub(crate) last: Span,
    /// `false` if the underlined tokens are only near the place, so that it has to be shown in words.
    pub(crate) exact: bool,
}

impl PythonText {
    /// The Rust tokens for a range of the text.
    pub(crate) fn point_at(&self, range: &Range<usize>) -> Pointed {
        let (tokens, block) = match &self.origin {
            Origin::Whole { token, .. } => {
                let exact = *range == (0..self.text.len());
                return Pointed {
                    first: *token,
                    last: *token,
                    exact,
                };
            }
            Origin::Tokens { tokens, block, .. } => (tokens, *block),
        };
        if *range == (0..self.text.len()) {
            return Pointed {
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
            // Inside of one token, such as a name in an f-string, the underline says too little.
            let inside = first.0 == last.0 && first.0.len() > range.len() + 1;
            return Pointed {
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
            // Indentation: the token it indents.
            (_, Some((_, token))) if blank => Pointed {
                first: *token,
                last: *token,
                exact: true,
            },
            // The end of a line, or of the text: the token before it.
            (Some((place, token)), _) => {
                let between = self.text.get(place.end..range.start).unwrap_or_default();
                Pointed {
                    first: *token,
                    last: *token,
                    exact: between.trim().is_empty(),
                }
            }
            (None, Some((_, token))) => Pointed {
                first: *token,
                last: *token,
                exact: false,
            },
            (None, None) => Pointed {
                first: block,
                last: block,
                exact: false,
            },
        }
    }

    /// The place as rustc would show it, for what it cannot underline.
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
