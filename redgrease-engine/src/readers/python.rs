//! `PythonReader`: the items of a generator that a function returns. A function that returns another value is called
//! again for each record.

use super::Record;
use crate::python::{Callback, Gil, Handle, Raised, is_generator, next_item};

/// The records of a function.
#[derive(Debug)]
pub(crate) enum Items {
    Generator(Handle),
    Function {
        function: Callback,
        /// The result of the first call, until it is the first record.
        first: Option<Handle>,
    },
}

impl Items {
    /// Calls the function once, which shows whether it returns a generator.
    pub(super) fn new(py: Gil<'_>, function: &Callback) -> Result<Items, Raised> {
        let result = function.call0(py)?;
        Ok(if is_generator(&result) {
            Items::Generator(result.unbind())
        } else {
            Items::Function {
                function: function.clone_ref(py),
                first: Some(result.unbind()),
            }
        })
    }

    pub(super) fn next<'py>(&mut self, py: Gil<'py>) -> Option<Record<'py>> {
        match self {
            Items::Generator(generator) => next_item(generator.bind(py)),
            Items::Function { function, first } => Some(
                first
                    .take()
                    .map_or_else(|| function.call0(py), |first| Ok(first.into_bound(py))),
            ),
        }
    }
}
