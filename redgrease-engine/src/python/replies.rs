//! Redis replies to Python values, Python values to Redis replies. The rules are those that clients of RedisGears
//! observe.

use super::errors::GearsError;
use super::values::{bytes_of, from_bytes, integer, list, none};
use super::{Gil, Object};
use crate::redis::{Element, OwnedReply, Reply, ReplyKind};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyFloat, PyInt, PyList, PyString};

/// The deepest nesting of lists in a reply. A deeper list, or a list that contains itself, would overflow the server's
/// stack.
const MAX_DEPTH: usize = 128;

/// The value that is written as nil. `None` cannot be: clients of RedisGears receive a text for it.
#[pyclass(name = "Nil", module = "redgrease_commands.nil", frozen)]
#[derive(Debug)]
pub(crate) struct Nil;

/// Makes the value of a text in a reply.
type OfText = for<'py> fn(Gil<'py>, &[u8]) -> PyResult<Object<'py>>;

/// The result of `execute` for a reply. A reply that is an error is raised.
pub(crate) fn from_reply<'py>(py: Gil<'py>, reply: Element<'_>) -> PyResult<Object<'py>> {
    raised(reply)?;
    nested(py, reply)
}

/// As [`from_reply`], with `bytes` for texts.
pub(crate) fn bytes_from_reply<'py>(py: Gil<'py>, reply: Element<'_>) -> PyResult<Object<'py>> {
    raised(reply)?;
    value(py, reply, bytes_of)
}

fn raised(reply: Element<'_>) -> PyResult<()> {
    if reply.kind() != ReplyKind::Error {
        return Ok(());
    }
    // Scripts for RedisGears see the line end of the protocol here.
    let text = String::from_utf8_lossy(reply.bytes());
    Err(GearsError::new_err(format!(
        "{}\r\n",
        text.trim_end_matches(['\r', '\n'])
    )))
}

/// As [`from_reply`], for a reply that was kept.
pub(crate) fn from_owned<'py>(py: Gil<'py>, reply: &OwnedReply) -> PyResult<Object<'py>> {
    raised_owned(reply)?;
    owned(py, reply, from_bytes)
}

/// As [`bytes_from_reply`], for a reply that was kept.
pub(crate) fn bytes_from_owned<'py>(py: Gil<'py>, reply: &OwnedReply) -> PyResult<Object<'py>> {
    raised_owned(reply)?;
    owned(py, reply, bytes_of)
}

fn raised_owned(reply: &OwnedReply) -> PyResult<()> {
    match reply {
        OwnedReply::Error(text) => Err(GearsError::new_err(format!("{text}\r\n"))),
        _ => Ok(()),
    }
}

/// The value of a kept reply. An error inside an array is a text.
fn owned<'py>(py: Gil<'py>, reply: &OwnedReply, of_text: OfText) -> PyResult<Object<'py>> {
    match reply {
        OwnedReply::Text(bytes) => of_text(py, bytes),
        OwnedReply::Status(text) | OwnedReply::Error(text) => of_text(py, text.as_bytes()),
        OwnedReply::Integer(number) => Ok(integer(py, *number)),
        OwnedReply::Null => Ok(none(py)),
        OwnedReply::Array(items) => {
            let items = items.iter().map(|item| owned(py, item, of_text));
            list(py, items.collect::<PyResult<Vec<_>>>()?)
        }
    }
}

/// The value of a reply. An error inside an array is a text.
pub(crate) fn nested<'py>(py: Gil<'py>, reply: Element<'_>) -> PyResult<Object<'py>> {
    value(py, reply, from_bytes)
}

fn value<'py>(py: Gil<'py>, reply: Element<'_>, of_text: OfText) -> PyResult<Object<'py>> {
    match reply.kind() {
        ReplyKind::Text | ReplyKind::Error => of_text(py, reply.bytes()),
        ReplyKind::Integer => Ok(reply.integer().into_pyobject(py)?.into_any()),
        ReplyKind::Null => Ok(py.None().into_bound(py)),
        ReplyKind::Array => {
            let list = PyList::empty(py);
            for index in 0..reply.len() {
                match reply.element(index) {
                    Some(element) => list.append(value(py, element, of_text)?)?,
                    None => list.append(py.None())?,
                }
            }
            Ok(list.into_any())
        }
    }
}

/// `true` if a reply with these values has at most `limit` bytes, nearly. A list may have the same element many times, so a
/// reply can be much larger than the values.
pub(crate) fn fits_reply(values: &[Object<'_>], limit: u64) -> bool {
    let mut left = limit;
    values.iter().all(|value| measure(value, 0, &mut left))
}

/// The bytes that count for each element besides its text. A reply of many small elements costs time, too.
const ELEMENT: u64 = 64;

fn measure(value: &Object<'_>, depth: usize, left: &mut u64) -> bool {
    let bytes = if let Ok(text) = value.cast::<PyString>() {
        text.len().unwrap_or_default()
    } else if let Ok(bytes) = value.cast::<PyBytes>() {
        bytes.as_bytes().len()
    } else {
        0
    };
    let Some(rest) = left.checked_sub(ELEMENT + bytes as u64) else {
        return false;
    };
    *left = rest;
    match value.cast::<PyList>() {
        Ok(list) if depth < MAX_DEPTH => (0..list.len()).all(|index| match list.get_item(index) {
            Ok(item) => measure(&item, depth + 1, left),
            Err(_) => true,
        }),
        _ => true,
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
    } else if value.is_instance_of::<Nil>() {
        reply.null();
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
