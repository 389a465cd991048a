//! Which functions need not be called.

use crate::python::{Shape, shapes};
use crate::testing::{eval, run, with_python};

fn shape(expression: &str) -> Option<Shape> {
    with_python(|py| shapes::of(&eval(py, expression)).map(|(shape, _)| shape))
}

fn shape_after(statements: &str) -> Option<Shape> {
    with_python(|py| shapes::of(&run(py, statements, "f")).map(|(shape, _)| shape))
}

fn is_identity(expression: &str) -> bool {
    shape(expression) == Some(Shape::Identity)
}

fn is_identity_after(statements: &str) -> bool {
    shape_after(statements) == Some(Shape::Identity)
}

#[test]
fn the_name_of_the_parameter_does_not_matter() {
    assert!(is_identity("lambda x: x"));
    assert!(is_identity("lambda record: record"));
    assert!(is_identity_after("def f(x):\n    return x"));
    assert!(is_identity("lambda x=5: x"));
}

#[test]
fn functions_that_do_something_else_are_no_identity() {
    for expression in [
        "lambda x: [x]",
        "lambda x: None",
        "lambda x: 1",
        "lambda x: x.y",
        "lambda x: y",
        "lambda: 1",
        "lambda x, y: x",
        "lambda x, y=1: y",
        "lambda *x: x",
        "lambda **x: x",
        "lambda *, x: x",
        "lambda x: (yield x)",
    ] {
        assert!(!is_identity(expression), "{expression}");
    }
}

#[test]
fn async_functions_and_generators_are_no_identity() {
    assert!(!is_identity_after("async def f(x):\n    return x"));
    assert!(!is_identity_after("def f(x):\n    return x\n    yield"));
    assert!(!is_identity_after("async def f(x):\n    yield x"));
}

#[test]
fn a_variable_of_an_outer_function_is_no_parameter() {
    assert!(!is_identity("(lambda x: lambda y: x)(1)"));
    assert!(!is_identity("(lambda x: lambda: x)(1)"));
}

#[test]
fn callables_that_are_no_functions_are_no_identity() {
    for expression in ["len", "dict", "'x'.join", "5", "partial(lambda x: x)"] {
        assert!(!is_identity(expression), "{expression}");
    }
}

#[test]
fn the_words_of_a_value_are_known() {
    for expression in [
        "lambda x: x['value'].split()",
        "lambda record: record['value'].split()",
        "lambda r: (r[\"value\"].split())",
    ] {
        assert_eq!(shape(expression), Some(Shape::WordsOfValue), "{expression}");
    }
    let definition = "def f(record):\n    return record['value'].split()";
    assert_eq!(shape_after(definition), Some(Shape::WordsOfValue));
}

#[test]
fn functions_that_do_something_else_have_no_shape() {
    for expression in [
        "lambda x: x['key'].split()",
        "lambda x: x['value'].split(' ')",
        "lambda x: x['value'].split(None, 1)",
        "lambda x: x['value'].rsplit()",
        "lambda x: x['value'].upper().split()",
        "lambda x: x['value'].split",
        "lambda x: x['value']",
        "lambda x: x.value.split()",
        "lambda x, y=1: x['value'].split()",
        "lambda *x: x['value'].split()",
        "lambda x: y['value'].split()",
        "(lambda x: lambda y: x['value'].split())(1)",
    ] {
        assert_eq!(shape(expression), None, "{expression}");
    }
    assert_eq!(
        shape_after("async def f(x):\n    return x['value'].split()"),
        None
    );
    assert_eq!(
        shape_after("def f(x):\n    yield\n    return x['value'].split()"),
        None
    );
}
