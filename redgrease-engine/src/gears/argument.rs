//! Arguments and replies of the commands that Python runs.

use crate::python::{Object, bytes_from_owned, bytes_from_reply, from_owned, from_reply};
use crate::redis::{Element, OwnedReply};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyByteArray, PyBytes, PyFloat, PyInt, PyMemoryView, PyString};

/// The types that a command takes and gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `execute`: takes values of any type, gives texts.
    Text,
    /// `cmd`: takes texts, bytes and numbers, as redis-py does, and gives bytes.
    Bytes,
    /// `redgrease.cmd`: takes values of any type, gives bytes.
    AnyToBytes,
}

impl Form {
    /// The value of a reply. A reply that is an error is raised.
    pub(super) fn of_reply<'py>(
        self,
        py: Python<'py>,
        reply: Element<'_>,
    ) -> PyResult<Object<'py>> {
        match self {
            Form::Text => from_reply(py, reply),
            Form::Bytes | Form::AnyToBytes => bytes_from_reply(py, reply),
        }
    }

    /// As [`Self::of_reply`], for a reply that was kept.
    pub(super) fn of_kept<'py>(self, py: Python<'py>, reply: &OwnedReply) -> PyResult<Object<'py>> {
        match self {
            Form::Text => from_owned(py, reply),
            Form::Bytes | Form::AnyToBytes => bytes_from_owned(py, reply),
        }
    }
}

/// One argument of a command. Keeps the Python object alive while its bytes are borrowed.
pub(super) enum Argument<'py> {
    Text(Bound<'py, PyString>),
    Bytes(Bound<'py, PyBytes>),
}

impl<'py> Argument<'py> {
    pub(super) fn new(value: Object<'py>, form: Form) -> PyResult<Argument<'py>> {
        let value = match value.cast_into::<PyString>() {
            Ok(text) if form == Form::AnyToBytes && text.to_str().is_err() => {
                let bytes = text.call_method1("encode", ("utf-8", "surrogateescape"))?;
                return Ok(Argument::Bytes(bytes.cast_into()?));
            }
            Ok(text) => return Ok(Argument::Text(text)),
            Err(other) => other.into_inner(),
        };
        let value = match value.cast_into::<PyBytes>() {
            Ok(bytes) => return Ok(Argument::Bytes(bytes)),
            Err(other) => other.into_inner(),
        };
        if let Ok(array) = value.cast::<PyByteArray>() {
            return Ok(Argument::Bytes(PyBytes::new(value.py(), &array.to_vec())));
        }
        if form != Form::Text && value.is_instance_of::<PyMemoryView>() {
            let bytes = value.call_method0("tobytes")?;
            return Ok(Argument::Bytes(bytes.cast_into()?));
        }
        if form == Form::Bytes && !is_number(&value) {
            return Err(refused(&value));
        }
        Ok(Argument::Text(value.str()?))
    }

    pub(super) fn bytes(&self) -> PyResult<&[u8]> {
        match self {
            Argument::Text(text) => Ok(text.to_str()?.as_bytes()),
            Argument::Bytes(bytes) => Ok(bytes.as_bytes()),
        }
    }
}

fn is_number(value: &Object<'_>) -> bool {
    let is_number = value.is_instance_of::<PyInt>() || value.is_instance_of::<PyFloat>();
    is_number && !value.is_instance_of::<PyBool>()
}

/// The `DataError` for a value that is neither a text nor bytes nor a number, in the words of redis-py.
fn refused(value: &Object<'_>) -> PyErr {
    let raise = || -> PyResult<PyErr> {
        let name = value.get_type().name()?;
        let text = format!(
            "Invalid input of type: '{}'. Convert to a bytes, string, int or float first.",
            name.to_string_lossy()
        );
        let kinds = value.py().import("redgrease_commands.exceptions")?;
        let error = kinds.getattr("DataError")?.call1((text,))?;
        Ok(PyErr::from_value(error))
    };
    raise().unwrap_or_else(|error| error)
}
