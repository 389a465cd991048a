//! Exceptions as texts for clients.

use crate::python::{Callback, GearsError, describe, flat};
use crate::testing::{eval, function, run, with_python};
use pyo3::prelude::*;

#[test]
fn a_flat_error_is_its_text() {
    with_python(|py| assert_eq!(describe(py, &flat("ERR no\nsuch key")), "ERR no\nsuch key"));
}

#[test]
fn the_middle_of_a_long_traceback_is_left_out() {
    with_python(|py| {
        let source = "def f():\n    raise ValueError('é' * 10**6 + 'end')";
        let raised = run(py, source, "f").call0().unwrap_err();
        let text = describe(py, &raised);
        assert!(text.len() < 40_000, "{} bytes", text.len());
        assert!(text.contains("bytes are left out") && text.contains("Traceback"));
        assert!(text.contains("ééend"), "the end is kept");
    });
}

#[test]
fn a_flat_error_with_a_traceback_is_its_text() {
    with_python(|py| {
        let raised = function(py, "lambda: flat_error('ERR no')")
            .call0(py)
            .unwrap_err();
        assert!(raised.traceback(py).is_some());
        assert_eq!(describe(py, &raised), "ERR no");
    });
}

#[test]
fn a_subclass_of_a_flat_error_is_its_text() {
    with_python(|py| {
        let source = "class Mine(redisgears.GearsFlatError):\n    pass\nf = Mine('own')";
        let raised = PyErr::from_value(run(py, source, "f"));
        assert_eq!(describe(py, &raised), "own");
    });
}

#[test]
fn an_exception_without_a_traceback_is_its_type_and_value() {
    with_python(|py| {
        let raised = GearsError::new_err("bad");
        assert_eq!(
            describe(py, &raised),
            "Error type: <class 'gears.error'>, Value: bad"
        );
        let raised = PyErr::from_value(eval(py, "KeyError('k')"));
        assert_eq!(
            describe(py, &raised),
            "Error type: <class 'KeyError'>, Value: 'k'"
        );
    });
}

#[test]
fn an_exception_with_a_traceback_is_the_list_of_its_lines() {
    with_python(|py| {
        let source = "def f():\n    raise ValueError('bad')";
        let raised = Callback::new(&run(py, source, "f")).call0(py).unwrap_err();
        let text = describe(py, &raised);
        assert!(
            text.starts_with("['Traceback (most recent call last):\\n', "),
            "{text}"
        );
        assert!(text.contains("line 2, in f"), "{text}");
        assert!(text.ends_with(", 'ValueError: bad\\n']"), "{text}");
    });
}

#[test]
fn an_exception_whose_text_cannot_be_made_has_a_text_nevertheless() {
    with_python(|py| {
        let source =
            "class Mine(Exception):\n    def __str__(self):\n        return 1 / 0\nf = Mine()";
        let raised = PyErr::from_value(run(py, source, "f"));
        let text = describe(py, &raised);
        assert!(
            text.ends_with("Value: (an exception whose text could not be made)"),
            "{text}"
        );
        assert!(PyErr::take(py).is_none());
    });
}

#[test]
fn a_text_that_is_not_unicode_is_shown_with_replacements() {
    with_python(|py| {
        let raised = PyErr::from_value(eval(py, "redisgears.GearsFlatError('a\\ud800b')"));
        let text = describe(py, &raised);
        assert!(
            text.starts_with('a') && text.ends_with('b') && text.contains('\u{fffd}'),
            "{text}"
        );
    });
}

#[test]
fn scripts_see_the_exceptions_under_their_names() {
    with_python(|py| {
        let names =
            GearsError::types(py).map(|(name, kind)| format!("{name} {}", kind.str().unwrap()));
        let expected = [
            "GearsError <class 'gears.error'>",
            "GearsForceStopped <class 'gears.forcestopped'>",
            "GearsFlatError <class 'gears.flat_error'>",
        ];
        assert_eq!(names, expected);
    });
}
