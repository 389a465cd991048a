//! The records that readers make.

use crate::order::Ordered;
use crate::plan::Message;
use crate::python::{Gil, Object, Raised, detached, flat, from_bytes, nested, none};
use crate::redis::{
    self, Batch, CallReply, Context, Element, KeyType, ScannedKey, User, pairs, quietly,
    read_for_gear,
};
use crate::scope::{self, Scope};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString};
use std::collections::VecDeque;

/// The record of a key: `{'event': .., 'key': .., 'type': .., 'value': ..}`.
///
/// The event is `None` in a batch run. A record without `value` has neither `'type'` nor `'value'`.
pub(super) fn key_record<'py>(
    py: Gil<'py>,
    event: Option<&str>,
    key: &[u8],
    value: Option<(KeyType, Object<'py>)>,
) -> PyResult<Object<'py>> {
    let record = PyDict::new(py);
    record.set_item(pyo3::intern!(py, "event"), event)?;
    record.set_item(pyo3::intern!(py, "key"), from_bytes(py, key)?)?;
    if let Some((kind, value)) = value {
        record.set_item(pyo3::intern!(py, "type"), type_name(py, kind))?;
        record.set_item(pyo3::intern!(py, "value"), value)?;
    }
    Ok(record.into_any())
}

/// The record of a key whose value was copied with its name. `None` if the value was not copied.
pub(super) fn copied_record<'py>(
    py: Gil<'py>,
    piece: &Batch,
    key: &ScannedKey,
) -> Option<PyResult<Object<'py>>> {
    let copy = piece.bytes(&key.text);
    let value = match key.kind {
        _ if !piece.has_values() => return None,
        KeyType::String => from_bytes(py, copy),
        // A hash has a field, so a copy is never empty.
        KeyType::Hash if !copy.is_empty() => fields(py, pairs(copy)),
        KeyType::Hash | KeyType::List => return None,
        _ => Ok(none(py)),
    };
    let record = |value| key_record(py, None, piece.bytes(&key.name), Some((key.kind, value)));
    Some(value.and_then(record))
}

fn type_name(py: Gil<'_>, kind: KeyType) -> Bound<'_, PyString> {
    match kind {
        KeyType::String => pyo3::intern!(py, "string").clone(),
        other => PyString::intern(py, other.as_str()),
    }
}

/// The record of a message: `{'key': .., 'id': .., 'value': {..}}`.
pub(super) fn message_record<'py>(
    py: Gil<'py>,
    stream: &[u8],
    message: &Message,
) -> PyResult<Object<'py>> {
    let record = PyDict::new(py);
    record.set_item(pyo3::intern!(py, "key"), from_bytes(py, stream)?)?;
    record.set_item(pyo3::intern!(py, "id"), from_bytes(py, &message.id)?)?;
    let pairs = message
        .fields
        .iter()
        .map(|(field, value)| (field.as_slice(), value.as_slice()));
    record.set_item(pyo3::intern!(py, "value"), fields(py, pairs)?)?;
    Ok(record.into_any())
}

/// The user whose rights a reader on this thread has; `None` leaves the decision to the context of the command.
pub(super) fn reader() -> Option<User> {
    scope::look(Scope::user, Clone::clone)
}

/// Runs `read` with the server's lock. The events that reading causes, such as a key that expires, meet no handler.
fn with_lock<R: Send>(py: Gil<'_>, read: impl FnOnce(&Context) -> R + Send) -> R {
    let read = || quietly(|| redis::locked(read));
    match redis::keep() {
        Some(_kept) => read(),
        None => detached(py, read),
    }
}

/// Checks that the user may see the names of keys, as with `SCAN`.
pub(super) fn may_scan(py: Gil<'_>) -> Result<(), Raised> {
    let user = reader();
    let scan =
        |context: &Context| read_for_gear(context, user.as_ref(), b"SCAN", &[b"0", b"COUNT", b"1"]);
    with_lock(py, |context| scan(context).map(drop)).map_err(|why| flat(&why))
}

/// The type and the value of a key for its record. The value is `None` for types that readers do not read.
///
/// # Errors
/// If the user of the reader has no right to read the key.
pub(super) fn read_value<'py>(py: Gil<'py>, key: &[u8]) -> Result<(KeyType, Object<'py>), Raised> {
    let user = reader();
    with_lock(py, |context| read(context, user.as_ref(), key)).value(py)
}

fn read(context: &Context, user: Option<&User>, key: &[u8]) -> Looked {
    let kind = redis::key_type(context, key);
    Looked(read_as(context, user, key, kind))
}

/// A key that was read. The error says that the user of the reader has no right to.
#[derive(Debug)]
pub(super) struct Looked(Result<(KeyType, Option<CallReply>), String>);

impl Looked {
    pub(super) fn value(self, py: Gil<'_>) -> Result<(KeyType, Object<'_>), Raised> {
        let (kind, reply) = self.0.map_err(|why| flat(&why))?;
        Ok((kind, value_of(py, kind, reply)?))
    }

