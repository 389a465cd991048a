//! Python literals of Rust values.
//!
//! A value is written by its structure, never pasted into text: whatever it contains, it cannot become code. Everything
//! is ASCII without control characters, so no server cuts it.

#![allow(
    clippy::unnecessary_wraps,
    reason = "the methods of a serializer return results"
)]

use crate::error::EncodeError;
use serde::ser::{self, Serialize};
use std::fmt::{Display, Write as _};

/// The Python literal of a value of any serde type.
///
/// Structs and maps are dicts (entries of maps in a fixed order), sequences are lists, tuples are tuples, enums as in
/// JSON. Integers of any size and all floats are exact. `Vec<u8>` is a list of numbers for serde: wrap it in [`Bytes`].
///
/// ```
/// use redgrease_core::py_literal;
///
/// assert_eq!(py_literal(&(1, "a\"b", None::<u8>, f64::NAN))?, r#"(1, "a\"b", None, float("nan"))"#);
/// # Ok::<(), redgrease_core::EncodeError>(())
/// ```
///
/// # Errors
///
/// When the value fails to serialize, or a key of a map cannot be a key in Python.
pub fn py_literal<T: Serialize + ?Sized>(value: &T) -> Result<String, EncodeError> {
    let mut out = Writer::default();
    value
        .serialize(&mut out)
        .map_err(|e| EncodeError::new(e.0))?;
    Ok(out.text)
}

/// Bytes: `bytes` in Python, where serde would make a list of numbers of them.
///
/// ```
/// use redgrease_core::{Bytes, py_literal};
///
/// assert_eq!(py_literal(&Bytes(b"\xff'a"))?, r#"b"\xff'a""#);
/// # Ok::<(), redgrease_core::EncodeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Bytes<T>(pub T);

impl<T: AsRef<[u8]>> Serialize for Bytes<T> {
    fn serialize<S: ser::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0.as_ref())
    }
}

/// The literal of a text.
pub(crate) fn text(text: &str) -> String {
    let mut out = Writer::default();
    out.text(text);
    out.text
}

/// Why a value has no literal.
#[derive(Debug)]
struct Failed(String);

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

type Written = Result<(), Failed>;

#[derive(Debug, Default)]
struct Writer {
    text: String,
    /// A key of a dict is being written: it has to be hashable.
    key: bool,
}

