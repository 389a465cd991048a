//! JSON serialization that refuses values which JSON would change.
//!
//! `serde_json` writes NaN and the infinities as `null`, and it writes integers of any size although JSON readers round
//! large ones. The formatter below checks the integers. It cannot check floats; it only notes that a `null` was written.
//! In that case the value is serialized a second time, with `FloatCheck`, to tell `None` from a float that is not finite.

use crate::error::EncodeError;
use serde::Serialize;
use serde::ser::{self, Serializer};
use serde_json::ser::Formatter;
use std::fmt;
use std::io;

/// Appends `value` as JSON.
pub(super) fn write<T: Serialize + ?Sized>(
    value: &T,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    let mut null_written = false;
    let mut json = serde_json::Serializer::with_formatter(out, Strict(&mut null_written));
    value
        .serialize(&mut json)
        .map_err(|e| EncodeError::new(e.to_string()))?;
    if null_written {
        value
            .serialize(FloatCheck)
            .map_err(|e| EncodeError::new(e.0))?;
    }
    Ok(())
}

/// Compact JSON formatter. It notes that a `null` was written, and refuses integers that JSON readers would round.
struct Strict<'a>(&'a mut bool);

impl Formatter for Strict<'_> {
    fn write_null<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        *self.0 = true;
        writer.write_all(b"null")
    }

    fn write_i128<W: io::Write + ?Sized>(&mut self, writer: &mut W, value: i128) -> io::Result<()> {
        if value < i128::from(i64::MIN) || value > i128::from(u64::MAX) {
            return Err(too_large(&value));
        }
        write!(writer, "{value}")
    }

    fn write_u128<W: io::Write + ?Sized>(&mut self, writer: &mut W, value: u128) -> io::Result<()> {
        if value > u128::from(u64::MAX) {
            return Err(too_large(&value));
        }
        write!(writer, "{value}")
    }
}

fn too_large(value: &dyn fmt::Display) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!(
            "{value} has more than 64 bits, which JSON readers round: pass it as a typed i128 or u128, or as text"
        ),
    )
}

/// Produces no output, and fails at the first float that is not finite.
#[derive(Clone, Copy)]
struct FloatCheck;

#[derive(Debug)]
struct NotFinite(String);

impl fmt::Display for NotFinite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NotFinite {}

impl ser::Error for NotFinite {
    fn custom<T: fmt::Display>(message: T) -> Self {
        NotFinite(message.to_string())
    }
}

type Checked = Result<(), NotFinite>;

macro_rules! accept {
    ($($method:ident($type:ty);)*) => {$(
        fn $method(self, _: $type) -> Checked {
            Ok(())
        }
    )*};
}

impl Serializer for FloatCheck {
    type Ok = ();
    type Error = NotFinite;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    accept! {
        serialize_bool(bool);
        serialize_i8(i8);
        serialize_i16(i16);
        serialize_i32(i32);
        serialize_i64(i64);
        serialize_i128(i128);
        serialize_u8(u8);
        serialize_u16(u16);
        serialize_u32(u32);
        serialize_u64(u64);
        serialize_u128(u128);
        serialize_char(char);
        serialize_str(&str);
        serialize_bytes(&[u8]);
        serialize_unit_struct(&'static str);
    }

    fn serialize_f32(self, value: f32) -> Checked {
        self.serialize_f64(f64::from(value))
    }
    fn serialize_f64(self, value: f64) -> Checked {
        if value.is_finite() {
            return Ok(());
        }
        Err(NotFinite(format!(
            "JSON has no {value:?}: pass it as a typed f64, or use an Option and None"
        )))
    }
    fn serialize_none(self) -> Checked {
        Ok(())
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Checked {
        value.serialize(self)
    }
    fn serialize_unit(self) -> Checked {
        Ok(())
    }
    fn serialize_unit_variant(self, _: &'static str, _: u32, _: &'static str) -> Checked {
        Ok(())
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Checked {
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Checked {
        value.serialize(self)
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<Self, NotFinite> {
        Ok(self)
    }
    fn serialize_tuple(self, _: usize) -> Result<Self, NotFinite> {
        Ok(self)
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, NotFinite> {
        Ok(self)
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, NotFinite> {
        Ok(self)
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Self, NotFinite> {
        Ok(self)
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, NotFinite> {
        Ok(self)
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, NotFinite> {
        Ok(self)
    }
}

macro_rules! compound {
    ($($trait:ident $method:ident($($name:ty)?);)*) => {$(
        impl ser::$trait for FloatCheck {
            type Ok = ();
            type Error = NotFinite;
            fn $method<T: Serialize + ?Sized>(&mut self, $(_: $name,)? value: &T) -> Checked {
                value.serialize(*self)
            }
            fn end(self) -> Checked {
                Ok(())
            }
        }
    )*};
}

compound! {
    SerializeSeq serialize_element();
    SerializeTuple serialize_element();
    SerializeTupleStruct serialize_field();
    SerializeTupleVariant serialize_field();
    SerializeStruct serialize_field(&'static str);
    SerializeStructVariant serialize_field(&'static str);
}

impl ser::SerializeMap for FloatCheck {
    type Ok = ();
    type Error = NotFinite;
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Checked {
        key.serialize(*self)
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Checked {
        value.serialize(*self)
    }
    fn end(self) -> Checked {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn json<T: Serialize>(value: &T) -> Result<String, String> {
        let mut out = Vec::new();
        write(value, &mut out).map_err(|e| e.to_string())?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn values_of_json_are_written() {
        assert_eq!(json(&(None::<f64>, 1.5, "x")).unwrap(), r#"[null,1.5,"x"]"#);
        assert_eq!(json(&i128::from(u64::MAX)).unwrap(), "18446744073709551615");
        assert_eq!(json(&i64::MIN).unwrap(), "-9223372036854775808");
        assert_eq!(
            json(&BTreeMap::from([(1, Some(2)), (3, None)])).unwrap(),
            r#"{"1":2,"3":null}"#
        );
    }

    #[test]
    fn values_that_json_would_change_are_refused() {
        assert!(json(&f64::NAN).unwrap_err().contains("NaN"));
        assert!(
            json(&[Some(1.0), Some(f64::INFINITY), None])
                .unwrap_err()
                .contains("inf")
        );
        assert!(
            json(&BTreeMap::from([("a", f32::NEG_INFINITY)]))
                .unwrap_err()
                .contains("-inf")
        );
        assert!(json(&(1_i128 << 80)).unwrap_err().contains("64 bits"));
        assert!(json(&u128::MAX).unwrap_err().contains("64 bits"));
        assert!(
            json(&(i128::from(i64::MIN) - 1))
                .unwrap_err()
                .contains("64 bits")
        );
    }
}
