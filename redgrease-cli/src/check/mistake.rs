//! A mistake and its place.

use serde::Serialize;
use std::ops::Range;

/// A mistake. The order is that of files, lines and columns.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Mistake {
    pub(super) file: String,
    #[serde(flatten)]
    pub(super) place: Place,
    /// The kind of mistake, a word of the catalogue.
    pub(super) code: String,
    pub(super) message: String,
}

/// A place in a file. Lines and columns begin with 1, and columns count characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) end_line: usize,
    /// The column behind the last character.
    pub(super) end_column: usize,
    /// The first line.
    pub(super) source: String,
}

impl Place {
    /// The place of a range of bytes, which is on the borders of characters.
    pub(super) fn of(text: &str, range: &Range<usize>) -> Self {
        Lines::of(text).place(range)
    }

    /// A whole line.
    pub(super) fn line(number: usize, source: &str) -> Self {
        Place {
            line: number,
            column: 1,
            end_line: number,
            end_column: source.chars().count() + 1,
            source: source.to_owned(),
        }
    }
}

/// The lines of a text, for many places in it.
pub(super) struct Lines<'a> {
    text: &'a str,
    /// Where each line begins.
    begins: Vec<usize>,
}

impl<'a> Lines<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let behind = text.match_indices('\n').map(|(at, _)| at + 1);
        Lines {
            text,
            begins: std::iter::once(0).chain(behind).collect(),
        }
    }

    /// The place of a range of bytes, which is on the borders of characters.
    pub(super) fn place(&self, range: &Range<usize>) -> Place {
        let (line, column) = self.position(range.start);
        let (end_line, end_column) = self.position(range.end.max(range.start));
        let source = &self.text[self.begins[line - 1]..];
        let source = source.split('\n').next().unwrap_or_default();
        Place {
            line,
            column,
            end_line,
            end_column,
            source: source.trim_end_matches('\r').to_owned(),
        }
    }

    fn position(&self, at: usize) -> (usize, usize) {
        let at = if self.text.is_char_boundary(at) {
            at
        } else {
            self.text.len()
        };
        let line = self.begins.partition_point(|begin| *begin <= at);
        let before = &self.text[self.begins[line - 1]..at];
        (line, before.chars().count() + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn places_are_counted_in_characters() {
        let text = "a = 1\r\nä = böse\n";
        let at = text.find("böse").unwrap();
        let place = Place::of(text, &(at..at + "böse".len()));
        assert_eq!(
            (place.line, place.column, place.end_line, place.end_column),
            (2, 5, 2, 9)
        );
        assert_eq!(place.source, "ä = böse");
        assert_eq!(Place::of(text, &(0..1)).source, "a = 1");
        let end = Place::of("", &(0..0));
        assert_eq!((end.line, end.column), (1, 1));
    }
}
