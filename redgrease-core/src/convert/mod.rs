//! Conversions between Rust types, their wire format and Python values.
//!
//! Both sides encode and decode a value by its schema, a [`Codec`]. The registration script contains the same schema in
//! Python. Scalars are sent bare. A list, set, map or tuple is sent as one JSON value; its leaves are decoded one by one
//! from the raw JSON, so that no intermediate type can change them.
//!
//! * `codec`: the schema. `writer`, `escape`, `strict`: the encoder of arguments.
//! * `traits`: [`GearArg`], [`GearResult`] and [`GearReply`], the bounds of generated code.
//! * `text`, `number`, `container`, `tuple`, `wrapper`, `json`: the implementations.

mod codec;
mod container;
mod escape;
mod json;
mod number;
mod strict;
mod text;
mod traits;
mod tuple;
mod wrapper;
mod writer;

pub use codec::Codec;
pub use json::Json;
pub(crate) use json::from_slice;
pub use traits::{GearArg, GearReply, GearResult, PerShard};
pub use writer::Writer;
