//! The arguments of functions that scripts call. Wrong ones raise the errors that scripts for RedisGears know, instead of
//! Python's `TypeError`.

use super::{GearsError, Object};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

/// Refuses arguments of a function that has none.
pub(crate) fn no_arguments(
    function: &str,
    args: &Bound<'_, PyTuple>,
    kwargs: Option<&Bound<'_, PyDict>>,
) -> PyResult<()> {
    let given = Given {
        function,
        args,
        kwargs,
    };
    given.all([]).map(|[]| ())
}

/// Refuses named arguments of a function whose arguments have no names.
pub(crate) fn no_names(function: &str, kwargs: Option<&Bound<'_, PyDict>>) -> PyResult<()> {
    match kwargs {
        Some(names) if !names.is_empty() => {
            no_arguments(function, &PyTuple::empty(names.py()), kwargs)
        }
        _ => Ok(()),
    }
}

/// The only argument of a function.
pub(crate) fn only<'py>(
    function: &str,
    args: &Bound<'py, PyTuple>,
    kwargs: Option<&Bound<'py, PyDict>>,
    parameter: &str,
) -> PyResult<Object<'py>> {
    let given = Given {
        function,
        args,
        kwargs,
    };
    given.all([parameter]).map(|[argument]| argument)
}

/// The arguments of a call as Python gives them.
pub(crate) struct Given<'a, 'py> {
    /// The name of the function in errors.
    pub(crate) function: &'a str,
    pub(crate) args: &'a Bound<'py, PyTuple>,
    pub(crate) kwargs: Option<&'a Bound<'py, PyDict>>,
}

impl<'py> Given<'_, 'py> {
    /// The arguments in the order of the parameters. Those beyond the first `required` may be missing.
    pub(crate) fn placed<const N: usize>(
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
    pub(crate) fn all<const N: usize>(&self, parameters: [&str; N]) -> PyResult<[Object<'py>; N]> {
        let placed = self.placed(parameters, N)?;
        let all: Vec<Object<'py>> = placed.into_iter().flatten().collect();
        all.try_into().map_err(|_| self.wrong_number())
    }

    /// The only argument without a name of a function that takes any named ones. The argument may have its name, too, and may
    /// be missing or `None`.
    pub(crate) fn first(&self, parameter: &str) -> PyResult<Option<Object<'py>>> {
        if self.args.len() > 1 {
            return Err(self.wrong_number());
        }
        let named = match self.kwargs {
            Some(names) => names.get_item(parameter)?,
            None => None,
        };
        let first = match (self.args.iter().next(), named) {
            (Some(_), Some(_)) => {
                return Err(self.wrong(&format!("'{parameter}' was given twice")));
            }
            (first, named) => first.or(named),
        };
        Ok(first.filter(|value| !value.is_none()))
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
