//! Fast calls of Python functions: positional arguments without a tuple or a dictionary.

use super::{Gil, Handle, Object, Raised, Shape, shapes};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::{PyAnyMethods, PyStringMethods};
use pyo3::{Bound, PyAny, PyResult, ffi};
use std::sync::{Mutex, PoisonError};

/// A Python function that belongs to a plan.
#[derive(Debug)]
pub(crate) struct Callback {
    function: Handle,
    /// The shape and the code of a function that need not be called, such as `lambda x: x`.
    shape: Option<(Shape, Handle)>,
    /// The function as bytes, made before the server's lock was taken. The first one that needs the bytes takes them.
    pickled: Mutex<Option<Vec<u8>>>,
}

impl Callback {
    pub(crate) fn new(function: &Bound<'_, PyAny>) -> Callback {
        Callback {
            function: function.clone().unbind().into(),
            shape: shapes::of(function).map(|(shape, code)| (shape, code.into())),
            pickled: Mutex::default(),
        }
    }

    /// Shows the function to Python's garbage collector, for an object that owns the callback alone.
    pub(crate) fn visit(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.function.visit(visit)
    }

    pub(super) fn keep_pickled(&self, bytes: Vec<u8>) {
        *self.pickled.lock().unwrap_or_else(PoisonError::into_inner) = Some(bytes);
    }

    pub(super) fn take_pickled(&self) -> Option<Vec<u8>> {
        self.pickled
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    /// `true` if the function has this shape now.
    #[inline]
    pub(crate) fn has_shape(&self, shape: Shape) -> bool {
        self.shape
            .as_ref()
            .is_some_and(|(own, code)| *own == shape && shapes::has_code(&self.function, code))
    }

    /// Calls the function without arguments.
    pub(crate) fn call0<'py>(&self, py: Gil<'py>) -> PyResult<Object<'py>> {
        self.vectorcall(py, &mut [std::ptr::null_mut()])
    }

    /// Calls the function with one argument.
    pub(crate) fn call1<'py>(&self, argument: &Object<'py>) -> PyResult<Object<'py>> {
        if self.has_shape(Shape::Identity) {
            return Ok(argument.clone());
        }
        let mut arguments = [std::ptr::null_mut(), argument.as_ptr()];
        self.vectorcall(argument.py(), &mut arguments)
    }

    /// Calls the function with two arguments.
    pub(crate) fn call2<'py>(
        &self,
        first: &Object<'py>,
        second: &Object<'py>,
    ) -> PyResult<Object<'py>> {
        let mut arguments = [std::ptr::null_mut(), first.as_ptr(), second.as_ptr()];
        self.vectorcall(first.py(), &mut arguments)
    }

    /// Calls the function with three arguments.
    pub(crate) fn call3<'py>(
        &self,
        first: &Object<'py>,
        second: &Object<'py>,
        third: &Object<'py>,
    ) -> PyResult<Object<'py>> {
        let mut arguments = [
            std::ptr::null_mut(),
            first.as_ptr(),
            second.as_ptr(),
            third.as_ptr(),
        ];
        self.vectorcall(first.py(), &mut arguments)
    }

    /// The first element of `arguments` is a free slot. A bound method writes its object there during the call, instead
    /// of copying the arguments.
    fn vectorcall<'py>(
        &self,
        py: Gil<'py>,
        arguments: &mut [*mut ffi::PyObject],
    ) -> PyResult<Object<'py>> {
        let count = arguments.len() - 1;
        // SAFETY: `py` proves that this thread holds the interpreter's lock. The arguments are borrowed from objects
        // that outlive the call. The flag announces the free slot in front of them, which Python may write to.
        unsafe {
            let result = ffi::PyObject_Vectorcall(
                self.function.as_ptr(),
                arguments.as_mut_ptr().add(1).cast_const(),
                count | ffi::PY_VECTORCALL_ARGUMENTS_OFFSET,
                std::ptr::null_mut(),
            );
            if result.is_null() {
                return Err(Raised::fetch(py));
            }
            Ok(Bound::from_owned_ptr(py, result))
        }
    }

    /// The text that Python shows of the function: `<function name at 0x..>`.
    pub(crate) fn text(&self, py: Gil<'_>) -> String {
        self.function
            .bind(py)
            .str()
            .map(|text| text.to_string_lossy().into_owned())
            .unwrap_or_default()
    }

    /// The qualified name of the function. Empty if it has none.
    pub(crate) fn qualified_name(&self, py: Gil<'_>) -> String {
        let name = self.function.bind(py).getattr("__qualname__");
        let name = name.and_then(|name| name.extract::<String>());
        name.unwrap_or_default()
    }

    /// The function itself.
    pub(super) fn bind<'py>(&self, py: Gil<'py>) -> &Object<'py> {
        self.function.bind(py)
    }

    pub(crate) fn clone_ref(&self, py: Gil<'_>) -> Callback {
        Callback {
            function: self.function.clone_ref(py),
            shape: self
                .shape
                .as_ref()
                .map(|(shape, code)| (*shape, code.clone_ref(py))),
            pickled: Mutex::default(),
        }
    }
}
