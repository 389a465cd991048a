//! Argument types of event functions. They describe what Python receives; no value of these types exists in Rust.
//!
//! * `record`: [`KeyRecord`] and [`StreamRecord`]. `stored`: [`StoredValue`], the types that stored values convert to.

mod record;
mod stored;

pub use record::{KeyArg, KeyRecord, StreamArg, StreamRecord, Untyped};
pub use stored::{StoredScalar, StoredValue};
