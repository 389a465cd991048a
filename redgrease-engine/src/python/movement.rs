//! Records as bytes, for another shard of a cluster. `gears/runtime/moving.py` describes the format.

use super::values::List;
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
