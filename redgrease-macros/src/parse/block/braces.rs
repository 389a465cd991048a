//! Reads `python! { .. }`: Python made of Rust tokens.
//!
//! The text is copied from the source file, byte for byte. A text made from the tokens would lose comments
//! (including `//`, which is a Python operator), blank lines and tabs. The text in the file is wrong if another
//! macro produced some of the tokens. Therefore every token must be found at its place in the text.

use super::text::{Origin, PythonText};
use super::{Block, captures, in_editor};
use crate::report::Errors;
use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use redgrease_syntax::{Form, Mistake};
use std::ops::Range;

/// The place of the Python: between the delimiters of a group, or between `<` and `>`.
pub(super) struct Place<'a> {
    /// The group that contains the text.
    pub(super) group: &'a Group,
    /// The delimiters of the Python.
    pub(super) open: Span,
    pub(super) close: Span,
    pub(super) tokens: TokenStream,
}

impl<'a> Place<'a> {
    pub(super) fn inside(group: &'a Group) -> Self {
        Place {
            group,
            open: group.span_open(),
            close: group.span_close(),
            tokens: group.stream(),
        }
    }
}

/// Reads the text and its captures.
pub(super) fn read(place: &Place<'_>, form: Form, errors: &mut Errors) -> Option<Block> {
    let around = place.group.span();
    let found = SourceText::at(around).map(|written| {
        let inside = written.inside(place)?;
        Ok((written, inside))
    });
    take(found, place.tokens.clone(), around, form, errors)
}

/// Reads the input of a macro call, which does not contain the delimiters of the call.
pub(super) fn read_bare(tokens: &TokenStream, form: Form, errors: &mut Errors) -> Option<Block> {
    let around = Span::call_site();
    let found = SourceText::at(around).map(|written| {
        let inside = written.arguments().ok_or(around)?;
        Ok((written, inside))
    });
    take(found, tokens.clone(), around, form, errors)
}

/// Reads the text of a range. Fails if the tokens come from another macro.
fn take(
    found: Option<Result<(SourceText, Range<usize>), Span>>,
    stream: TokenStream,
    around: Span,
    form: Form,
    errors: &mut Errors,
) -> Option<Block> {
    let Some(found) = found else {
        return Some(Block::Unseen);
    };
    let found = found.and_then(|(written, inside)| {
        let lines = written.lines();
        let tokens = locate(stream, &inside, &written.text, &lines)?;
        let opening = lines.place(inside.start);
        Ok((
            written.text[inside.clone()].to_owned(),
            inside,
            tokens,
            opening,
        ))
    });
    let (mut text, inside, mut tokens, (line, column)) = match found {
        Ok(found) => found,
        Err(foreign) => {
            errors.at(foreign, Mistake::OtherMacro);
            return None;
        }
    };
    for (range, _) in &mut tokens {
        *range = range.start - inside.start..range.end - inside.start;
    }
    let captures = captures::take(&mut text, &tokens);
    join_prefixes(&mut text, &mut tokens);
    Some(Block::Python(PythonText {
        text,
        form,
        file: around.unwrap().file(),
        line,
        watched: None,
        captures,
        origin: Origin::Tokens {
            tokens,
            block: around,
            column: column - 1,
        },
    }))
}

/// A part of the source file, with its 1-based line and column.
struct SourceText {
    text: String,
    line: usize,
    column: usize,
}

impl SourceText {
    /// The source of a span. `None` in an editor.
    fn at(span: Span) -> Option<Self> {
        let place = span.unwrap();
        (!in_editor(span)).then(|| SourceText {
            text: place.source_text().unwrap_or_default(),
            line: place.line(),
            column: place.column(),
        })
    }

