//! The keyword arguments of `run` and `register`.

use crate::plan::Mode;
use crate::python::{GearsError, Object};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyString};
use std::ops::RangeInclusive;

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

    /// A whole number in a range. `not_number` is the error for a value of another kind, `what` says what the number is.
    pub(super) fn number_in(
        &self,
        name: &str,
        range: RangeInclusive<i64>,
        what: &str,
        not_number: &'static str,
    ) -> PyResult<Option<i64>> {
        let Some(value) = self.get(name)? else {
            return Ok(None);
        };
        let is_whole = value.is_instance_of::<PyInt>();
        if !is_whole && !value.is_instance_of::<PyFloat>() {
            return Err(GearsError::new_err(not_number));
        }
        let number = is_whole.then(|| value.extract::<i64>().ok()).flatten();
        match number.filter(|number| range.contains(number)) {
            Some(number) => Ok(Some(number)),
            None => Err(GearsError::new_err(format!(
                "{name} is {}: write {what}, a whole number from {} to {}",
                short(&value),
                range.start(),
                range.end()
            ))),
        }
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

    /// `true` if an option is `True` or `False`, which Python takes for numbers.
    pub(super) fn is_flag(&self, name: &str) -> PyResult<bool> {
        let value = self.get(name)?;
        Ok(value.is_some_and(|value| value.is_instance_of::<PyBool>()))
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

/// A number for an error. Python refuses to show very long ones, and nobody reads them.
fn short(value: &Object<'_>) -> String {
    const MOST: usize = 30;
    match value.str().map(|text| text.to_string_lossy().into_owned()) {
        Ok(text) if text.len() <= MOST => text,
        _ => "a number with too many digits".to_owned(),
    }
}
