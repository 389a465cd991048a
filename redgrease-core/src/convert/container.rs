//! `Option`, lists, arrays, sets and maps.

use super::codec::Codec;
use super::traits::{GearArg, GearResult, nested, raw_list};
use super::writer::Writer;
use crate::error::{DecodeError, EncodeError};
use redis::Value;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{BuildHasher, Hash};

impl<T: GearArg> GearArg for Option<T> {
    const CODEC: Codec = Codec::Opt(&T::CODEC);
    fn encode(&self, w: &mut Writer) -> Result<(), EncodeError> {
        if let Some(value) = self {
            w.some();
            value.encode(w)
        } else {
            w.none();
            Ok(())
        }
    }
}

impl<T: GearResult> GearResult for Option<T> {
    const CODEC: Codec = Codec::Opt(&T::CODEC);
    fn from_null() -> Result<Self, DecodeError> {
        Ok(None)
    }
    fn from_items(items: Vec<Value>) -> Result<Self, DecodeError> {
        T::from_items(items).map(Some)
    }
    fn from_bare(bytes: Vec<u8>) -> Result<Self, DecodeError> {
        T::from_bare(bytes).map(Some)
    }
    fn from_json(raw: &RawValue) -> Result<Self, DecodeError> {
        T::from_json(raw).map(Some)
    }
}

impl<T: GearArg> GearArg for [T] {
    const CODEC: Codec = T::SLICE;
    fn encode(&self, w: &mut Writer) -> Result<(), EncodeError> {
        T::encode_slice(self, w)
    }
}

impl<T: GearArg> GearArg for Vec<T> {
    const CODEC: Codec = T::SLICE;
    fn encode(&self, w: &mut Writer) -> Result<(), EncodeError> {
        T::encode_slice(self, w)
    }
}

impl<T: GearArg, const N: usize> GearArg for [T; N] {
    const CODEC: Codec = T::SLICE;
    fn encode(&self, w: &mut Writer) -> Result<(), EncodeError> {
        T::encode_slice(self, w)
    }
}

impl<T: GearResult> GearResult for Vec<T> {
    const CODEC: Codec = T::SLICE;
    fn from_bare(bytes: Vec<u8>) -> Result<Self, DecodeError> {
        T::vec_from_bare(bytes)
    }
    fn from_json(raw: &RawValue) -> Result<Self, DecodeError> {
        T::vec_from_json(raw)
    }
}

impl<T: GearResult, const N: usize> GearResult for [T; N] {
    const CODEC: Codec = T::SLICE;
    fn from_bare(bytes: Vec<u8>) -> Result<Self, DecodeError> {
        array(T::vec_from_bare(bytes)?)
    }
    fn from_json(raw: &RawValue) -> Result<Self, DecodeError> {
        array(T::vec_from_json(raw)?)
    }
}

fn array<T, const N: usize>(items: Vec<T>) -> Result<[T; N], DecodeError> {
    items
        .try_into()
        .map_err(|items: Vec<T>| DecodeError::mismatch::<[T; N]>(format!("{} items", items.len())))
}

/// Refuses a set or map that lost items in the conversion: values that differ in Python can be equal in Rust, such as
/// `'a'` and `b'a'` as `String`.
fn check_none_lost<T>(kept: usize, wanted: usize) -> Result<(), DecodeError> {
    if kept == wanted {
        return Ok(());
    }
    Err(DecodeError::mismatch::<T>(format!(
        "{wanted} items, of which {} are equal to others in Rust",
        wanted - kept
    )))
}

macro_rules! set {
    ($type:ty, [$($arg:tt)*], [$($result:tt)*]) => {
        impl<$($arg)*> GearArg for $type {
            const CODEC: Codec = Codec::Set(&T::CODEC);
            fn encode(&self, w: &mut Writer) -> Result<(), EncodeError> {
                w.list(self)
            }
        }
        impl<$($result)*> GearResult for $type {
            const CODEC: Codec = Codec::Set(&T::CODEC);
            fn from_bare(bytes: Vec<u8>) -> Result<Self, DecodeError> {
                let items = raw_list(&bytes)?;
                let wanted = items.len();
                let set = items.into_iter().map(nested).collect::<Result<Self, _>>()?;
                check_none_lost::<Self>(set.len(), wanted)?;
                Ok(set)
            }
            fn from_json(raw: &RawValue) -> Result<Self, DecodeError> {
                Self::from_bare(raw.get().as_bytes().to_vec())
            }
        }
    };
}

set!(HashSet<T, S>, [T: GearArg, S: BuildHasher], [T: GearResult + Eq + Hash, S: BuildHasher + Default]);
set!(BTreeSet<T>, [T: GearArg], [T: GearResult + Ord]);

// A map is encoded as a list of pairs, because the keys of a JSON object can only be strings.
macro_rules! map {
    ($type:ty, [$($arg:tt)*], [$($result:tt)*]) => {
        impl<$($arg)*> GearArg for $type {
            const CODEC: Codec = Codec::Map(&K::CODEC, &V::CODEC);
            fn encode(&self, w: &mut Writer) -> Result<(), EncodeError> {
                w.seq(|w| {
                    for (key, value) in self {
                        w.item();
                        w.seq(|w| {
                            w.item();
                            key.encode(w)?;
                            w.item();
                            value.encode(w)
                        })?;
                    }
                    Ok(())
                })
            }
        }
        impl<$($result)*> GearResult for $type {
            const CODEC: Codec = Codec::Map(&K::CODEC, &V::CODEC);
            fn from_bare(bytes: Vec<u8>) -> Result<Self, DecodeError> {
                let pairs = pairs(&bytes)?;
                let wanted = pairs.len();
                let entries = pairs.into_iter().map(|(k, v)| Ok((nested(k)?, nested(v)?)));
                let map = entries.collect::<Result<Self, DecodeError>>()?;
                check_none_lost::<Self>(map.len(), wanted)?;
                Ok(map)
            }
            fn from_json(raw: &RawValue) -> Result<Self, DecodeError> {
                Self::from_bare(raw.get().as_bytes().to_vec())
            }
        }
    };
}

fn pairs(json: &[u8]) -> Result<Vec<(&RawValue, &RawValue)>, DecodeError> {
    serde_json::from_slice(json)
        .map_err(|e| DecodeError::json::<std::collections::BTreeMap<String, serde_json::Value>>(&e))
}

map!(
    HashMap<K, V, S>,
    [K: GearArg, V: GearArg, S: BuildHasher],
    [K: GearResult + Eq + Hash, V: GearResult, S: BuildHasher + Default]
);
map!(BTreeMap<K, V>, [K: GearArg, V: GearArg], [K: GearResult + Ord, V: GearResult]);
