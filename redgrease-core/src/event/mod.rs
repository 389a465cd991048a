//! What the functions of events take: the types say what Python gets, and never exist as values.
//!
//! * `record`: [`KeyRecord`], [`StreamRecord`]. `stored`: [`StoredValue`], how what Redis stores is read.

mod record;
mod stored;

pub use record::{KeyArg, KeyRecord, StreamArg, StreamRecord, Untyped};
pub use stored::{StoredScalar, StoredValue};
