//! serde types, sent as JSON.

use super::codec::Codec;
use super::traits::{GearArg, GearResult};
use super::writer::Writer;
use crate::error::{DecodeError, EncodeError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use std::ops::{Deref, DerefMut};

/// Wraps any serde type to send it as JSON. Python sees dicts, lists, strings, numbers, booleans and `None`.
///
/// Both sides refuse values that JSON would change: NaN and the infinities, integers outside `i64::MIN..=u64::MAX`, and
/// dicts whose keys become equal in JSON, such as `1` and `"1"`. JSON keys are strings: `{1: "a"}` arrives as
/// `{"1": "a"}`. The conversion from JSON follows serde: in a field of the type `f64`, an integer beyond 53 bits becomes
/// the nearest float.
///
/// ```
/// use redgrease_core::{Codec, GearArg, Json};
///
/// #[derive(serde::Serialize)]
/// struct Person { name: String, age: u8 }
///
/// assert_eq!(<Json<Person> as GearArg>::CODEC, Codec::Json);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub struct Json<T>(pub T);

impl<T> Deref for Json<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Json<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

/// Decodes JSON to a serde type.
pub(crate) fn from_slice<T: DeserializeOwned>(json: &[u8]) -> Result<T, DecodeError> {
    serde_json::from_slice(json).map_err(|error| match json {
        b"null" => DecodeError::mismatch::<T>("None"),
        _ => DecodeError::json::<T>(&error),
    })
}

impl<T: Serialize> GearArg for Json<T> {
    const CODEC: Codec = Codec::Json;
    fn encode(&self, w: &mut Writer) -> Result<(), EncodeError> {
        w.json(&self.0)
    }
}

impl<T: DeserializeOwned> GearResult for Json<T> {
    const CODEC: Codec = Codec::Json;
    fn from_null() -> Result<Self, DecodeError> {
        from_slice(b"null").map(Json)
    }
    fn from_bare(bytes: Vec<u8>) -> Result<Self, DecodeError> {
        from_slice(&bytes).map(Json)
    }
    fn from_json(raw: &RawValue) -> Result<Self, DecodeError> {
        from_slice(raw.get().as_bytes()).map(Json)
    }
}

/// Expansion of `#[derive(GearValue)]`: implements the traits for a serde type, so that it needs no [`Json`] around it.
#[doc(hidden)]
#[macro_export]
macro_rules! __gear_value {
    ([$($generics:tt)*] $type:ty) => {
        impl<$($generics)*> $crate::GearArg for $type
        where
            $type: $crate::__rt::Serialize,
        {
            const CODEC: $crate::Codec = $crate::Codec::Json;
            fn encode(
                &self,
                w: &mut $crate::Writer,
            ) -> ::core::result::Result<(), $crate::EncodeError> {
                w.json(self)
            }
        }
        impl<$($generics)*> $crate::GearResult for $type
        where
            $type: $crate::__rt::DeserializeOwned,
        {
            const CODEC: $crate::Codec = $crate::Codec::Json;
            fn from_null() -> ::core::result::Result<Self, $crate::DecodeError> {
                $crate::__rt::from_json_slice(b"null")
            }
            fn from_bare(
                bytes: ::std::vec::Vec<u8>,
            ) -> ::core::result::Result<Self, $crate::DecodeError> {
                $crate::__rt::from_json_slice(&bytes)
            }
            fn from_json(
                raw: &$crate::__rt::RawValue,
            ) -> ::core::result::Result<Self, $crate::DecodeError> {
                $crate::__rt::from_json_slice(raw.get().as_bytes())
            }
        }
    };
}

__gear_value!([] serde_json::Value);
