//! The arguments of event functions.

use super::stored::StoredValue;
use crate::convert::Codec;
use std::fmt;
use std::marker::PhantomData;

/// A change of a key: the argument of a `#[gear_keys]` function.
///
/// In Python it has the attributes `key`, `event` (`set`, `hset`, `del`, `expired`, ..), `type` and `value`, and is a
/// dict of the same names. `KeyRecord<V>` has its value read as `V`; it is `None` in Python where there is none: the
/// key is gone, or the function does not read values. In Rust there is never a value of this type.
pub struct KeyRecord<V = Untyped>(PhantomData<fn() -> V>);

/// An entry of a stream: the argument of a `#[gear_stream]` function.
///
/// In Python it has the attributes `key`, `id`, `ms` and `seq` (the two numbers of the id), and `value`, a dict of the
/// fields; it is a dict of the same names, too. `StreamRecord<V>` has its fields read as `V`. A function that takes
/// `Vec<StreamRecord>` gets a whole batch. In Rust there is never a value of this type.
pub struct StreamRecord<V = Untyped>(PhantomData<fn() -> V>);

/// The value of a [`KeyRecord`] or [`StreamRecord`], as the server gives it: text where it is UTF-8, otherwise a
/// bytearray; dicts and lists of those.
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

/// What a `#[gear_keys]` function can take.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the argument of a `#[gear_keys]` function",
    label = "expected `KeyRecord`",
    note = "write `KeyRecord`, or `KeyRecord<HashMap<String, i64>>` to have the value converted"
)]
pub trait KeyArg {
    /// What the value is read as; `None` leaves it as the server gives it.
    const VALUE: Option<Codec>;
}

/// What a `#[gear_stream]` function can take.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the argument of a `#[gear_stream]` function",
    label = "expected `StreamRecord` or `Vec<StreamRecord>`",
    note = "write `StreamRecord`, or `StreamRecord<HashMap<String, i64>>` to have the fields converted",
    note = "with `batch = 100` take `Vec<StreamRecord>` to get the entries together"
)]
pub trait StreamArg {
    /// What the fields are read as; `None` leaves them as the server gives them.
    const VALUE: Option<Codec>;

    /// `true` if the function takes a whole batch.
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
