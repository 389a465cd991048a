//! Redis replies to Python values, Python values to Redis replies. The rules are those that clients of RedisGears
//! observe.

use super::errors::GearsError;
use super::{Gil, Handle, Object};
use crate::redis::{Element, OwnedReply, Reply, ReplyKind};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyByteArray, PyBytes, PyDict, PyFloat, PyInt, PyIterator, PyList, PyString};
use pyo3::{IntoPyObject, ffi};
use std::fmt;

/// The deepest nesting of lists in a reply. A deeper list, or a list that contains itself, would overflow the server's
/// stack.
const MAX_DEPTH: usize = 128;

/// A text if the bytes are UTF-8, else a `bytearray`.
pub(crate) fn from_bytes<'py>(py: Gil<'py>, bytes: &[u8]) -> Object<'py> {
    // SAFETY: `py` proves that this thread holds the interpreter's lock. Pointer and length belong to one slice. The
    // result is a new reference, or null with an exception set.
    unsafe {
        let text = ffi::PyUnicode_DecodeUTF8(
            bytes.as_ptr().cast(),
            bytes.len().cast_signed(),
            std::ptr::null(),
        );
        if !text.is_null() {
            return Bound::from_owned_ptr(py, text);
        }
        ffi::PyErr_Clear();
    }
    PyByteArray::new(py, bytes).into_any()
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
    filled(py, length, std::iter::once(first).chain(rest))
}

/// A list of `length` values.
fn filled<'py>(
    py: Gil<'py>,
    length: usize,
    values: impl Iterator<Item = Object<'py>>,
) -> PyResult<Object<'py>> {
    // SAFETY: `py` proves that this thread holds the interpreter's lock. The list is new and has room for `length`
    // values. No Python code sees the list before it is full.
    unsafe {
        let list = Bound::from_owned_ptr_or_err(py, ffi::PyList_New(length.cast_signed()))?;
        for (index, value) in values.take(length).enumerate() {
            ffi::PyList_SetItem(list.as_ptr(), index.cast_signed(), value.into_ptr());
        }
        Ok(list)
    }
}

/// The first word of many records, such as the name of a trigger. The Python text is made once.
pub(crate) struct KeptWord(PyOnceLock<Handle>);

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
    pub(crate) fn get<'py>(&self, py: Gil<'py>, bytes: &[u8]) -> Object<'py> {
        if let Some(kept) = self.0.get(py) {
            return kept.bind(py).clone();
        }
        let made = from_bytes(py, bytes);
        if made.is_instance_of::<PyString>() {
            // If another thread was faster, an equal text is kept already.
            let _ = self.0.set(py, made.clone().unbind());
        }
        made
    }
}

/// The result of `execute` for a reply. A reply that is an error is raised.
pub(crate) fn from_reply<'py>(py: Gil<'py>, reply: Element<'_>) -> PyResult<Object<'py>> {
    if reply.kind() == ReplyKind::Error {
        // Scripts for RedisGears see the line end of the protocol here.
        let text = String::from_utf8_lossy(reply.bytes());
        return Err(GearsError::new_err(format!(
            "{}\r\n",
            text.trim_end_matches(['\r', '\n'])
        )));
    }
    nested(py, reply)
}

/// As [`from_reply`], for a reply that was kept.
pub(crate) fn from_owned<'py>(py: Gil<'py>, reply: &OwnedReply) -> PyResult<Object<'py>> {
    match reply {
        OwnedReply::Error(text) => Err(GearsError::new_err(format!("{text}\r\n"))),
        other => owned(py, other),
    }
}

/// The value of a kept reply. An error inside an array is a text.
fn owned<'py>(py: Gil<'py>, reply: &OwnedReply) -> PyResult<Object<'py>> {
    match reply {
        OwnedReply::Text(bytes) => Ok(from_bytes(py, bytes)),
        OwnedReply::Status(text) | OwnedReply::Error(text) => Ok(from_bytes(py, text.as_bytes())),
        OwnedReply::Integer(number) => Ok(integer(py, *number)),
        OwnedReply::Null => Ok(none(py)),
        OwnedReply::Array(items) => {
            let items = items.iter().map(|item| owned(py, item));
            list(py, items.collect::<PyResult<Vec<_>>>()?)
        }
    }
}

/// The value of a reply. An error inside an array is a text.
pub(crate) fn nested<'py>(py: Gil<'py>, reply: Element<'_>) -> PyResult<Object<'py>> {
    match reply.kind() {
        ReplyKind::Text | ReplyKind::Error => Ok(from_bytes(py, reply.bytes())),
        ReplyKind::Integer => Ok(reply.integer().into_pyobject(py)?.into_any()),
        ReplyKind::Null => Ok(py.None().into_bound(py)),
        ReplyKind::Array => {
            let list = PyList::empty(py);
            for index in 0..reply.len() {
                match reply.element(index) {
                    Some(element) => list.append(nested(py, element)?)?,
                    None => list.append(py.None())?,
                }
            }
            Ok(list.into_any())
        }
    }
}

