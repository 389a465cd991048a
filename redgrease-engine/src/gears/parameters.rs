//! The arguments of functions that scripts call. Wrong ones raise the errors that scripts for RedisGears know, instead of
//! Python's `TypeError`.

use crate::python::{GearsError, Object};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

/// The arguments of a call as Python gives them.
pub(super) struct Given<'a, 'py> {
    /// The name of the function in errors.
    pub(super) function: &'a str,
    pub(super) args: &'a Bound<'py, PyTuple>,
    pub(super) kwargs: Option<&'a Bound<'py, PyDict>>,
}

impl<'py> Given<'_, 'py> {
    /// The arguments in the order of the parameters. Those beyond the first `required` may be missing.
    pub(super) fn placed<const N: usize>(
        &self,
        parameters: [&str; N],
        required: usize,
    ) -> PyResult<[Option<Object<'py>>; N]> {
        if self.args.len() > N {
            return Err(self.wrong_number());
        }
        let mut placed = parameters.map(|_| None);
        for (place, value) in placed.iter_mut().zip(self.args.iter()) {
            *place = Some(value);
        }
        for (name, value) in self.kwargs.into_iter().flatten() {
            let name = name.str()?.to_string_lossy().into_owned();
            let position = parameters.iter().position(|parameter| *parameter == name);
            let place = position.and_then(|position| placed.get_mut(position));
            match place {
                None => return Err(self.wrong(&format!("there is no argument '{name}'"))),
                Some(Some(_)) => return Err(self.wrong(&format!("'{name}' was given twice"))),
                Some(place) => *place = Some(value),
            }
        }
        if placed.iter().take(required).any(Option::is_none) {
            return Err(self.wrong_number());
        }
        Ok(placed)
    }

    /// The arguments of a function all of whose parameters are required.
    pub(super) fn all<const N: usize>(&self, parameters: [&str; N]) -> PyResult<[Object<'py>; N]> {
        let placed = self.placed(parameters, N)?;
        let all: Vec<Object<'py>> = placed.into_iter().flatten().collect();
        all.try_into().map_err(|_| self.wrong_number())
    }

    fn wrong_number(&self) -> PyErr {
        GearsError::new_err(format!(
            "wrong number of args to {} function",
            self.function
        ))
    }

    fn wrong(&self, why: &str) -> PyErr {
        GearsError::new_err(format!(
            "wrong number of args to {} function: {why}",
            self.function
        ))
    }
}
