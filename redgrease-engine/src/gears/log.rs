//! `log`: writes a text of a script to the server's log.

use crate::python::{GearsError, Given, Object};
use crate::redis::{self, Level};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};

/// `log(text, level)` or `log(level, text)`: of two arguments without names, the one that is a level is the level.
#[pyfunction]
#[pyo3(signature = (*args, **kwargs))]
pub(super) fn log(args: &Bound<'_, PyTuple>, kwargs: Option<&Bound<'_, PyDict>>) -> PyResult<()> {
    let given = Given {
        function: "log",
        args,
        kwargs,
    };
    let [first, second] = given.placed(["msg", "level"], 0)?;
    let level_is_first = args.len() == 2 && first.as_ref().is_some_and(is_level);
    let (message, level) = if level_is_first {
        (second, first)
    } else {
        (first, second)
    };
    let message = message.ok_or_else(|| wrong("log function must get a log message as input"))?;
    let message = message
        .cast::<PyString>()
        .map_err(|_| wrong("Log message must be a string"))?;
    let level = match level {
        None => Level::Notice,
        Some(level) => {
            let word = level
                .cast::<PyString>()
                .map_err(|_| wrong("Log level must be a sting (debug/verbose/notice/warning)"))?;
            Level::parse(&word.to_string_lossy()).ok_or_else(|| {
                wrong("Log level should be one of the following : debug,verbose,notice,warning")
            })?
        }
    };
    redis::log(level, &format!("GEARS: {}", message.to_string_lossy()));
    Ok(())
}

fn is_level(value: &Object<'_>) -> bool {
    value
        .cast::<PyString>()
        .is_ok_and(|word| Level::parse(&word.to_string_lossy()).is_some())
}

fn wrong(text: &'static str) -> PyErr {
    GearsError::new_err(text)
}

/// Writes a line of a script's standard output or standard error to the server's log.
#[pyfunction]
pub(super) fn write_log(line: &Bound<'_, PyString>, warning: bool) {
    let level = if warning {
        Level::Warning
    } else {
        Level::Notice
    };
    redis::log(level, &line.to_string_lossy());
}
