//! Conversions between Rust types, their wire format and Python values.
//!
//! Both sides encode and decode a value by its schema, a [`Codec`]. The registration script contains the same schema in
//! Python. Scalars are sent bare. A list, set, map or tuple is sent as one JSON value; its leaves are decoded one by one
//! from the raw JSON, so that no intermediate type can change them.
//!
//! * `codec`: the schema. `ambiguous`: the schemas that no gear can have. `writer`, `escape`, `strict`: the encoder of arguments.
//! * `traits`: [`GearArg`], [`GearResult`] and [`GearReply`], the bounds of generated code.
//! * `text`, `number`, `container`, `tuple`, `wrapper`, `json`, `moment`, `outcome`: the implementations.
//! * `uuid`, `chrono`, `time`, `bytes`: those for the types of these crates, one Cargo feature each.

mod ambiguous;
#[cfg(feature = "bytes")]
mod bytes;
#[cfg(feature = "chrono")]
mod chrono;
mod codec;
mod container;
mod escape;
mod json;
mod moment;
mod number;
mod outcome;
mod strict;
mod text;
#[cfg(feature = "time")]
mod time;
mod traits;
mod tuple;
#[cfg(feature = "uuid")]
mod uuid;
mod wrapper;
mod writer;

pub use codec::Codec;
pub use json::Json;
pub(crate) use json::from_slice;
pub use outcome::GearRefusal;
pub use traits::{Argument, GearArg, GearReply, GearResult, PerShard};
pub use writer::Writer;
