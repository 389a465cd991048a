//! Calling a Python function, fast: positional arguments, no tuple, no dictionary.

use super::{Gil, Object, Raised, identity};
use pyo3::prelude::{PyAnyMethods, PyStringMethods};
use pyo3::{Bound, Py, PyAny, PyResult, ffi};

/// A Python function that belongs to a plan.
#[derive(Debug)]
pub(crate) struct Callback {
    function: Py<PyAny>,
    /// Its code, if that only gives back its argument, as that of `lambda x: x` does.
    identity: Option<Py<PyAny>>,
}

impl Callback {
    pub(crate) fn new(function: &Bound<'_, PyAny>) -> Callback {
        Callback {
            function: function.clone().unbind(),
            identity: identity::code(function),
        }
    }

    /// Calls it without arguments.
    pub(crate) fn call0<'py>(&self, py: Gil<'py>) -> PyResult<Object<'py>> {
        self.vectorcall(py, &[std::ptr::null_mut()])
    }

    /// Calls it with one argument.
    pub(crate) fn call1<'py>(&self, argument: &Object<'py>) -> PyResult<Object<'py>> {
        if let Some(code) = &self.identity
            && identity::has_code(&self.function, code)
        {
            return Ok(argument.clone());
        }
        let arguments = [std::ptr::null_mut(), argument.as_ptr()];
        self.vectorcall(argument.py(), &arguments)
    }

    /// Calls it with two arguments.
    pub(crate) fn call2<'py>(
        &self,
        first: &Object<'py>,
        second: &Object<'py>,
    ) -> PyResult<Object<'py>> {
        let arguments = [std::ptr::null_mut(), first.as_ptr(), second.as_ptr()];
        self.vectorcall(first.py(), &arguments)
    }

    /// Calls it with three arguments.
    pub(crate) fn call3<'py>(
        &self,
        first: &Object<'py>,
        second: &Object<'py>,
        third: &Object<'py>,
    ) -> PyResult<Object<'py>> {
        let arguments = [
            std::ptr::null_mut(),
            first.as_ptr(),
            second.as_ptr(),
            third.as_ptr(),
        ];
        self.vectorcall(first.py(), &arguments)
    }

    /// `arguments` starts with the free slot that lets a method put its `self` in front.
    fn vectorcall<'py>(
        &self,
        py: Gil<'py>,
        arguments: &[*mut ffi::PyObject],
    ) -> PyResult<Object<'py>> {
        let count = arguments.len() - 1;
        // SAFETY: `py` proves that the interpreter is held; the arguments are borrowed from
        // objects that outlive the call; the flag announces the free slot in front.
        unsafe {
            let result = ffi::PyObject_Vectorcall(
                self.function.as_ptr(),
                arguments.as_ptr().add(1),
                count | ffi::PY_VECTORCALL_ARGUMENTS_OFFSET,
                std::ptr::null_mut(),
            );
            if result.is_null() {
                return Err(Raised::fetch(py));
            }
            Ok(Bound::from_owned_ptr(py, result))
        }
    }

    /// What Python shows of it: `<function name at 0x..>`.
    pub(crate) fn text(&self, py: Gil<'_>) -> String {
        self.function
            .bind(py)
            .str()
            .map(|text| text.to_string_lossy().into_owned())
            .unwrap_or_default()
    }

    /// The function itself.
    pub(super) fn bind<'py>(&self, py: Gil<'py>) -> &Object<'py> {
        self.function.bind(py)
    }

    pub(crate) fn clone_ref(&self, py: Gil<'_>) -> Callback {
        Callback {
            function: self.function.clone_ref(py),
            identity: self.identity.as_ref().map(|code| code.clone_ref(py)),
        }
    }
}
