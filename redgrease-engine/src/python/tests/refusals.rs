//! Stored functions that cannot be read.

use crate::python::{Callback, Holder, pickle, unpickle};
use crate::testing::{eval, function, run, with_python};
use pyo3::prelude::*;

fn stored() -> Vec<u8> {
    with_python(|py| pickle(&function(py, "lambda x: [x]")).unwrap())
}

fn refusal(bytes: &[u8]) -> String {
    with_python(|_| unpickle(bytes, Holder::Call).map(|_| ()).unwrap_err())
}

#[test]
fn bytes_of_another_kind_are_refused() {
    for bytes in [&b""[..], b"RGP", b"GPPF\x01", b"nonsense that is longer"] {
        assert_eq!(refusal(bytes), "ValueError: it is not a stored function");
    }
}

#[test]
fn bytes_of_another_format_are_refused() {
    let mut bytes = stored();
    bytes[4] = 2;
    assert_eq!(
        refusal(&bytes),
        "ValueError: it was stored by another version of the engine"
    );
}

#[test]
fn bytes_of_another_python_are_refused() {
    let mut bytes = stored();
    bytes[6] += 1;
    let refused = refusal(&bytes);
    let stored_by = format!(
        "ValueError: it was stored by Python 3.{}, and this is 3.",
        bytes[6]
    );
    assert!(refused.starts_with(&stored_by), "{refused}");
}

#[test]
fn bytes_that_are_cut_short_are_refused() {
    let bytes = stored();
    for cut in 0..bytes.len() {
        assert!(!refusal(&bytes[..cut]).is_empty());
    }
}

#[test]
fn a_value_that_is_no_function_is_refused() {
    let bytes: Vec<u8> = with_python(|py| eval(py, "_write_callback([1])").extract().unwrap());
    assert_eq!(refusal(&bytes), "error: what was stored is no function");
}

#[test]
fn a_function_of_a_package_that_is_gone_is_refused() {
    let bytes = with_python(|py| {
        let source = "
rg_test_gone = sys.modules['rg_test_gone'] = types.ModuleType('rg_test_gone')
def f(x):
    return rg_test_gone.name
";
        let bytes = pickle(&Callback::new(&run(py, source, "f"))).unwrap();
        run(py, "gone = sys.modules.pop('rg_test_gone')", "gone");
        bytes
    });
    assert_eq!(
        refusal(&bytes),
        "ModuleNotFoundError: No module named 'rg_test_gone'"
    );
}