    fn size(&self) -> usize {
        let reply = self.0.as_ref().ok().and_then(|(_, reply)| reply.as_ref());
        reply.map_or(0, CallReply::size)
    }
}

/// The bytes of replies after which no other key is read under the same hold of the server's lock.
const ENOUGH: usize = 64 * 1024;

/// Reads the first of some keys, and those behind it while their values are small: the server's lock is taken once for all.
pub(super) fn read_ahead(py: Gil<'_>, keys: &[&[u8]]) -> VecDeque<Looked> {
    let user = reader();
    with_lock(py, |context| {
        let mut all = VecDeque::with_capacity(keys.len());
        let mut size = 0;
        for key in keys {
            let looked = read(context, user.as_ref(), key);
            size += looked.size();
            all.push_back(looked);
            if size >= ENOUGH {
                break;
            }
        }
        all
    })
}

/// A key of a cluster that was looked up.
pub(super) enum Found {
    Value(KeyType, Option<CallReply>),
    Gone,
    /// Its slot is on another server, or on its way there.
    Elsewhere,
}

/// Looks up a key of a cluster. `is_here` says whether its slot is here as a whole, if the server does not run the command.
///
/// # Errors
/// If the user of the reader has no right to read the key.
pub(super) fn read_if_here(
    py: Gil<'_>,
    key: &[u8],
    is_here: impl FnOnce(&Context) -> bool + Send,
) -> Result<Found, Raised> {
    let user = reader();
    let read = |context: &Context| {
        let kind = match redis::local_key_type(context, key) {
            Some(KeyType::Empty) => return Ok(Found::Gone),
            Some(kind) => kind,
            None if is_here(context) => KeyType::Unknown,
            None => return Ok(Found::Elsewhere),
        };
        let (kind, reply) = read_as(context, user.as_ref(), key, kind)?;
        Ok(Found::Value(kind, reply))
    };
    with_lock(py, read).map_err(|why: String| flat(&why))
}

/// The record of a key that was looked up.
pub(super) fn found_record<'py>(py: Gil<'py>, key: &[u8], found: Found) -> PyResult<Object<'py>> {
    let value = match found {
        Found::Value(kind, reply) => (kind, value_of(py, kind, reply)?),
        Found::Gone | Found::Elsewhere => (KeyType::Empty, none(py)),
    };
    key_record(py, None, key, Some(value))
}

/// Reads the value of a key of this type, under the hold of the lock in which the type was read.
fn read_as(
    context: &Context,
    user: Option<&User>,
    key: &[u8],
    kind: KeyType,
) -> Result<(KeyType, Option<CallReply>), String> {
    let value = match kind {
        KeyType::String => read_for_gear(context, user, b"GET", &[key])?,
        KeyType::Hash => read_for_gear(context, user, b"HGETALL", &[key])?,
        KeyType::List => read_for_gear(context, user, b"LRANGE", &[key, b"0", b"-1"])?,
        // The type is all that the record tells of the key.
        _ => return read_for_gear(context, user, b"TYPE", &[key]).map(|_| (kind, None)),
    };
    Ok((kind, Some(value)))
}

/// The value of a record.
fn value_of(py: Gil<'_>, kind: KeyType, reply: Option<CallReply>) -> PyResult<Object<'_>> {
    match (kind, reply) {
        (KeyType::Hash, Some(reply)) => hash(py, reply.borrow()),
        (_, Some(reply)) => nested(py, reply.borrow()),
        (_, None) => Ok(none(py)),
    }
}

/// The value of a hash: a dict of the fields and values that the reply lists in turn.
fn hash<'py>(py: Gil<'py>, reply: Element<'_>) -> PyResult<Object<'py>> {
    let pairs = (0..reply.len())
        .step_by(2)
        .filter_map(|index| Some((reply.element(index)?, reply.element(index + 1)?)))
        .map(|(field, value)| (field.bytes(), value.bytes()));
    fields(py, pairs)
}

/// Fields and values as a dict, in the order that clients of RedisGears see. The first value of a field counts.
fn fields<'py, 'a>(
    py: Gil<'py>,
    pairs: impl Iterator<Item = (&'a [u8], &'a [u8])>,
) -> PyResult<Object<'py>> {
    let mut ordered: Ordered<&[u8], &[u8]> = Ordered::default();
    for (field, value) in pairs {
        if ordered.get_mut(field).is_none() {
            ordered.add(field, value);
        }
    }
    let dict = PyDict::new(py);
    for (field, value) in ordered.into_entries() {
        dict.set_item(hashable(py, field), from_bytes(py, value)?)?;
    }
    Ok(dict.into_any())
}

/// The key of a dict: a text, or immutable `bytes` where [`from_bytes`] makes a `bytearray`, which is not hashable.
fn hashable<'py>(py: Gil<'py>, bytes: &[u8]) -> Object<'py> {
    match std::str::from_utf8(bytes) {
        Ok(text) => PyString::new(py, text).into_any(),
        Err(_) => PyBytes::new(py, bytes).into_any(),
    }
}
