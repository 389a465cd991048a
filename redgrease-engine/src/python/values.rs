//! Python values from bytes and numbers, and back.

use super::{Gil, Handle, Object};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict, PyIterator, PyList, PyString, PyTuple};
use pyo3::{IntoPyObject, ffi};
use std::fmt;

/// A text if the bytes are UTF-8, else a `bytearray`.
///
/// # Errors
/// If there is no memory for the value.
pub(crate) fn from_bytes<'py>(py: Gil<'py>, bytes: &[u8]) -> PyResult<Object<'py>> {
    // SAFETY: `py` proves that this thread holds the interpreter's lock. Pointer and length belong to one slice. The
    // result is a new reference, or null with an exception set.
    unsafe {
        let text = ffi::PyUnicode_DecodeUTF8(
            bytes.as_ptr().cast(),
            bytes.len().cast_signed(),
            std::ptr::null(),
        );
        if !text.is_null() {
            return Ok(Bound::from_owned_ptr(py, text));
        }
        if ffi::PyErr_ExceptionMatches(ffi::PyExc_MemoryError) != 0 {
            return Err(PyErr::fetch(py));
        }
        ffi::PyErr_Clear();
        let array =
            ffi::PyByteArray_FromStringAndSize(bytes.as_ptr().cast(), bytes.len().cast_signed());
        Bound::from_owned_ptr_or_err(py, array)
    }
}

/// The bytes as `bytes`.
///
/// # Errors
/// If there is no memory for the value.
pub(crate) fn bytes_of<'py>(py: Gil<'py>, bytes: &[u8]) -> PyResult<Object<'py>> {
    let copy = |room: &mut [u8]| {
        room.copy_from_slice(bytes);
        Ok(())
    };
    PyBytes::new_with(py, bytes.len(), copy).map(Bound::into_any)
}

/// The record of a command: a list of its words.
pub(crate) fn list_of<'py, 'a>(
    py: Gil<'py>,
    items: impl ExactSizeIterator<Item = &'a [u8]>,
) -> PyResult<Object<'py>> {
    let length = items.len();
    filled(py, length, items.map(|item| from_bytes(py, item)))
}

/// As [`list_of`], with a value in front.
pub(crate) fn list_after<'py, 'a>(
    py: Gil<'py>,
    first: Object<'py>,
    rest: impl ExactSizeIterator<Item = &'a [u8]>,
) -> PyResult<Object<'py>> {
    let length = rest.len() + 1;
    let rest = rest.map(|item| from_bytes(py, item));
    filled(py, length, std::iter::once(Ok(first)).chain(rest))
}

/// A list of `length` values.
fn filled<'py>(
    py: Gil<'py>,
    length: usize,
    values: impl Iterator<Item = PyResult<Object<'py>>>,
) -> PyResult<Object<'py>> {
    // SAFETY: `py` proves that this thread holds the interpreter's lock. The list is new and has room for `length`
    // values. No Python code sees the list before it is full; one that is not filled is freed here.
    unsafe {
        let list = Bound::from_owned_ptr_or_err(py, ffi::PyList_New(length.cast_signed()))?;
        for (index, value) in values.take(length).enumerate() {
            ffi::PyList_SetItem(list.as_ptr(), index.cast_signed(), value?.into_ptr());
        }
        Ok(list)
    }
}

/// The first word of many records, such as the name of a trigger. The Python text is made once.
pub(crate) struct KeptWord(PyOnceLock<Py<PyAny>>);

impl fmt::Debug for KeptWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeptWord(..)")
    }
}

impl KeptWord {
    pub(crate) const fn new() -> KeptWord {
        KeptWord(PyOnceLock::new())
    }

    /// The value of `bytes`, which must be the same in every call.
    ///
    /// Bytes that are not UTF-8 are a new `bytearray` in each call, because a gear could change a shared one.
    pub(crate) fn get<'py>(&self, py: Gil<'py>, bytes: &[u8]) -> PyResult<Object<'py>> {
        if let Some(kept) = self.0.get(py) {
            return Ok(kept.bind(py).clone());
        }
        let made = from_bytes(py, bytes)?;
        if made.is_instance_of::<PyString>() {
            // If another thread was faster, an equal text is kept already.
            let _ = self.0.set(py, made.clone().unbind());
        }
        Ok(made)
    }
}

/// `str(value)`. A value that is a text already is returned as it is.
pub(crate) fn text_of<'py>(value: &Object<'py>) -> PyResult<Object<'py>> {
    if value.is_exact_instance_of::<PyString>() {
        return Ok(value.clone());
    }
    Ok(value.str()?.into_any())
}

