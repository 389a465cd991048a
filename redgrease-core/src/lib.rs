//! Client of RedGrease: commands, typed values, the registry of gears.
//!
//! Users depend on the crate `redgrease`, which re-exports everything here next to the macros.
//!
//! * `convert`: what a Rust type looks like in Python. `call`: calling a gear.
//! * `connection`: what it is called on. `registry`: what is registered, and how.
//! * `error`: what can go wrong.

#![allow(clippy::must_use_candidate, reason = "nearly every getter would carry the attribute")]
#![allow(clippy::doc_markdown, reason = "the names of products are not code")]

mod call;
mod connection;
mod convert;
mod error;
mod registry;

pub use call::{Args, Call, Calls, Pipe, pipe};
#[cfg(feature = "aio")]
pub use connection::{AsyncCon, AsyncConnection, AsyncSingleCon, connect_async};
pub use connection::{Con, Connection, SingleCon, connect};
pub use convert::{Codec, GearArg, GearReply, GearResult, Json, PerShard, Writer};
pub use error::{DecodeError, EncodeError, Error, ErrorKind, Frame, GearError, Result};
pub use registry::{Entry, Gear, GearKind, GearSpec, Location, Mode, SourceForm};

/// What the code of the macros names. Not for anybody else.
#[doc(hidden)]
pub mod __rt {
    pub use inventory;
    pub use redis;
    pub use serde::Serialize;
    pub use serde::de::DeserializeOwned;
    pub use serde_json::value::RawValue;

    /// Reads JSON that stands where a serde type is expected.
    ///
    /// # Errors
    ///
    /// When it is not one.
    pub fn from_json_slice<T: DeserializeOwned>(json: &[u8]) -> Result<T, crate::DecodeError> {
        crate::convert::from_slice(json)
    }

    /// Reads an answer to a call of `gear`.
    ///
    /// # Errors
    ///
    /// When it is an error, or not what the type says.
    pub fn decode<T>(
        answer: redis::Value,
        gear: &crate::Gear,
        decode: fn(redis::Value) -> Result<T, crate::DecodeError>,
    ) -> crate::Result<T> {
        crate::call::decode(answer, gear, decode)
    }
}
