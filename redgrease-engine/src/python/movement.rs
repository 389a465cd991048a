//! Records as bytes, for another shard of a cluster. Batches of texts are written here; `gears/runtime/moving.py` describes
//! the format of all others.

use super::values::{List, from_bytes};
use super::{Callback, Gil, Handle, Object, Raised, namespace};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyDict, PyList, PyString, PyTuple};

/// Writes and reads the records of one execution on this shard.
#[derive(Debug)]
pub(crate) struct Movement(Handle);

impl Movement {
    /// `functions` are those that the records pass through: they know the classes of the records.
    pub(crate) fn new<'a>(
        py: Gil<'_>,
        functions: impl Iterator<Item = &'a Callback>,
    ) -> Result<Movement, Raised> {
        let functions = PyList::new(py, functions.map(|one| one.bind(py)).collect::<Vec<_>>())?;
        let movement = namespace::runtime(py, "_Movement")?.call1((functions,))?;
        Ok(Movement(movement.unbind().into()))
    }

    /// The bytes of a batch. Adds the error of each record that cannot be written, which is left out.
    ///
    /// # Errors
    /// If there is no memory, or if the thread was interrupted.
    pub(crate) fn write(
        &self,
        py: Gil<'_>,
        records: Vec<Object<'_>>,
        errors: &mut Vec<Raised>,
    ) -> Result<Vec<u8>, Raised> {
        if let Some(bytes) = write_texts(&records) {
            return Ok(bytes);
        }
        let records = super::values::list(py, records)?;
        let written = self
            .0
            .bind(py)
            .call_method1(pyo3::intern!(py, "write"), (records,))?;
        let (bytes, refused): (Bound<'_, PyBytes>, usize) = written.extract()?;
        // Scripts for RedisGears know this error.
        let refusal = || PyValueError::new_err("unmarshallable object");
        errors.extend(std::iter::repeat_with(refusal).take(refused));
        Ok(bytes.as_bytes().to_vec())
    }

    /// The records of a batch. Adds the error of each record that cannot be read.
    ///
    /// # Errors
    /// If the bytes are damaged, or if there is no memory.
    pub(crate) fn read<'py>(
        &self,
        py: Gil<'py>,
        bytes: &[u8],
        errors: &mut Vec<Raised>,
    ) -> Result<Vec<Object<'py>>, Raised> {
        if let Some((&TEXTS, texts)) = bytes.split_first() {
            return read_texts(py, texts);
        }
        let bytes = PyBytes::new(py, bytes);
        let read = self
            .0
            .bind(py)
            .call_method1(pyo3::intern!(py, "read"), (bytes,))?;
        let (records, unread): (Bound<'py, PyList>, Bound<'py, PyList>) = read.extract()?;
        errors.extend(unread.iter().map(Raised::from_value));
        Ok(records.iter().collect())
    }
}

/// The kind of a batch of texts: the bytes of each one, behind their number in four bytes. Most runs end with texts.
const TEXTS: u8 = b'T';

/// The bytes of a batch of texts. `None` if one of the records is anything else, or is a text that UTF-8 cannot have.
fn write_texts(records: &[Object<'_>]) -> Option<Vec<u8>> {
    let mut bytes = vec![TEXTS];
    for record in records {
        let text = record.cast_exact::<PyString>().ok()?.to_str().ok()?;
        let length = u32::try_from(text.len()).ok()?;
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(text.as_bytes());
    }
    Some(bytes)
}

fn read_texts<'py>(py: Gil<'py>, bytes: &[u8]) -> Result<Vec<Object<'py>>, Raised> {
    let mut rest = bytes;
    let mut records = Vec::new();
    while !rest.is_empty() {
        let text = take_text(&mut rest)
            .ok_or_else(|| PyValueError::new_err("a batch of records is damaged: run it again"))?;
        records.push(from_bytes(py, text)?);
    }
    Ok(records)
}

fn take_text<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, behind) = rest.split_first_chunk()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let (text, behind) = behind.split_at_checked(length)?;
    *rest = behind;
    std::str::from_utf8(text).is_ok().then_some(text)
}

/// About the number of bytes of a record, found without a look at each part of it.
pub(crate) fn guessed_size(record: &Object<'_>) -> usize {
    size_by_parts(record, 8)
}

/// The size of a value, as the first `few` of its parts are. Fewer are looked at inside of them.
fn size_by_parts(value: &Object<'_>, few: usize) -> usize {
    if let Ok(text) = value.cast::<PyString>() {
        return text.len().unwrap_or_default();
    }
    if let Ok(bytes) = value.cast::<PyBytes>() {
        return bytes.as_bytes().len();
    }
    if let Ok(bytes) = value.cast::<PyByteArray>() {
        return bytes.len();
    }
    let inside = |length: usize, parts: &mut dyn Iterator<Item = Object<'_>>| {
        if length == 0 || few == 0 {
            return length;
        }
        let sizes = parts.take(few).map(|part| size_by_parts(&part, few / 2));
        let seen: usize = sizes.sum();
        seen.saturating_mul(length) / length.min(few)
    };
    if let Ok(tuple) = value.cast::<PyTuple>() {
        return inside(tuple.len(), &mut tuple.iter());
    }
    if let Ok(dict) = value.cast::<PyDict>() {
        return inside(dict.len(), &mut dict.iter().map(|(_, value)| value));
    }
    match List::new(value) {
        Some(list) => {
            let length = list.len();
            inside(length, &mut (0..length).map_while(|index| list.get(index)))
        }
        None => 1,
    }
}