pub(crate) fn none(py: Gil<'_>) -> Object<'_> {
    py.None().into_bound(py)
}

pub(crate) fn integer(py: Gil<'_>, value: i64) -> Object<'_> {
    match value.into_pyobject(py) {
        Ok(number) => number.into_any(),
        Err(never) => match never {},
    }
}

/// The number that a Python integer is.
pub(crate) fn integer_of(value: &Object<'_>) -> PyResult<i64> {
    value.extract()
}

/// `bool(value)`.
pub(crate) fn is_true(value: &Object<'_>) -> PyResult<bool> {
    value.is_truthy()
}

/// A Python list whose elements are taken one at a time.
#[derive(Debug, Clone)]
pub(crate) struct List<'py>(Bound<'py, PyList>);

impl<'py> List<'py> {
    /// `None` if the value is not a list.
    pub(crate) fn new(value: &Object<'py>) -> Option<Self> {
        value.cast::<PyList>().ok().map(|list| List(list.clone()))
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The element at `index`. `None` if Python code has made the list shorter meanwhile.
    pub(crate) fn get(&self, index: usize) -> Option<Object<'py>> {
        self.0.get_item(index).ok()
    }

    pub(crate) fn unbind(self) -> KeptList {
        KeptList(self.0.unbind().into())
    }
}

/// A [`List`] that is kept without the interpreter's lock.
#[derive(Debug)]
pub(crate) struct KeptList(Handle<PyList>);

impl KeptList {
    pub(crate) fn get<'py>(&self, py: Gil<'py>, index: usize) -> Option<Object<'py>> {
        self.0.bind(py).get_item(index).ok()
    }
}

/// The name of a group: a text as it is, and `repr(value)` of any other value.
pub(crate) fn text_key<'py>(value: &Object<'py>) -> PyResult<Object<'py>> {
    if value.is_instance_of::<PyString>() {
        return Ok(value.clone());
    }
    Ok(value.repr()?.into_any())
}

/// The record of a group: `{'key': .., 'value': ..}`.
pub(crate) fn group_record<'py>(key: &Object<'py>, value: &Object<'py>) -> PyResult<Object<'py>> {
    let py = key.py();
    let record = PyDict::new(py);
    record.set_item(pyo3::intern!(py, "key"), key)?;
    record.set_item(pyo3::intern!(py, "value"), value)?;
    Ok(record.into_any())
}

/// Key and value of a [`group_record`].
pub(crate) fn group_parts<'py>(record: &Object<'py>) -> PyResult<(Object<'py>, Object<'py>)> {
    let py = record.py();
    let key = record.get_item(pyo3::intern!(py, "key"))?;
    let value = record.get_item(pyo3::intern!(py, "value"))?;
    Ok((key, value))
}

/// A tuple of two values.
pub(crate) fn pair<'py>(first: &Object<'py>, second: &Object<'py>) -> PyResult<Object<'py>> {
    PyTuple::new(first.py(), [first, second]).map(Bound::into_any)
}

/// The values of a [`pair`].
pub(crate) fn split_pair<'py>(pair: &Object<'py>) -> PyResult<(Object<'py>, Object<'py>)> {
    let pair = pair.cast::<PyTuple>()?;
    Ok((pair.get_item(0)?, pair.get_item(1)?))
}

/// The bytes of a text. Lone surrogates are bytes as well, so that every text has a place in a cluster.
pub(crate) fn key_bytes(text: &Object<'_>) -> PyResult<Vec<u8>> {
    if let Ok(bytes) = text_bytes(text) {
        return Ok(bytes);
    }
    text.call_method1("encode", ("utf-8", "surrogatepass"))?
        .extract()
}

/// The bytes of a text in UTF-8. Fails for other values and for lone surrogates.
pub(crate) fn text_bytes(text: &Object<'_>) -> PyResult<Vec<u8>> {
    Ok(text.cast::<PyString>()?.to_str()?.as_bytes().to_vec())
}

pub(crate) fn list<'py>(py: Gil<'py>, items: Vec<Object<'py>>) -> PyResult<Object<'py>> {
    filled(py, items.len(), items.into_iter().map(Ok))
}

/// `true` if the value is an iterator. Generators are iterators.
pub(crate) fn is_iterator(value: &Object<'_>) -> bool {
    // SAFETY: only reads the type of a live object.
    unsafe { ffi::PyIter_Check(value.as_ptr()) != 0 }
}

/// The name of the type of a value.
pub(crate) fn type_name(value: &Object<'_>) -> String {
    let name = value.get_type().name();
    name.map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

/// `next(iterator)`. `None` at the end.
pub(crate) fn next_item<'py>(iterator: &Object<'py>) -> Option<PyResult<Object<'py>>> {
    match iterator.cast::<PyIterator>() {
        Ok(items) => items.clone().next(),
        Err(wrong) => Some(Err(wrong.into())),
    }
}
