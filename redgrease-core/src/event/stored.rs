//! The types that values stored in Redis convert to.

use crate::convert::{Codec, Json};
use std::collections::{BTreeMap, HashMap};

/// A type that the value of a key, or the fields of a stream entry, can be converted to.
///
/// * A string converts to `String`, `Vec<u8>`, `bool` (`1`, `0`), an integer, a float, [`Json<T>`] or
///   `serde_json::Value`.
/// * A list converts to `Vec` of these. A hash, or the fields of a stream entry, converts to `HashMap` or `BTreeMap` of
///   these.
/// * `Option<T>` is the same as `T`: without a value Python receives `None` in both cases.
///
/// If a value cannot be converted, the function fails with an error that names the value.
#[diagnostic::on_unimplemented(
    message = "a value in Redis cannot be read as `{Self}`",
    label = "no conversion",
    note = "a string reads as String, Vec<u8>, bool, a number, Json<T> or serde_json::Value; a list as Vec of those; a hash and the fields of a stream entry as HashMap or BTreeMap of those",
    note = "without a type, as in `KeyRecord`, the value stays as the server gives it"
)]
pub trait StoredValue {
    /// The codec that the value is converted with, which determines its Python type.
    const CODEC: Codec;

    /// The codec of a list of this type. `u8` overrides it with bytes.
    #[doc(hidden)]
    const SLICE: Codec = Codec::List(&Self::CODEC);
}

/// A [`StoredValue`] that is a single string in Redis. Lists and hashes consist of such strings.
#[diagnostic::on_unimplemented(
    message = "a string in Redis cannot be read as `{Self}`",
    label = "no conversion",
    note = "lists and hashes hold strings, which read as String, Vec<u8>, bool, a number, Json<T> or serde_json::Value"
)]
pub trait StoredScalar: StoredValue {}

macro_rules! scalars {
    ($($codec:ident: $($type:ty),*;)*) => {$($(
        impl StoredValue for $type {
            const CODEC: Codec = Codec::$codec;
        }
        impl StoredScalar for $type {}
    )*)*};
}

scalars! {
    Str: String, char;
    Bool: bool;
    Int: i8, i16, i32, i64, i128, isize, u16, u32, u64, u128, usize;
    Float: f32, f64;
    Json: serde_json::Value;
}

impl StoredValue for u8 {
    const CODEC: Codec = Codec::Int;
    const SLICE: Codec = Codec::Bytes;
}

impl StoredScalar for u8 {}

impl<T> StoredValue for Json<T> {
    const CODEC: Codec = Codec::Json;
}

impl<T> StoredScalar for Json<T> {}

impl<T: StoredScalar> StoredValue for Vec<T> {
    const CODEC: Codec = T::SLICE;
}

/// Bytes are a single string. Other lists inside a list or hash are refused, because they are not `StoredScalar`.
impl StoredScalar for Vec<u8> {}

impl<T: StoredValue> StoredValue for Option<T> {
    const CODEC: Codec = T::CODEC;
}

impl<K: StoredScalar, V: StoredScalar, S> StoredValue for HashMap<K, V, S> {
    const CODEC: Codec = Codec::Map(&K::CODEC, &V::CODEC);
}

impl<K: StoredScalar, V: StoredScalar> StoredValue for BTreeMap<K, V> {
    const CODEC: Codec = Codec::Map(&K::CODEC, &V::CODEC);
}

#[cfg(test)]
mod tests {
    use super::super::{KeyArg, KeyRecord, StreamArg, StreamRecord};
    use super::*;

    #[test]
    fn types_select_their_decoders() {
        assert_eq!(<KeyRecord as KeyArg>::VALUE, None);
        assert_eq!(<KeyRecord<Vec<u8>> as KeyArg>::VALUE, Some(Codec::Bytes));
        assert_eq!(
            <KeyRecord<HashMap<String, i64>> as KeyArg>::VALUE,
            Some(Codec::Map(&Codec::Str, &Codec::Int))
        );
        assert_eq!(
            <KeyRecord<Option<Vec<Vec<u8>>>> as KeyArg>::VALUE,
            Some(Codec::List(&Codec::Bytes))
        );
        assert_eq!(<StreamRecord as StreamArg>::VALUE, None);
        assert_eq!(
            <Vec<StreamRecord<BTreeMap<String, Json<u8>>>> as StreamArg>::VALUE,
            Some(Codec::Map(&Codec::Str, &Codec::Json))
        );
        const { assert!(<Vec<StreamRecord>>::BATCH && !<StreamRecord>::BATCH) }
    }
}
