//! Argument types of event functions.

use super::stored::StoredValue;
use crate::convert::Codec;
use std::fmt;
use std::marker::PhantomData;

/// A keyspace event: the argument of a `#[gear_keys]` function.
///
/// The Python value is a dict with the keys `key`, `event` (`set`, `hset`, `del`, `expired`, ..), `type` and `value`,
/// which are attributes as well. `KeyRecord<V>` converts the value to `V`. The value is `None` in Python if the key does
/// not exist any longer, or if the function does not read values. No value of this type exists in Rust.
pub struct KeyRecord<V = Untyped>(PhantomData<fn() -> V>);

/// A stream entry: the argument of a `#[gear_stream]` function.
///
/// The Python value is a dict with the keys `key`, `id`, `ms` and `seq` (the two numbers of the id), and `value`, a dict
/// of the fields; they are attributes as well. `StreamRecord<V>` converts the fields to `V`. A function that takes
/// `Vec<StreamRecord>` receives a whole batch. No value of this type exists in Rust.
pub struct StreamRecord<V = Untyped>(PhantomData<fn() -> V>);

/// Marks a [`KeyRecord`] or [`StreamRecord`] whose value is not converted: Python receives `str` for UTF-8 and
/// `bytearray` for other bytes, or dicts and lists of these.
pub enum Untyped {}

impl<V> fmt::Debug for KeyRecord<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyRecord")
    }
}

impl<V> fmt::Debug for StreamRecord<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StreamRecord")
    }
}

impl fmt::Debug for Untyped {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}

/// Argument types of `#[gear_keys]` functions.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the argument of a `#[gear_keys]` function",
    label = "expected `KeyRecord`",
    note = "write `KeyRecord`, or `KeyRecord<HashMap<String, i64>>` to have the value converted"
)]
pub trait KeyArg {
    /// The codec that the value is converted with; `None` leaves it unconverted.
    const VALUE: Option<Codec>;
}

/// Argument types of `#[gear_stream]` functions.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the argument of a `#[gear_stream]` function",
    label = "expected `StreamRecord` or `Vec<StreamRecord>`",
    note = "write `StreamRecord`, or `StreamRecord<HashMap<String, i64>>` to have the fields converted",
    note = "with `batch = 100` take `Vec<StreamRecord>` to get the entries together"
)]
pub trait StreamArg {
    /// The codec that the fields are converted with; `None` leaves them unconverted.
    const VALUE: Option<Codec>;

    /// `true` if the function takes a batch of entries.
    const BATCH: bool;
}

impl KeyArg for KeyRecord<Untyped> {
    const VALUE: Option<Codec> = None;
}

#[diagnostic::do_not_recommend]
impl<V: StoredValue> KeyArg for KeyRecord<V> {
    const VALUE: Option<Codec> = Some(V::CODEC);
}

impl StreamArg for StreamRecord<Untyped> {
    const VALUE: Option<Codec> = None;
    const BATCH: bool = false;
}

#[diagnostic::do_not_recommend]
impl<V: StoredValue> StreamArg for StreamRecord<V> {
    const VALUE: Option<Codec> = Some(V::CODEC);
    const BATCH: bool = false;
}

impl StreamArg for Vec<StreamRecord<Untyped>> {
    const VALUE: Option<Codec> = None;
    const BATCH: bool = true;
}

#[diagnostic::do_not_recommend]
impl<V: StoredValue> StreamArg for Vec<StreamRecord<V>> {
    const VALUE: Option<Codec> = Some(V::CODEC);
    const BATCH: bool = true;
}
