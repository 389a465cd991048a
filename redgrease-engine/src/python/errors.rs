//! The exceptions of the runtime, and the texts of exceptions for clients.

use super::Gil;
use crate::redis::TOO_DEEP;
use pyo3::exceptions::{PyException, PyKeyError, PyMemoryError, PySystemExit};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyList, PyString, PyTraceback, PyTuple, PyType};
use pyo3::{PyTypeInfo, create_exception};

/// Clients see the names of these types in tracebacks.
#[allow(non_camel_case_types)]
mod names {
    use super::{PyException, create_exception};

    create_exception!(gears, error, PyException, "An error of the gears runtime.");
    create_exception!(
        gears,
        forcestopped,
        PyException,
        "Raised in a gear that is aborted."
    );
    create_exception!(
        gears,
        flat_error,
        PyException,
        "An error whose text is sent as it is."
    );
}

pub(crate) use names::flat_error;
use names::{error, forcestopped};

/// The exception types of the runtime.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GearsError;

impl GearsError {
    pub(crate) fn new_err(message: impl Into<String>) -> PyErr {
        error::new_err(message.into())
    }

    /// `true` if an exception is an error of the runtime, or of a command.
    pub(crate) fn is(py: Gil<'_>, raised: &PyErr) -> bool {
        raised.is_instance_of::<error>(py)
    }

    /// The types with the names under which scripts see them.
    pub(crate) fn types(py: Gil<'_>) -> [(&'static str, Bound<'_, PyType>); 3] {
        [
            ("GearsError", error::type_object(py)),
            ("GearsForceStopped", forcestopped::type_object(py)),
            ("GearsFlatError", flat_error::type_object(py)),
        ]
    }

    pub(super) fn force_stopped(py: Gil<'_>) -> Bound<'_, PyType> {
        forcestopped::type_object(py)
    }
}

/// An error whose text is sent to the client as it is.
pub(crate) fn flat(message: &str) -> PyErr {
    flat_error::new_err(message.to_owned())
}

/// The text that a client gets for an exception.
///
/// | exception | text |
/// |---|---|
/// | a flat error | its own text |
/// | gears call each other too deeply | its own text, in one line |
/// | with a traceback | the lines of the traceback as Python shows a list |
/// | without a traceback, or with `PythonAttemptTraceback` 0 | type and value |
///
/// The middle of a long traceback is left out.
pub(crate) fn describe(py: Gil<'_>, raised: &PyErr) -> String {
    if raised.is_instance_of::<flat_error>(py) {
        return value(py, raised);
    }
    too_deep(py, raised).unwrap_or_else(|| shorten(whole(py, raised)))
}

/// The error of gears that call each other too deeply, as the innermost call got it. `None` for any other exception. With a
/// traceback, each of the gears would quote the error of the next one, and the first client could not read it.
fn too_deep(py: Gil<'_>, raised: &PyErr) -> Option<String> {
    let arguments = raised.value(py).getattr("args").ok()?;
    let first = arguments.cast::<PyTuple>().ok()?.get_item(0).ok()?;
    let text = first.cast::<PyString>().ok()?.to_str().ok()?;
    // The exceptions of `cmd` leave the code of the error out.
    let (code, rest) = TOO_DEEP.split_at(TOO_DEEP.find(' ')? + 1);
    let error = text.strip_prefix(code).unwrap_or(text);
    let line = error.lines().next()?;
    line.starts_with(rest).then(|| format!("{code}{line}"))
}

/// The longest text of such an exception, in bytes. The text of an error quotes that of the error below it, so that gears which call
/// each other without end would double it with each call.
const LONGEST: usize = 32 << 10;

fn shorten(text: String) -> String {
    if text.len() <= LONGEST {
        return text;
    }
    let head = text.floor_char_boundary(LONGEST / 2);
    let tail = text.ceil_char_boundary(text.len() - LONGEST / 2);
    format!(
        "{} [.. {} bytes are left out ..] {}",
        &text[..head],
        tail - head,
        &text[tail..]
    )
}

fn whole(py: Gil<'_>, raised: &PyErr) -> String {
    if crate::config::get().attempt_traceback()
        && raised.traceback(py).is_some()
        && let Ok(text) = traceback(py, raised)
    {
        return text;
    }
    let kind = raised
        .get_type(py)
        .str()
        .map(|text| text.to_string())
        .unwrap_or_default();
    format!("Error type: {kind}, Value: {}", value(py, raised))
}

/// The text that Python's exception for a refused allocation lacks.
fn out_of_memory(py: Gil<'_>, raised: &PyErr) -> Option<&'static str> {
    let is_bare = raised.is_instance_of::<PyMemoryError>(py)
        && raised
            .value(py)
            .str()
            .is_ok_and(|text| text.to_string_lossy().is_empty());
    is_bare.then_some(
        "the gear needs more memory than the machine or ExecutionMaxMemory allows: take less, or raise the setting with RG.CONFIGSET",
    )
}

fn value(py: Gil<'_>, raised: &PyErr) -> String {
    if let Some(why) = out_of_memory(py, raised) {
        return why.to_owned();
    }
    raised.value(py).str().map_or_else(
        |_| "(an exception whose text could not be made)".to_owned(),
        |text| text.to_string_lossy().into_owned(),
    )
}

fn traceback(py: Gil<'_>, raised: &PyErr) -> PyResult<String> {
    let lines = lines(py, raised, raised.traceback(py).as_ref())?;
    Ok(lines.str()?.to_string_lossy().into_owned())
}

/// The lines of an exception, from the frame `from` on.
fn lines<'py>(
    py: Gil<'py>,
    raised: &PyErr,
    from: Option<&Bound<'py, PyTraceback>>,
) -> PyResult<Bound<'py, PyList>> {
    let format = format_exception(py)?;
    let lines = format.call1((raised.get_type(py), raised.value(py), from))?;
    let lines = lines.cast_into::<PyList>()?;
    if let (Some(why), Some(last)) = (out_of_memory(py, raised), lines.len().checked_sub(1)) {
        let line: String = lines.get_item(last)?.extract()?;
        lines.set_item(last, format!("{}: {why}\n", line.trim_end()))?;
    }
    Ok(lines)
}

