//! Integers, floats, `bool` and `()`. A list of `u8` is encoded as bytes.

use super::codec::Codec;
use super::text::{json_text, text};
use super::traits::{GearArg, GearResult};
use super::writer::Writer;
use crate::error::{DecodeError, EncodeError};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::value::RawValue;
use std::str::FromStr;

fn parse<T: FromStr>(text: &str) -> Result<T, DecodeError> {
    text.parse().map_err(|_| {
        let error = DecodeError::mismatch::<T>(text);
        let digits = text.strip_prefix('-').unwrap_or(text);
        if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return error
                .advised("choose a wider type, such as `i128`, or check the value in Python");
        }
        error
    })
}

macro_rules! arg {
    ($type:ty) => {
        const CODEC: Codec = Codec::Int;
        fn encode(&self, w: &mut Writer) -> Result<(), EncodeError> {
            w.number(self);
            Ok(())
        }
    };
}

macro_rules! result {
    ($type:ty) => {
        const CODEC: Codec = Codec::Int;
        fn from_bare(bytes: Vec<u8>) -> Result<Self, DecodeError> {
            parse(&text::<Self>(bytes)?)
        }
        fn from_json(raw: &RawValue) -> Result<Self, DecodeError> {
            parse(raw.get())
        }
    };
}

macro_rules! int {
    ($($type:ty)*) => {$(
        impl GearArg for $type { arg!($type); }
        impl GearResult for $type { result!($type); }
    )*};
}

int!(i8 i16 i32 i64 i128 isize u16 u32 u64 u128 usize);

impl GearArg for u8 {
    arg!(u8);
    const SLICE: Codec = Codec::Bytes;
    fn encode_slice(items: &[u8], w: &mut Writer) -> Result<(), EncodeError> {
        w.bytes(items);
        Ok(())
    }
}

impl GearResult for u8 {
    result!(u8);
    const SLICE: Codec = Codec::Bytes;
    fn vec_from_bare(bytes: Vec<u8>) -> Result<Vec<u8>, DecodeError> {
        Ok(bytes)
    }
    fn vec_from_json(raw: &RawValue) -> Result<Vec<u8>, DecodeError> {
        let text = json_text(raw)?;
        BASE64
            .decode(&text)
            .map_err(|_| DecodeError::mismatch::<Vec<u8>>("text that is not base64"))
    }
}

macro_rules! float {
    ($($type:ty)*) => {$(
        impl GearArg for $type {
            const CODEC: Codec = Codec::Float;
            fn encode(&self, w: &mut Writer) -> Result<(), EncodeError> {
                w.float(f64::from(*self));
                Ok(())
            }
        }
        impl GearResult for $type {
            const CODEC: Codec = Codec::Float;
            fn from_bare(bytes: Vec<u8>) -> Result<Self, DecodeError> {
                narrow(parse(&text::<Self>(bytes)?)?)
            }
            fn from_json(raw: &RawValue) -> Result<Self, DecodeError> {
                narrow(parse(raw.get().trim_matches('"'))?)
            }
        }
    )*};
}

float!(f32 f64);

/// Conversion from Python's 64-bit floats. `f32` rounds to the nearest number; a finite number that would round to an
/// infinity is refused.
trait Narrow: Sized {
    fn narrow(number: f64) -> Option<Self>;
}

impl Narrow for f64 {
    fn narrow(number: f64) -> Option<Self> {
        Some(number)
    }
}

impl Narrow for f32 {
    #[allow(
        clippy::cast_possible_truncation,
        reason = "rounding to the nearest number is intended"
    )]
    fn narrow(number: f64) -> Option<Self> {
        let near = number as f32;
        (near.is_finite() || !number.is_finite()).then_some(near)
    }
}

fn narrow<T: Narrow>(number: f64) -> Result<T, DecodeError> {
    T::narrow(number).ok_or_else(|| DecodeError::mismatch::<T>(format!("{number:?}")))
}

impl GearArg for bool {
    const CODEC: Codec = Codec::Bool;
    fn encode(&self, w: &mut Writer) -> Result<(), EncodeError> {
        w.bool(*self);
        Ok(())
    }
}

impl GearResult for bool {
    const CODEC: Codec = Codec::Bool;
    fn from_bare(bytes: Vec<u8>) -> Result<Self, DecodeError> {
        match bytes.as_slice() {
            b"1" => Ok(true),
            b"0" => Ok(false),
            _ => Err(DecodeError::mismatch::<Self>(text::<Self>(bytes)?)),
        }
    }
    fn from_json(raw: &RawValue) -> Result<Self, DecodeError> {
        parse(raw.get())
    }
}

impl GearResult for () {
    const CODEC: Codec = Codec::Unit;
    fn from_null() -> Result<Self, DecodeError> {
        Ok(())
    }
    fn from_bare(_: Vec<u8>) -> Result<Self, DecodeError> {
        Err(DecodeError::mismatch::<Self>("a value"))
    }
    fn from_json(_: &RawValue) -> Result<Self, DecodeError> {
        Err(DecodeError::mismatch::<Self>("a value"))
    }
}
