//! Reads a text from left to right.

/// A text with a current place.
pub(super) struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Cursor { rest: text }
    }

    /// The part that has not been read.
    pub(super) fn rest(&self) -> &'a str {
        self.rest
    }

    /// Reads `text` if it is next. Returns `false` if not.
    pub(super) fn eat(&mut self, text: &str) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// Reads characters as long as `belongs` accepts them.
    pub(super) fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !belongs(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    /// Reads blanks.
    pub(super) fn space(&mut self) {
        self.take_while(|c| matches!(c, ' ' | '\t'));
    }

    /// Reads the name of a package or an extra: it begins and ends with a letter or a digit.
    pub(super) fn name(&mut self) -> Option<&'a str> {
        let run = self
            .rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)));
        let run = &self.rest[..run.unwrap_or(self.rest.len())];
        let name = run.trim_end_matches(['-', '_', '.']);
        // A name must not end with `-`, `_` or `.`.
        if name.len() != run.len() || !run.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            return None;
        }
        self.rest = &self.rest[run.len()..];
        Some(run)
    }
}