/// Writes a value as the reply of a command.
pub(crate) fn reply_with(reply: &Reply<'_>, value: &Object<'_>) {
    write(reply, value, 0);
}

fn write(reply: &Reply<'_>, value: &Object<'_>, depth: usize) {
    if let Ok(text) = value.cast::<PyString>() {
        match text.to_str() {
            Ok(text) => write_text(reply, text),
            // A text with lone surrogates has no UTF-8. Send the bytes that Python's `surrogatepass` makes of it.
            Err(_) => match text.call_method1("encode", ("utf-8", "surrogatepass")) {
                Ok(bytes) => write(reply, &bytes, depth),
                Err(_) => unknown(reply),
            },
        }
    } else if let Ok(bytes) = value.cast::<PyBytes>() {
        reply.bulk(bytes.as_bytes());
    } else if let Ok(integer) = value.cast::<PyInt>() {
        match integer.extract::<i64>() {
            Ok(number) => reply.integer(number),
            // Integers of the protocol have 64 bits. A larger integer is sent as a text of its digits.
            Err(_) => match integer.str() {
                Ok(digits) => reply.bulk(digits.to_string_lossy().as_bytes()),
                Err(_) => unknown(reply),
            },
        }
    } else if let Ok(list) = value.cast::<PyList>() {
        if depth == MAX_DEPTH {
            unknown(reply);
            return;
        }
        // Converting an element may run Python code, which may change the list. The reply has the length that the list
        // has now.
        let length = list.len();
        reply.array(length);
        for index in 0..length {
            match list.get_item(index) {
                Ok(item) => write(reply, &item, depth + 1),
                Err(_) => reply.null(),
            }
        }
    } else if let Ok(float) = value.cast::<PyFloat>() {
        reply.bulk(fixed_point(float.value()).as_bytes());
    } else {
        unknown(reply);
    }
}

/// The reply for a value that has no form in the protocol, as RedisGears writes it.
fn unknown(reply: &Reply<'_>) {
    reply.bulk(b"PY RECORD");
}

/// Writes a text. A text that begins with `+` is a status, and one that begins with `-` is an error.
fn write_text(reply: &Reply<'_>, text: &str) {
    match text.as_bytes() {
        [b'+', _, ..] => reply.status(&text[1..]),
        [b'-', _, ..] => reply.error(&text[1..]),
        bytes => reply.bulk(bytes),
    }
}

/// Formats a number like `%lf` of C: with six decimals.
fn fixed_point(value: f64) -> String {
    if value.is_nan() {
        return if value.is_sign_negative() {
            "-nan"
        } else {
            "nan"
        }
        .to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    format!("{value:.6}")
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
        KeptList(self.0.unbind())
    }
}

/// A [`List`] that is kept without the interpreter's lock.
#[derive(Debug)]
pub(crate) struct KeptList(Py<PyList>);

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

/// The bytes of a text in UTF-8. Fails for other values and for lone surrogates.
pub(crate) fn text_bytes(text: &Object<'_>) -> PyResult<Vec<u8>> {
    Ok(text.cast::<PyString>()?.to_str()?.as_bytes().to_vec())
}

pub(crate) fn list<'py>(py: Gil<'py>, items: Vec<Object<'py>>) -> PyResult<Object<'py>> {
    Ok(PyList::new(py, items)?.into_any())
}

/// `true` if the value is a generator.
pub(crate) fn is_generator(value: &Object<'_>) -> bool {
    // SAFETY: only reads the type of a live object.
    unsafe { ffi::PyGen_Check(value.as_ptr()) != 0 }
}

/// `next(generator)`. `None` at the end.
pub(crate) fn next_item<'py>(generator: &Object<'py>) -> Option<PyResult<Object<'py>>> {
    match generator.cast::<PyIterator>() {
        Ok(items) => items.clone().next(),
        Err(wrong) => Some(Err(wrong.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_have_six_decimals() {
        assert_eq!(fixed_point(1.0), "1.000000");
        assert_eq!(fixed_point(-2.5), "-2.500000");
        assert_eq!(fixed_point(0.000_000_4), "0.000000");
        assert_eq!(fixed_point(1.999_999_9), "2.000000");
        assert_eq!(fixed_point(-0.0), "-0.000000");
        assert_eq!(fixed_point(1e22), "10000000000000000000000.000000");
        assert_eq!(fixed_point(f64::MAX).len(), 309 + 7);
    }

    #[test]
    fn floats_that_are_no_numbers_have_names() {
        assert_eq!(fixed_point(f64::NAN), "nan");
        assert_eq!(fixed_point(-f64::NAN), "-nan");
        assert_eq!(fixed_point(f64::INFINITY), "inf");
        assert_eq!(fixed_point(f64::NEG_INFINITY), "-inf");
    }
}