/// The attribute of a flat error that has the traceback of another exception.
const TRACEBACK: &str = "_redgrease_traceback";

/// The error of a coroutine that has failed: the text of the exception, as RedisGears sends it. An exception whose text alone says
/// nothing, such as `'k'` of a `KeyError`, is named. The traceback is kept beside the text.
///
/// Runs Python of the gear: the text of the exception.
pub(super) fn of_coroutine(py: Gil<'_>, raised: &PyErr) -> PyErr {
    let text = value(py, raised);
    let text = text.trim_end();
    if raised.is_instance_of::<flat_error>(py) || raised.is_instance_of::<forcestopped>(py) {
        return flat(text);
    }
    let kind = || {
        raised
            .get_type(py)
            .name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default()
    };
    let error = if text.is_empty() {
        flat(&kind())
    } else if is_bare_value(py, raised) {
        flat(&format!("{}: {text}", kind()))
    } else {
        flat(text)
    };
    if crate::config::get().attempt_traceback()
        && let Ok(lines) = lines(py, raised, own_frames(py, raised).as_ref())
        && let Ok(lines) = lines.str()
    {
        let lines = shorten(lines.to_string_lossy().into_owned());
        // Without the attribute the error has its text.
        let _ = error.value(py).setattr(TRACEBACK, lines);
    }
    error
}

/// The traceback that [`of_coroutine`] has kept.
pub(crate) fn kept_traceback(py: Gil<'_>, raised: &PyErr) -> Option<String> {
    let is_flat = raised.is_instance_of::<flat_error>(py);
    let kept = is_flat.then(|| raised.value(py).getattr(TRACEBACK).ok())?;
    kept?.extract().ok()
}

/// `true` if the text of an exception is that of a value and not a sentence: of a missing key, of an exit code.
fn is_bare_value(py: Gil<'_>, raised: &PyErr) -> bool {
    if raised.is_instance_of::<PyKeyError>(py) || raised.is_instance_of::<PySystemExit>(py) {
        return true;
    }
    let only = || {
        let arguments = raised.value(py).getattr("args").ok()?;
        let arguments = arguments.cast_into::<PyTuple>().ok()?;
        let only = (arguments.len() == 1).then(|| arguments.get_item(0).ok())??;
        let is_text = only.is_instance_of::<PyString>();
        // Its exception may have a text of its own.
        let is_shown = !is_text
            && only
                .str()
                .ok()?
                .as_any()
                .eq(raised.value(py).str().ok()?)
                .ok()?;
        Some(is_shown)
    };
    only().unwrap_or(false)
}

/// The traceback without the frames of the runtime in front, which await the coroutine.
fn own_frames<'py>(py: Gil<'py>, raised: &PyErr) -> Option<Bound<'py, PyTraceback>> {
    let mut frame = raised.traceback(py);
    while let Some(this) = &frame {
        let file = this
            .getattr("tb_frame")
            .and_then(|frame| frame.getattr("f_code")?.getattr("co_filename"))
            .and_then(|file| file.extract::<String>());
        if !file.is_ok_and(|file| file.starts_with(RUNTIME_FILES)) {
            break;
        }
        frame = this.getattr("tb_next").ok()?.cast_into().ok();
    }
    frame
}

/// The beginning of the names of the files of the runtime.
const RUNTIME_FILES: &str = "redgrease_engine/";

/// The function of Python that formats tracebacks. It is looked up when the interpreter starts, because gears can change what
/// its module contains.
pub(super) fn format_exception(py: Gil<'_>) -> PyResult<&Bound<'_, PyAny>> {
    static FORMAT: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let found = || {
        PyResult::Ok(
            py.import("traceback")?
                .getattr("format_exception")?
                .unbind(),
        )
    };
    Ok(FORMAT.get_or_try_init(py, found)?.bind(py))
}
