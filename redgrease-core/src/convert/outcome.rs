//! `Result<T, E>`: a value, or another one that Python wraps in `Err`.

use super::codec::Codec;
use super::traits::{GearResult, nested, record};
use crate::error::DecodeError;
use redis::Value;
use serde_json::value::RawValue;

/// At the top level `["Ok", value]` or `["Err", value]`, inside a container `{"Ok": value}` or `{"Err": value}`.
impl<T: GearResult, E: GearResult> GearResult for Result<T, E> {
    const CODEC: Codec = {
        assert!(
            !T::IS_RESULT && !E::IS_RESULT,
            "a gear cannot tell the `Err`s of a `Result` in a `Result` apart: use one `Result`"
        );
        Codec::Result(&T::CODEC, &E::CODEC)
    };
    const IS_RESULT: bool = true;

    fn from_bare(_: Vec<u8>) -> Result<Self, DecodeError> {
        Err(DecodeError::mismatch::<Self>("one value"))
    }

    fn from_items(items: Vec<Value>) -> Result<Self, DecodeError> {
        let [tag, value] = <[Value; 2]>::try_from(items).map_err(|items| {
            DecodeError::mismatch::<Self>(format!("a list of {} items", items.len()))
        })?;
        match record::<String>(tag)?.as_str() {
            "Ok" => record(value).map(Ok),
            "Err" => record(value).map(Err).map_err(DecodeError::of_err),
            other => Err(DecodeError::mismatch::<Self>(format!("{other:?}"))),
        }
    }

    fn from_json(raw: &RawValue) -> Result<Self, DecodeError> {
        let parsed: Result<&RawValue, &RawValue> =
            serde_json::from_str(raw.get()).map_err(|e| DecodeError::json::<Self>(&e))?;
        match parsed {
            Ok(value) => nested(value).map(Ok),
            Err(value) => nested(value).map(Err).map_err(DecodeError::of_err),
        }
    }
}
