//! The text of a literal.

#![allow(
    clippy::unnecessary_wraps,
    reason = "the methods of a serializer return results"
)]

use serde::ser::{self, Serialize};
use std::fmt::{Display, Write as _};

/// The reason why a value has no literal.
#[derive(Debug)]
pub(super) struct Failed(pub(super) String);

impl Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failed {}

impl ser::Error for Failed {
    fn custom<T: Display>(message: T) -> Self {
        Failed(message.to_string())
    }
}

pub(super) type Written = Result<(), Failed>;

#[derive(Debug, Default)]
pub(super) struct Writer {
    pub(super) text: String,
    /// Whether the value is the key of a dict. A key has to be hashable.
    pub(super) key: bool,
}

impl Writer {
    pub(super) fn put(&mut self, text: &str) {
        self.text.push_str(text);
    }

    pub(super) fn display(&mut self, value: impl Display) -> Written {
        self.format(format_args!("{value}"));
        Ok(())
    }

    pub(super) fn float(&mut self, value: f64) -> Written {
        if value.is_nan() {
            self.put("float(\"nan\")");
        } else if value.is_infinite() {
            self.put(if value > 0.0 {
                "float(\"inf\")"
            } else {
                "float(\"-inf\")"
            });
        } else {
            self.format(format_args!("{value:?}"));
        }
        Ok(())
    }

    pub(super) fn text(&mut self, text: &str) {
        self.text.push('"');
        for c in text.chars() {
            match c {
                '"' => self.put("\\\""),
                '\\' => self.put("\\\\"),
                '\n' => self.put("\\n"),
                ' '..='~' => self.text.push(c),
                c if u32::from(c) < 0x100 => self.format(format_args!("\\x{:02x}", u32::from(c))),
                c if u32::from(c) < 0x1_0000 => {
                    self.format(format_args!("\\u{:04x}", u32::from(c)));
                }
                c => self.format(format_args!("\\U{:08x}", u32::from(c))),
            }
        }
        self.text.push('"');
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.put("b\"");
        for &byte in bytes {
            match byte {
                b'"' => self.put("\\\""),
                b'\\' => self.put("\\\\"),
                b' '..=b'~' => self.text.push(char::from(byte)),
                _ => self.format(format_args!("\\x{byte:02x}")),
            }
        }
        self.text.push('"');
    }

    fn format(&mut self, text: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = self.text.write_fmt(text);
    }

    pub(super) fn tuple(&mut self, suffix: &'static str) -> Items<'_> {
        self.put("(");
        Items {
            out: self,
            count: 0,
            is_tuple: true,
            suffix,
        }
    }

    /// Begins an enum with data as in JSON: `{"Variant": `.
    pub(super) fn variant(&mut self, name: &str) -> Written {
        self.refuse_key("an enum with data")?;
        self.put("{");
        self.text(name);
        self.put(": ");
        Ok(())
    }

    pub(super) fn refuse_key(&self, what: &str) -> Written {
        if self.key {
            return Err(Failed(format!(
                "{what} cannot be the key of a map: Python's dicts take text, numbers and tuples of those"
            )));
        }
        Ok(())
    }
}

/// Items of a list or tuple.
pub(super) struct Items<'a> {
    pub(super) out: &'a mut Writer,
    pub(super) count: usize,
    pub(super) is_tuple: bool,
    pub(super) suffix: &'static str,
}

impl Items<'_> {
    pub(super) fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        if self.count > 0 {
            self.out.put(", ");
        }
        self.count += 1;
        value.serialize(&mut *self.out)
    }

    pub(super) fn finish(self) -> Written {
        self.out.put(match (self.is_tuple, self.count) {
            (true, 1) => ",)",
            (true, _) => ")",
            (false, _) => "]",
        });
        self.out.put(self.suffix);
        Ok(())
    }
}

/// Entries of a dict.
pub(super) struct Entries<'a> {
    pub(super) out: &'a mut Writer,
    /// Whether the entries are sorted. A map may have a random order, but a script has to be the same at every start.
    pub(super) sorted: bool,
    pub(super) done: Vec<(String, String)>,
    pub(super) suffix: &'static str,
}

impl Entries<'_> {
    pub(super) fn entry<T: Serialize + ?Sized>(&mut self, key: String, value: &T) -> Written {
        self.done.push((key, literal(value, false)?));
        Ok(())
    }

    pub(super) fn finish(mut self) -> Written {
        if self.sorted {
            self.done.sort();
        }
        self.out.put("{");
        for (i, (key, value)) in self.done.iter().enumerate() {
            if i > 0 {
                self.out.put(", ");
            }
            self.out.put(key);
            self.out.put(": ");
            self.out.put(value);
        }
        self.out.put("}");
        self.out.put(self.suffix);
        Ok(())
    }
}

pub(super) fn literal<T: Serialize + ?Sized>(value: &T, key: bool) -> Result<String, Failed> {
    let mut out = Writer {
        key,
        ..Writer::default()
    };
    value.serialize(&mut out)?;
    Ok(out.text)
}
