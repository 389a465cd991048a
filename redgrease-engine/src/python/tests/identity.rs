//! Which functions return their argument and do nothing else.

use crate::python::identity;
use crate::testing::{eval, run, with_python};

fn is_identity(expression: &str) -> bool {
    with_python(|py| identity::code(&eval(py, expression)).is_some())
}

fn is_identity_after(statements: &str) -> bool {
    with_python(|py| identity::code(&run(py, statements, "f")).is_some())
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
