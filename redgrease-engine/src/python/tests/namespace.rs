//! The initial names of scripts.

use super::error_text;
use crate::python::{globals, keep_globals, namespace};
use crate::testing::with_python;
use pyo3::prelude::*;
use pyo3::types::PyDict;

#[test]
fn scripts_find_the_names_of_the_runtime() {
    with_python(|py| {
        let globals = globals(py).unwrap();
        for name in [
            "execute",
            "GearsBuilder",
            "GB",
            "atomic",
            "log",
            "gearsFuture",
            "hashtag",
        ] {
            assert!(globals.contains(name).unwrap(), "{name}");
        }
    });
}

#[test]
fn the_runtime_is_installed_once() {
    with_python(|py| {
        let raised = keep_globals(py, &PyDict::new(py)).unwrap_err();
        assert_eq!(
            error_text(py, &raised),
            "error: the runtime was installed twice"
        );
        assert!(!globals(py).unwrap().is_empty());
    });
}

#[test]
fn a_name_that_the_runtime_lacks_is_an_error() {
    with_python(|py| {
        assert!(namespace::runtime(py, "_schedule").unwrap().is_callable());
        let raised = namespace::runtime(py, "_no_such_name").unwrap_err();
        assert_eq!(
            error_text(py, &raised),
            "error: the runtime is not complete"
        );
    });
}
