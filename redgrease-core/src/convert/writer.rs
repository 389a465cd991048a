//! Puts one argument together.

use super::escape::escape_into;
use super::strict;
use super::traits::GearArg;
use crate::error::EncodeError;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Serialize;
use std::fmt;
use std::io::Write as _;

/// Writes one argument of a call: bare at the top, JSON below it.
///
/// Only needed to implement [`GearArg`] by hand; `#[derive(GearValue)]` does it for a type that serde knows.
#[derive(Debug, Clone, Default)]
pub struct Writer {
    buf: Vec<u8>,
    depth: usize,
}

impl Writer {
    /// Writes text.
    pub fn str(&mut self, text: &str) {
        if self.depth == 0 {
            escape_into(text.as_bytes(), &mut self.buf);
        } else {
            self.quoted(text);
        }
    }

    /// Writes bytes: as they are at the top, base64 below it.
    pub fn bytes(&mut self, bytes: &[u8]) {
        if self.depth == 0 {
            escape_into(bytes, &mut self.buf);
        } else {
            self.quoted(&BASE64.encode(bytes));
        }
    }

    /// Writes a number, or anything else whose `Display` is a JSON number.
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

    /// Writes a floating point number; NaN and the infinities keep their names.
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
    /// When its `Serialize` fails, or when JSON could not carry it without changing it: NaN, an infinity, or an
    /// integer outside `i64::MIN..=u64::MAX`.
    pub fn json<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        strict::write(value, &mut self.buf)
    }

    /// Writes the `None` of an `Option`.
    pub fn none(&mut self) {
        if self.depth > 0 {
            self.buf.extend_from_slice(b"null");
        }
    }

    /// Writes what stands in front of the value of an `Option`.
    pub fn some(&mut self) {
        if self.depth == 0 {
            self.buf.push(b'+');
        }
    }

    /// Writes a list of values.
    ///
    /// # Errors
    ///
    /// The first error of an item.
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

    /// Writes a list whose items `write` appends, each after a call of [`item`](Self::item).
    ///
    /// # Errors
    ///
    /// Those of `write`.
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

    /// Begins the next item of the list [`seq`](Self::seq) is writing.
    pub fn item(&mut self) {
        // `[` ends the buffer only right after `seq` wrote it: inside a JSON string it is followed by the quote.
        if self.buf.last() != Some(&b'[') {
            self.buf.push(b',');
        }
    }

    /// What has been written.
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
