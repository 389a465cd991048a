//! Calling functions.

use super::error_text;
use crate::python::{Callback, none};
use crate::testing::{eval, function, repr, run, with_python};
use pyo3::prelude::*;

#[test]
fn arguments_arrive_in_their_order() {
    with_python(|py| {
        let all = function(py, "lambda *a: a");
        let (one, two, three) = (eval(py, "1"), eval(py, "'b'"), eval(py, "[3]"));
        assert_eq!(repr(&all.call0(py).unwrap()), "()");
        assert_eq!(repr(&all.call1(&one).unwrap()), "(1,)");
        assert_eq!(repr(&all.call2(&one, &two).unwrap()), "(1, 'b')");
        assert_eq!(
            repr(&all.call3(&one, &two, &three).unwrap()),
            "(1, 'b', [3])"
        );
    });
}

#[test]
fn a_bound_method_gets_its_object_first() {
    with_python(|py| {
        let method = function(
            py,
            "type('C', (), {'m': lambda self, *a: (type(self).__name__, a)})().m",
        );
        let (one, two) = (eval(py, "1"), eval(py, "2"));
        assert_eq!(repr(&method.call0(py).unwrap()), "('C', ())");
        assert_eq!(repr(&method.call1(&one).unwrap()), "('C', (1,))");
        assert_eq!(repr(&method.call2(&one, &two).unwrap()), "('C', (1, 2))");
        assert_eq!(
            repr(&method.call3(&one, &two, &one).unwrap()),
            "('C', (1, 2, 1))"
        );
    });
}

#[test]
fn native_functions_and_classes_are_called_as_well() {
    with_python(|py| {
        assert_eq!(
            repr(&function(py, "len").call1(&eval(py, "'abc'")).unwrap()),
            "3"
        );
        assert_eq!(repr(&function(py, "dict").call0(py).unwrap()), "{}");
    });
}

#[test]
fn an_exception_is_returned_and_not_left_behind() {
    with_python(|py| {
        let failing = function(py, "lambda *a: 1 / 0");
        let raised = failing.call0(py).unwrap_err();
        assert_eq!(
            error_text(py, &raised),
            "ZeroDivisionError: division by zero"
        );
        assert!(failing.call3(&none(py), &none(py), &none(py)).is_err());
        assert!(pyo3::PyErr::take(py).is_none());
    });
}

#[test]
fn a_value_that_is_no_function_cannot_be_called() {
    with_python(|py| {
        let raised = function(py, "5").call0(py).unwrap_err();
        assert_eq!(
            error_text(py, &raised),
            "TypeError: 'int' object is not callable"
        );
    });
}

#[test]
fn the_result_of_an_identity_function_is_its_argument() {
    with_python(|py| {
        let argument = eval(py, "[1]");
        let result = function(py, "lambda x: x").call1(&argument).unwrap();
        assert!(result.is(&argument));
    });
}

/// The short cut for `lambda x: x` must notice that Python code replaced the code of the function.
#[test]
fn an_identity_function_whose_code_changed_is_called() {
    with_python(|py| {
        let object = run(py, "f = lambda x: x", "f");
        let callback = Callback::new(&object);
        let copy = callback.clone_ref(py);
        object
            .setattr("__code__", eval(py, "(lambda x: [x]).__code__"))
            .unwrap();
        let argument = eval(py, "1");
        assert_eq!(repr(&callback.call1(&argument).unwrap()), "[1]");
        assert_eq!(repr(&copy.call1(&argument).unwrap()), "[1]");
    });
}

#[test]
fn a_function_that_became_an_identity_is_called() {
    with_python(|py| {
        let object = run(py, "f = lambda x: [x]", "f");
        let callback = Callback::new(&object);
        object
            .setattr("__code__", eval(py, "(lambda x: x).__code__"))
            .unwrap();
        assert_eq!(repr(&callback.call1(&eval(py, "1")).unwrap()), "1");
    });
}

/// The short cut is for calls with one argument only.
#[test]
fn an_identity_function_refuses_other_numbers_of_arguments() {
    with_python(|py| {
        let identity = function(py, "lambda x: x");
        assert!(identity.call0(py).is_err());
        assert!(identity.call2(&none(py), &none(py)).is_err());
    });
}

#[test]
fn the_text_of_a_function_names_it() {
    with_python(|py| {
        let text = function(py, "lambda x: x").text(py);
        assert!(text.starts_with("<function <lambda> at 0x"), "{text}");
    });
}

#[test]
fn the_text_of_a_function_without_a_text_is_empty() {
    with_python(|py| {
        let broken = function(py, "type('C', (), {'__str__': lambda self: 1 / 0})()");
        assert_eq!(broken.text(py), "");
    });
}