    fn lines(&self) -> Lines<'_> {
        Lines::new(&self.text, self.line, self.column)
    }

    /// The part between two delimiters.
    fn inside(&self, place: &Place<'_>) -> Result<Range<usize>, Span> {
        let lines = self.lines();
        let at = |span: Span, wanted: [&str; 4]| {
            let start = span.unwrap().start();
            lines
                .offset(start.line(), start.column())
                // Delimiters are one byte long.
                .filter(|at| {
                    self.text
                        .get(*at..=*at)
                        .is_some_and(|c| wanted.contains(&c))
                })
                .ok_or(span)
        };
        let open = at(place.open, ["{", "(", "[", "<"])?;
        let close = at(place.close, ["}", ")", "]", ">"])?;
        if open < close {
            Ok(open + 1..close)
        } else {
            Err(place.open)
        }
    }

    /// The part between the delimiters of a macro call.
    fn arguments(&self) -> Option<Range<usize>> {
        let open = self.text.find('!')? + 1;
        let open = open + self.text[open..].find(['(', '{', '['])? + 1;
        let close = self.text.rfind([')', '}', ']'])?;
        (open <= close).then_some(open..close)
    }
}

/// Finds every token at its place in the text. Fails with the first token that is not there.
fn locate(
    stream: TokenStream,
    inside: &Range<usize>,
    full: &str,
    lines: &Lines<'_>,
) -> Result<Vec<(Range<usize>, Span)>, Span> {
    let mut found = Vec::new();
    for token in leaves(stream) {
        let span = token?;
        let place = span.unwrap();
        let (start, end) = (place.start(), place.end());
        let range = lines
            .offset(start.line(), start.column())
            .zip(lines.offset(end.line(), end.column()))
            .filter(|(start, end)| inside.start <= *start && start <= end && *end <= inside.end)
            .map(|(start, end)| start..end);
        match range {
            Some(range) if place.source_text().as_deref() == full.get(range.clone()) => {
                found.push((range, span));
            }
            _ => return Err(span),
        }
    }
    found.sort_by_key(|(range, _)| (range.start, range.end));
    Ok(found)
}

/// The spans of all tokens and delimiters. A macro variable is an error, because its value is elsewhere in the
/// source.
fn leaves(stream: TokenStream) -> Vec<Result<Span, Span>> {
    let mut spans = Vec::new();
    let mut open: Vec<proc_macro2::token_stream::IntoIter> = vec![stream.into_iter()];
    while let Some(tokens) = open.last_mut() {
        match tokens.next() {
            None => {
                open.pop();
            }
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::None => {
                spans.push(Err(group.span()));
            }
            Some(TokenTree::Group(group)) => {
                spans.push(Ok(group.span_open()));
                spans.push(Ok(group.span_close()));
                open.push(group.stream().into_iter());
            }
            Some(token) => spans.push(Ok(token.span())),
        }
    }
    spans
}

/// Converts lines and columns of the file to offsets in a part of the file.
struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
    first_line: usize,
    first_column: usize,
}

impl<'a> Lines<'a> {
    /// `text` begins at this 1-based line and column of the file.
    fn new(text: &'a str, first_line: usize, first_column: usize) -> Self {
        let later = text.match_indices('\n').map(|(newline, _)| newline + 1);
        Lines {
            text,
            starts: std::iter::once(0).chain(later).collect(),
            first_line,
            first_column,
        }
    }

    /// The 1-based line and column of an offset.
    fn place(&self, offset: usize) -> (usize, usize) {
        let index = self.starts.partition_point(|start| *start <= offset).max(1) - 1;
        let before = self.text[self.starts[index]..offset].chars().count();
        let first = if index == 0 { self.first_column } else { 1 };
        (self.first_line + index, first + before)
    }

    /// The offset of a 1-based line and column, which counts characters.
    fn offset(&self, line: usize, column: usize) -> Option<usize> {
        let index = line.checked_sub(self.first_line)?;
        let start = *self.starts.get(index)?;
        let before = column.checked_sub(if index == 0 { self.first_column } else { 1 })?;
        let rest = &self.text[start..];
        let offsets = rest
            .char_indices()
            .map(|(offset, _)| offset)
            .chain([rest.len()]);
        offsets.into_iter().nth(before).map(|offset| start + offset)
    }
}

