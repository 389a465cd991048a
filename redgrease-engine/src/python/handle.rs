//! Python values that are kept without the interpreter.

use super::attach::is_attached;
use super::{Gil, freeing};
use pyo3::ffi;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use std::fmt;
use std::mem::ManuallyDrop;

/// A Python value that is kept without the interpreter's lock.
///
/// A value that is dropped without the interpreter is freed by the thread of `freeing.rs`: its destructor may be Python.
pub(crate) struct Handle<T = PyAny>(ManuallyDrop<Py<T>>);

impl<T> Handle<T> {
    pub(crate) fn bind<'py>(&self, py: Gil<'py>) -> &Bound<'py, T> {
        self.0.bind(py)
    }

    pub(crate) fn clone_ref(&self, py: Gil<'_>) -> Handle<T> {
        self.0.clone_ref(py).into()
    }

    pub(crate) fn into_bound(self, py: Gil<'_>) -> Bound<'_, T> {
        self.into_inner().into_bound(py)
    }

    /// Shows the value to Python's garbage collector.
    pub(super) fn visit(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&*self.0)
    }

    pub(super) fn as_ptr(&self) -> *mut ffi::PyObject {
        self.0.as_ptr()
    }

    fn into_inner(self) -> Py<T> {
        let mut kept = ManuallyDrop::new(self);
        // SAFETY: `kept` is not used or dropped afterwards.
        unsafe { ManuallyDrop::take(&mut kept.0) }
    }
}

impl<T> fmt::Debug for Handle<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl<T> From<Py<T>> for Handle<T> {
    fn from(value: Py<T>) -> Handle<T> {
        Handle(ManuallyDrop::new(value))
    }
}

impl<T> Drop for Handle<T> {
    fn drop(&mut self) {
        // SAFETY: the field is not used afterwards.
        let value = unsafe { ManuallyDrop::take(&mut self.0) };
        if is_attached() {
            drop(value);
        } else {
            freeing::later(value.into_any());
        }
    }
}