impl Writer {
    fn put(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn display(&mut self, value: impl Display) -> Written {
        self.format(format_args!("{value}"));
        Ok(())
    }

    fn float(&mut self, value: f64) -> Written {
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

    fn text(&mut self, text: &str) {
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

    fn bytes(&mut self, bytes: &[u8]) {
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

    fn tuple(&mut self, suffix: &'static str) -> Items<'_> {
        self.put("(");
        Items {
            out: self,
            count: 0,
            is_tuple: true,
            suffix,
        }
    }

    /// `{"Variant": `, the way JSON has enums.
    fn variant(&mut self, name: &str) -> Written {
        self.refuse_key("an enum with data")?;
        self.put("{");
        self.text(name);
        self.put(": ");
        Ok(())
    }

    fn refuse_key(&self, what: &str) -> Written {
        if self.key {
            return Err(Failed(format!(
                "{what} cannot be the key of a map: Python's dicts take text, numbers and tuples of those"
            )));
        }
        Ok(())
    }
}

/// Items of a list or tuple.
struct Items<'a> {
    out: &'a mut Writer,
    count: usize,
    is_tuple: bool,
    suffix: &'static str,
}

impl Items<'_> {
    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        if self.count > 0 {
            self.out.put(", ");
        }
        self.count += 1;
        value.serialize(&mut *self.out)
    }

    fn finish(self) -> Written {
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
struct Entries<'a> {
    out: &'a mut Writer,
    /// Maps have no order of their own; a script has to be the same at every start.
    sorted: bool,
    done: Vec<(String, String)>,
    suffix: &'static str,
}

impl Entries<'_> {
    fn entry<T: Serialize + ?Sized>(&mut self, key: String, value: &T) -> Written {
        self.done.push((key, literal(value, false)?));
        Ok(())
    }

    fn finish(mut self) -> Written {
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

fn literal<T: Serialize + ?Sized>(value: &T, key: bool) -> Result<String, Failed> {
    let mut out = Writer {
        key,
        ..Writer::default()
    };
    value.serialize(&mut out)?;
    Ok(out.text)
}

macro_rules! numbers {
    ($($method:ident $type:ty;)*) => {$(
        fn $method(self, value: $type) -> Written {
            self.display(value)
        }
    )*};
}

impl<'a> ser::Serializer for &'a mut Writer {
    type Ok = ();
    type Error = Failed;
    type SerializeSeq = Items<'a>;
    type SerializeTuple = Items<'a>;
    type SerializeTupleStruct = Items<'a>;
    type SerializeTupleVariant = Items<'a>;
    type SerializeMap = Entries<'a>;
    type SerializeStruct = Entries<'a>;
    type SerializeStructVariant = Entries<'a>;

    numbers! {
        serialize_i8 i8; serialize_i16 i16; serialize_i32 i32; serialize_i64 i64; serialize_i128 i128;
        serialize_u8 u8; serialize_u16 u16; serialize_u32 u32; serialize_u64 u64; serialize_u128 u128;
    }

    fn serialize_bool(self, value: bool) -> Written {
        self.put(if value { "True" } else { "False" });
        Ok(())
    }
    fn serialize_f32(self, value: f32) -> Written {
        self.float(f64::from(value))
    }
    fn serialize_f64(self, value: f64) -> Written {
        self.float(value)
    }
    fn serialize_char(self, value: char) -> Written {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }
    fn serialize_str(self, value: &str) -> Written {
        self.text(value);
        Ok(())
    }
    fn serialize_bytes(self, value: &[u8]) -> Written {
        self.bytes(value);
        Ok(())
    }
    fn serialize_none(self) -> Written {
        self.put("None");
        Ok(())
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Written {
        value.serialize(self)
    }
    fn serialize_unit(self) -> Written {
        self.serialize_none()
    }
    fn serialize_unit_struct(self, _: &'static str) -> Written {
        self.serialize_none()
    }
    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Written {
        self.serialize_str(variant)
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Written {
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Written {
        self.variant(variant)?;
        value.serialize(&mut *self)?;
        self.put("}");
        Ok(())
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<Items<'a>, Failed> {
        if self.key {
            // Lists cannot be hashed.
            return Ok(self.tuple(""));
        }
        self.put("[");
        Ok(Items {
            out: self,
            count: 0,
            is_tuple: false,
            suffix: "",
        })
    }
    fn serialize_tuple(self, _: usize) -> Result<Items<'a>, Failed> {
        Ok(self.tuple(""))
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Items<'a>, Failed> {
        Ok(self.tuple(""))
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Items<'a>, Failed> {
        self.variant(variant)?;
        Ok(self.tuple("}"))
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Entries<'a>, Failed> {
        self.refuse_key("a map")?;
        Ok(Entries {
            out: self,
            sorted: true,
            done: Vec::new(),
            suffix: "",
        })
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Entries<'a>, Failed> {
        self.refuse_key("a struct")?;
        Ok(Entries {
            out: self,
            sorted: false,
            done: Vec::new(),
            suffix: "",
        })
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Entries<'a>, Failed> {
        self.variant(variant)?;
        Ok(Entries {
            out: self,
            sorted: false,
            done: Vec::new(),
            suffix: "}",
        })
    }
}

macro_rules! items {
    ($($trait:ident $method:ident;)*) => {$(
        impl ser::$trait for Items<'_> {
            type Ok = ();
            type Error = Failed;
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
                self.item(value)
            }
            fn end(self) -> Written {
                self.finish()
            }
        }
    )*};
}

items! {
    SerializeSeq serialize_element;
    SerializeTuple serialize_element;
    SerializeTupleStruct serialize_field;
    SerializeTupleVariant serialize_field;
}

macro_rules! fields {
    ($($trait:ident)*) => {$(
        impl ser::$trait for Entries<'_> {
            type Ok = ();
            type Error = Failed;
            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Written {
                self.entry(text(name), value)
            }
            fn end(self) -> Written {
                self.finish()
            }
        }
    )*};
}

fields!(SerializeStruct SerializeStructVariant);

impl ser::SerializeMap for Entries<'_> {
    type Ok = ();
    type Error = Failed;
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Written {
        self.done.push((literal(key, true)?, String::new()));
        Ok(())
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Written {
        let (key, _) = self.done.pop().unwrap_or_default();
        self.entry(key, value)
    }
    fn end(self) -> Written {
        self.finish()
    }
}
