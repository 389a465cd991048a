//! `PythonReader`: the items of the iterator that a function returns, which may be a generator.
//!
//! A function that returns another value has no end. RedisGears calls it again for each record. So does this engine, if the
//! plan has a limit; without a limit the function is refused.

use super::Record;
use crate::python::{
    Callback, Gil, Handle, Object, Raised, flat, is_iterator, next_item, type_name,
};

/// The records of a function.
#[derive(Debug)]
pub(crate) enum Items {
    Iterator(Handle),
    Function {
        function: Callback,
        /// The result of the first call, until it is the first record.
        first: Option<Handle>,
    },
}

impl Items {
    /// Calls the function once, which shows whether it returns an iterator. `repeats`: the function may return another
    /// value.
    pub(super) fn new(py: Gil<'_>, function: &Callback, repeats: bool) -> Result<Items, Raised> {
        let result = function.call0(py)?;
        if is_iterator(&result) {
            Ok(Items::Iterator(result.unbind().into()))
        } else if repeats {
            Ok(Items::Function {
                function: function.clone_ref(py),
                first: Some(result.unbind().into()),
            })
        } else {
            Err(flat(&no_iterator(&result)))
        }
    }

    pub(super) fn next<'py>(&mut self, py: Gil<'py>) -> Option<Record<'py>> {
        match self {
            Items::Iterator(items) => next_item(items.bind(py)),
            Items::Function { function, first } => Some(
                first
                    .take()
                    .map_or_else(|| function.call0(py), |first| Ok(first.into_bound(py))),
            ),
        }
    }
}

fn no_iterator(result: &Object<'_>) -> String {
    format!(
        "ERR the function of the PythonReader returned a value of the type {}, which never ends: give the records with \
         yield, return an iterator such as iter(records), or add limit(n)",
        type_name(result)
    )
}
