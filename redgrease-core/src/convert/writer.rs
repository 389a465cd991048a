//! [`Writer`]: the encoder of one argument.

use super::escape::escape_into;
use super::strict;
use super::traits::GearArg;
use crate::error::EncodeError;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Serialize;
use std::fmt;
use std::io::Write as _;

/// Encodes one argument of a call. A scalar at the top level is written bare, a value inside a container as JSON.
///
/// Only needed to implement [`GearArg`] by hand; for a serde type use `#[derive(GearValue)]`.
#[derive(Debug, Clone, Default)]
pub struct Writer {
    buf: Vec<u8>,
    depth: usize,
}

impl Writer {
    /// Writes a string.
    pub fn str(&mut self, text: &str) {
        if self.depth == 0 {
            escape_into(text.as_bytes(), &mut self.buf);
        } else {
            self.quoted(text);
        }
    }

    /// Writes bytes: raw at the top level, base64 inside a container.
    pub fn bytes(&mut self, bytes: &[u8]) {
        if self.depth == 0 {
            escape_into(bytes, &mut self.buf);
        } else {
            self.quoted(&BASE64.encode(bytes));
        }
    }

    /// Writes a value whose `Display` output is a JSON number.
    pub fn number(&mut self, number: impl fmt::Display) {
        self.display(format_args!("{number}"));
    }

    /// Writes `true` or `false`.
    pub fn bool(&mut self, value: bool) {
        let text: &[u8] = match (self.depth, value) {
            (0, true) => b"1",
            (0, false) => b"0",
            (_, true) => b"true",
            (_, false) => b"false",
        };
        self.buf.extend_from_slice(text);
    }

    /// Writes a floating point number. NaN and the infinities are written by name.
    pub fn float(&mut self, number: f64) {
        if number.is_finite() || self.depth == 0 {
            self.display(format_args!("{number:?}"));
        } else {
            self.quoted(&format!("{number:?}"));
        }
    }

    /// Writes a serde value as JSON.
    ///
    /// # Errors
    ///
    /// If `Serialize` fails, or if JSON would change the value: NaN, an infinity, or an integer outside
    /// `i64::MIN..=u64::MAX`.
    pub fn json<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        strict::write(value, &mut self.buf)
    }

    /// Writes the `None` of an `Option`.
    pub fn none(&mut self) {
        if self.depth > 0 {
            self.buf.extend_from_slice(b"null");
        }
    }

    /// Writes the prefix of a `Some`; the value must follow.
    pub fn some(&mut self) {
        if self.depth == 0 {
            self.buf.push(b'+');
        }
    }

    /// Writes a list of values.
    ///
    /// # Errors
    ///
    /// The first error of encoding an item.
    pub fn list<'a, T: GearArg + 'a>(
        &mut self,
        items: impl IntoIterator<Item = &'a T>,
    ) -> Result<(), EncodeError> {
        self.seq(|w| {
            for item in items {
                w.item();
                item.encode(w)?;
            }
            Ok(())
        })
    }

    /// Writes a list. `write` appends the items and must call [`item`](Self::item) before each.
    ///
    /// # Errors
    ///
    /// The error of `write`.
    pub fn seq(
        &mut self,
        write: impl FnOnce(&mut Self) -> Result<(), EncodeError>,
    ) -> Result<(), EncodeError> {
        self.buf.push(b'[');
        self.depth += 1;
        let result = write(self);
        self.depth -= 1;
        self.buf.push(b']');
        result
    }

    /// Begins the next item of the list that [`seq`](Self::seq) writes.
    pub fn item(&mut self) {
        // The buffer ends with `[` only right after `seq` wrote it: a `[` inside a JSON string is followed by a quote.
        if self.buf.last() != Some(&b'[') {
            self.buf.push(b',');
        }
    }

    /// The bytes written so far.
    pub(crate) fn bytes_so_far(&self) -> &[u8] {
        &self.buf
    }

    fn quoted(&mut self, text: &str) {
        // Writing a `str` into a `Vec` cannot fail.
        let _ = serde_json::to_writer(&mut self.buf, text);
    }

    fn display(&mut self, text: fmt::Arguments<'_>) {
        // Writing into a `Vec` cannot fail.
        let _ = self.buf.write_fmt(text);
    }
}