/// Turns `f ".."` into ` f".."`.
///
/// Rust reserves prefixes such as `f"`, so the space is necessary in Rust. Python does not allow a name in front
/// of a string, so the prefix cannot be a name. The space is moved and not removed, so all other places in the
/// text stay the same.
fn join_prefixes(text: &mut String, tokens: &mut [(Range<usize>, Span)]) {
    const PREFIXES: &[&str] = &["f", "r", "b", "u", "t", "fr", "rf", "br", "rb", "tr", "rt"];
    let mut comment_line: Option<usize> = None;
    for i in 0..tokens.len() {
        let prefix = tokens[i].0.clone();
        let line = text[..prefix.start]
            .rfind('\n')
            .map_or(0, |newline| newline + 1);
        if &text[prefix.clone()] == "#" {
            comment_line = Some(line);
        }
        let Some(string) = tokens.get(i + 1).map(|(range, _)| range.clone()) else {
            return;
        };
        let gap = prefix.end..string.start;
        let spelled = text[prefix.clone()].to_ascii_lowercase();
        let joins = comment_line != Some(line)
            && !gap.is_empty()
            && text[gap.clone()].bytes().all(|b| b == b' ')
            && PREFIXES.contains(&spelled.as_str())
            // `f r".."` becomes `fr".."`, which Rust reserves as well.
            && (text[string.start..].starts_with('"')
                || (spelled.len() == 1 && text[string.start..].starts_with("r\"")));
        if joins {
            let moved = format!("{}{}", " ".repeat(gap.len()), &text[prefix.clone()]);
            text.replace_range(prefix.start..string.start, &moved);
            tokens[i].0 = prefix.start + gap.len()..string.start;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Lines, join_prefixes};
    use proc_macro2::{Span, TokenStream};
    use std::ops::Range;

    #[test]
    fn offsets_count_characters() {
        let text = "{ é\n\tx😀y\n}";
        let lines = Lines::new(text, 7, 5);
        let at = |line, column| lines.offset(line, column).map(|offset| &text[offset..]);
        assert_eq!(at(7, 5), Some(text));
        assert_eq!(at(7, 7), Some("é\n\tx😀y\n}"));
        assert_eq!(at(8, 2), Some("x😀y\n}"));
        assert_eq!(at(8, 4), Some("y\n}"));
        assert_eq!(at(9, 2), Some(""));
        for outside in [(6, 1), (7, 4), (9, 3), (10, 1)] {
            assert_eq!(lines.offset(outside.0, outside.1), None, "{outside:?}");
        }
    }

    /// Joins the prefixes in one line, with its words as tokens.
    fn joined(text: &str) -> String {
        let mut tokens: Vec<(Range<usize>, Span)> = Vec::new();
        let mut at = 0;
        for word in text.split(' ') {
            if !word.is_empty() {
                tokens.push((at..at + word.len(), Span::call_site()));
            }
            at += word.len() + 1;
        }
        let mut joined = text.to_owned();
        join_prefixes(&mut joined, &mut tokens);
        assert_eq!(joined.len(), text.len());
        for (range, _) in tokens {
            assert!(!joined[range].contains(' '));
        }
        joined
    }

    #[test]
    fn prefixes_move_to_their_string() {
        assert_eq!(joined("return f \"{x}\""), "return  f\"{x}\"");
        assert_eq!(joined("f \"{x}\""), " f\"{x}\"");
        assert_eq!(joined("x = RB   \"y\" f \"z\""), "x =    RB\"y\"  f\"z\"");
        assert_eq!(joined("f r\"\\d\""), " fr\"\\d\"");
    }

    #[test]
    fn other_text_is_unchanged() {
        for text in [
            "print \"x\"",
            "x = \"f\" + \"y\"",
            "# like f \"x\"",
            "rb r\"x\"",
            "f x",
        ] {
            assert_eq!(joined(text), text);
        }
    }

    #[test]
    fn tokens_are_found_in_the_fallback_of_tests_too() {
        let stream: TokenStream = "a (b) [c]".parse().expect("tokens");
        assert_eq!(super::leaves(stream).len(), 7);
    }
}
