//! `str`, `String` and `char`.

use super::codec::Codec;
use super::traits::{GearArg, GearResult};
use super::writer::Writer;
use crate::error::{DecodeError, EncodeError};
use serde_json::value::RawValue;

/// Converts the bytes of a reply to text.
pub(super) fn text<T>(bytes: Vec<u8>) -> Result<String, DecodeError> {
    String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        DecodeError::mismatch::<T>(format!("bytes that are not UTF-8 at offset {at}"))
    })
}

/// Decodes a JSON string.
pub(super) fn json_text(raw: &RawValue) -> Result<String, DecodeError> {
    serde_json::from_str(raw.get()).map_err(|e| DecodeError::json::<String>(&e))
}

/// Implements both traits for a type that is text on the wire. `write` makes the text of a value, and `read` the value
/// of a text; `None` stands for a text that is no value of the type, about which `advise` can have advice.
macro_rules! written_as_text {
    ($type:ty, $codec:ident, $write:expr, $read:expr) => {
        $crate::convert::text::written_as_text!($type, $codec, $write, $read, |_| None);
    };
    ($type:ty, $codec:ident, $write:expr, $read:expr, $advise:expr) => {
        impl $crate::convert::GearArg for $type {
            const CODEC: $crate::Codec = $crate::Codec::$codec;
            fn encode(&self, w: &mut $crate::Writer) -> Result<(), $crate::EncodeError> {
                let write: fn(&Self) -> Result<String, $crate::EncodeError> = $write;
                w.str(&write(self)?);
                Ok(())
            }
        }
        impl $crate::convert::GearResult for $type {
            const CODEC: $crate::Codec = $crate::Codec::$codec;
            fn from_bare(bytes: Vec<u8>) -> Result<Self, $crate::DecodeError> {
                let text = $crate::convert::text::text::<Self>(bytes)?;
                let read: fn(&str) -> Option<Self> = $read;
                read(&text).ok_or_else(|| {
                    let advise: fn(&str) -> Option<&'static str> = $advise;
                    let advice = advise(&text);
                    let error = $crate::DecodeError::mismatch::<Self>(text);
                    match advice {
                        Some(advice) => error.advised(advice),
                        None => error,
                    }
                })
            }
            fn from_json(raw: &::serde_json::value::RawValue) -> Result<Self, $crate::DecodeError> {
                Self::from_bare($crate::convert::text::json_text(raw)?.into_bytes())
            }
        }
    };
}
pub(super) use written_as_text;

impl GearArg for str {
    const CODEC: Codec = Codec::Str;
    fn encode(&self, w: &mut Writer) -> Result<(), EncodeError> {
        w.str(self);
        Ok(())
    }
}

impl GearArg for String {
    const CODEC: Codec = Codec::Str;
    fn encode(&self, w: &mut Writer) -> Result<(), EncodeError> {
        w.str(self);
        Ok(())
    }
}

impl GearResult for String {
    const CODEC: Codec = Codec::Str;
    fn from_bare(bytes: Vec<u8>) -> Result<Self, DecodeError> {
        text::<Self>(bytes)
    }
    fn from_json(raw: &RawValue) -> Result<Self, DecodeError> {
        json_text(raw)
    }
}

impl GearArg for char {
    const CODEC: Codec = Codec::Str;
    fn encode(&self, w: &mut Writer) -> Result<(), EncodeError> {
        w.str(self.encode_utf8(&mut [0; 4]));
        Ok(())
    }
}

impl GearResult for char {
    const CODEC: Codec = Codec::Str;
    fn from_bare(bytes: Vec<u8>) -> Result<Self, DecodeError> {
        one_char(&text::<Self>(bytes)?)
    }
    fn from_json(raw: &RawValue) -> Result<Self, DecodeError> {
        one_char(&json_text(raw)?)
    }
}

fn one_char(text: &str) -> Result<char, DecodeError> {
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) => Ok(c),
        _ => Err(DecodeError::mismatch::<char>(format!("{text:?}"))),
    }
}
