//! `PythonReader`: the items of the generator that a function gives, or of any other function its
//! result, again and again.

use super::Record;
use crate::python::{Callback, Gil, Handle, Raised, is_generator, next_item};

#[derive(Debug)]
pub(crate) enum Items {
    Generator(Handle),
    Function {
        function: Callback,
        first: Option<Handle>,
    },
}

impl Items {
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
