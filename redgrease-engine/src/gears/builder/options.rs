//! The keyword arguments of `run` and `register`.

use crate::plan::Mode;
use crate::python::{GearsError, Object};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyString};

/// Keyword arguments. Unknown ones are ignored, because scripts for RedisGears rely on that.
pub(super) struct Options<'a, 'py>(pub(super) Option<&'a Bound<'py, PyDict>>);

impl<'py> Options<'_, 'py> {
    /// The value of an option. `None` if the option is missing or is Python's `None`.
    pub(super) fn get(&self, name: &str) -> PyResult<Option<Object<'py>>> {
        let Some(given) = self.0 else { return Ok(None) };
        Ok(given.get_item(name)?.filter(|value| !value.is_none()))
    }

    pub(super) fn flag(&self, name: &str, error: &str) -> PyResult<Option<bool>> {
        match self.get(name)? {
            None => Ok(None),
            Some(value) => match value.cast::<PyBool>() {
                Ok(flag) => Ok(Some(flag.is_true())),
                Err(_) => Err(GearsError::new_err(error)),
            },
        }
    }

    pub(super) fn number(&self, name: &str, error: &'static str) -> PyResult<Option<i64>> {
        self.get(name)?
            .map(|value| {
                value
                    .extract::<i64>()
                    .map_err(|_| GearsError::new_err(error))
            })
            .transpose()
    }

    pub(super) fn float(&self, name: &str, error: &'static str) -> PyResult<Option<f64>> {
        self.get(name)?
            .map(|value| {
                value
                    .extract::<f64>()
                    .map_err(|_| GearsError::new_err(error))
            })
            .transpose()
    }

    pub(super) fn texts(
        &self,
        name: &str,
        not_iterable: &str,
        not_text: &str,
    ) -> PyResult<Option<Vec<String>>> {
        let Some(value) = self.get(name)? else {
            return Ok(None);
        };
        let items = value
            .try_iter()
            .map_err(|_| GearsError::new_err(not_iterable.to_owned()))?;
        items
            .map(|item| {
                item?
                    .extract::<String>()
                    .map_err(|_| GearsError::new_err(not_text.to_owned()))
            })
            .collect::<PyResult<Vec<String>>>()
            .map(Some)
    }

    pub(super) fn mode(&self) -> PyResult<Mode> {
        match self.get("mode")? {
            None => Ok(Mode::Async),
            Some(value) => match value.cast::<PyString>() {
                Err(_) => Err(GearsError::new_err("execution mode must be a string")),
                Ok(word) => Mode::parse(&word.to_string_lossy())
                    .ok_or_else(|| GearsError::new_err("unknown execution mode")),
            },
        }
    }
}
