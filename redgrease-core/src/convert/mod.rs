//! Typed values: what a Rust type looks like on the wire and in Python.
//!
//! A value is read and written by schema on both sides. The schema is a [`Codec`], a tree of constants that the
//! registration script repeats in Python. Scalars travel bare; lists, maps and tuples are one JSON value whose leaves
//! are read one by one, so that nothing passes through a type that would change it.
//!
//! * `codec`: the schema. `writer`: how an argument is put together.
//! * `traits`: [`GearArg`], [`GearResult`] and [`GearReply`], what the generated code asks for.
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
