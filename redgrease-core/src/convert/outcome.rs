//! `Result<T, E>`: a value, or another one that Python wraps in `Err`.

use super::codec::Codec;
use super::traits::{GearResult, nested, record};
use crate::error::DecodeError;
use redis::Value;
use serde_json::value::RawValue;

/// The `E` of a `Result<T, E>`: any type of a result. The trait has a message of its own.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the `Err` of a gear",
    label = "no conversion from a Python value",
    note = "for `redgrease::Result` and for the error of a library: write `T` in place of `Result<T>`, because the generated function returns failures itself",
    note = "for a type of your own: `#[derive(GearValue)]` next to serde's `Serialize` and `Deserialize`, or take `Json<{Self}>`",
    note = "for a type of `uuid`, `chrono`, `time` or `bytes`: add this name to the `features` of redgrease in Cargo.toml"
)]
pub trait GearRefusal: GearResult {}

#[diagnostic::do_not_recommend]
impl<E: GearResult> GearRefusal for E {}

/// At the top level `["Ok", value]` or `["Err", value]`, inside a container `{"Ok": value}` or `{"Err": value}`.
impl<T: GearResult, E: GearRefusal> GearResult for Result<T, E> {
    const CODEC: Codec = Codec::Result(&T::CODEC, &E::CODEC);

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
