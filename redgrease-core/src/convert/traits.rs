//! What the code of a macro asks of a type.

use super::codec::Codec;
use super::writer::Writer;
use crate::error::{DecodeError, EncodeError};
use redis::Value;
use serde_json::value::RawValue;

/// A Rust type that can be an argument of a gear.
///
/// Implemented for text, bytes, numbers, `bool`, `char`, `Option`, lists, arrays, sets, maps, tuples, references and
/// smart pointers to them, `serde_json::Value`, [`Json<T>`](crate::Json), and by `#[derive(GearValue)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of a gear",
    label = "no conversion to a Python value",
    note = "arguments can be: &str, String, &[u8], Vec<u8>, bool, char, integers, floats, Option, Vec, arrays, sets, maps, tuples, serde_json::Value",
    note = "for a type of your own: `#[derive(GearValue)]` next to serde's derives, or take `Json<{Self}>`"
)]
pub trait GearArg {
    /// How the value travels, which also says what it is in Python.
    const CODEC: Codec;

    /// `true` if a `None` has a meaning in it already: the two of `Option<Option<T>>` could not be told apart.
    #[doc(hidden)]
    const NULLABLE: bool = false;

    /// How a list of this type travels: `u8` makes it bytes.
    #[doc(hidden)]
    const SLICE: Codec = Codec::List(&Self::CODEC);

    /// Writes the value.
    ///
    /// # Errors
    ///
    /// When the value has no counterpart in Python.
    fn encode(&self, w: &mut Writer) -> Result<(), EncodeError>;

    #[doc(hidden)]
    fn encode_slice(items: &[Self], w: &mut Writer) -> Result<(), EncodeError>
    where
        Self: Sized,
    {
        w.list(items)
    }
}

/// A Rust type that a gear can return.
///
/// What arrives is equal to what Python returned, or there is an error. Types that come close are accepted: text in UTF-8
/// for bytes and the other way round, any sequence for a list, a list for a set, an integer for a float that can be the
/// same number. `f32` is the nearest number. What two items of a set or two keys of a dict are in Rust must differ.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the result of a gear",
    label = "no conversion from a Python value",
    note = "results can be: (), String, Vec<u8>, bool, char, integers, floats, Option, Vec, arrays, sets, maps, tuples, serde_json::Value",
    note = "for a type of your own: `#[derive(GearValue)]` next to serde's derives, or return `Json<{Self}>`"
)]
pub trait GearResult: Sized {
    /// How the value travels, which also says what Python has to return.
    const CODEC: Codec;

    #[doc(hidden)]
    const NULLABLE: bool = false;

    #[doc(hidden)]
    const SLICE: Codec = Codec::List(&Self::CODEC);

    /// Reads what `None` became: the empty list at the top, `null` below it.
    #[doc(hidden)]
    fn from_null() -> Result<Self, DecodeError> {
        Err(DecodeError::mismatch::<Self>("None"))
    }

    /// Reads a value that is the whole result.
    ///
    /// # Errors
    ///
    /// When it is not a value of this type.
    fn from_bare(bytes: Vec<u8>) -> Result<Self, DecodeError>;

    /// Reads a value inside a list, map or tuple.
    ///
    /// # Errors
    ///
    /// When it is not a value of this type.
    fn from_json(raw: &RawValue) -> Result<Self, DecodeError>;

    #[doc(hidden)]
    fn vec_from_bare(bytes: Vec<u8>) -> Result<Vec<Self>, DecodeError> {
        raw_list(&bytes)?.into_iter().map(nested).collect()
    }

    #[doc(hidden)]
    fn vec_from_json(raw: &RawValue) -> Result<Vec<Self>, DecodeError> {
        raw_list(raw.get().as_bytes())?
            .into_iter()
            .map(nested)
            .collect()
    }
}

/// The items of a JSON list, unread.
pub(super) fn raw_list(json: &[u8]) -> Result<Vec<&RawValue>, DecodeError> {
    serde_json::from_slice(json).map_err(|e| DecodeError::json(&e))
}

/// Reads one item of a list, map or tuple.
pub(super) fn nested<T: GearResult>(raw: &RawValue) -> Result<T, DecodeError> {
    if raw.get() == "null" {
        T::from_null()
    } else {
        T::from_json(raw)
    }
}

/// What the return type of a gear may be: a [`GearResult`], or [`PerShard`] of one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the result of a gear",
    label = "no conversion from a Python value",
    note = "results can be: (), String, Vec<u8>, bool, char, integers, floats, Option, Vec, arrays, sets, maps, tuples, serde_json::Value",
    note = "for a type of your own: `#[derive(GearValue)]` next to serde's derives, or return `Json<{Self}>`"
)]
pub trait GearReply: Sized {
    /// How each record of the reply travels.
    const CODEC: Codec;

    /// `true` if every shard contributes a record.
    const PER_SHARD: bool;

    /// Reads the whole reply of the server.
    ///
    /// # Errors
    ///
    /// When it is not what the type says.
    fn from_reply(value: Value) -> Result<Self, DecodeError>;
}

/// One value per shard: the result of a gear with `mode = "async"`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PerShard<T>(pub Vec<T>);

impl<T> PerShard<T> {
    /// The values, in the order in which the shards answered.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.0.iter()
    }
}

impl<T> IntoIterator for PerShard<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a PerShard<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

#[diagnostic::do_not_recommend]
impl<T: GearResult> GearReply for T {
    const CODEC: Codec = T::CODEC;
    const PER_SHARD: bool = false;
    fn from_reply(value: Value) -> Result<Self, DecodeError> {
        match value {
            Value::Array(mut records) if records.len() == 1 => record(records.remove(0)),
            Value::Array(records) => Err(DecodeError::new(
                format!("{} records", records.len()),
                "the one record of a call",
            )),
            other => Err(DecodeError::new(shape(&other), "the one record of a call")),
        }
    }
}

impl<T: GearResult> GearReply for PerShard<T> {
    const CODEC: Codec = T::CODEC;
    const PER_SHARD: bool = true;
    fn from_reply(value: Value) -> Result<Self, DecodeError> {
        match value {
            Value::Array(records) => records
                .into_iter()
                .map(record)
                .collect::<Result<_, _>>()
                .map(PerShard),
            other => Err(DecodeError::new(shape(&other), "a list of records")),
        }
    }
}

/// Reads one record. Text and numbers are accepted in whatever shape the server chose for them.
fn record<T: GearResult>(value: Value) -> Result<T, DecodeError> {
    match value {
        Value::BulkString(bytes) => T::from_bare(bytes),
        Value::Array(items) if items.is_empty() => T::from_null(),
        Value::Nil => T::from_null(),
        Value::Int(number) => T::from_bare(number.to_string().into_bytes()),
        Value::SimpleString(text) => T::from_bare(text.into_bytes()),
        Value::Okay => T::from_bare(b"OK".to_vec()),
        other => Err(DecodeError::mismatch::<T>(shape(&other))),
    }
}

/// What kind of reply it is, for an error: never the whole of it.
fn shape(value: &Value) -> String {
    match value {
        Value::Nil => "nil".to_owned(),
        Value::Int(number) => format!("the integer {number}"),
        Value::BulkString(bytes) => format!("a string of {} bytes", bytes.len()),
        Value::Array(items) => format!("a list of {} items", items.len()),
        Value::SimpleString(text) => format!("the status {text:?}"),
        Value::Okay => "the status \"OK\"".to_owned(),
        _ => "a reply of another kind".to_owned(),
    }
}
