//! The binding to Python, with an interpreter and without a server.

mod attach;
mod callback;
mod coroutines;
mod counter;
mod errors;
mod futures;
mod interrupt;
mod namespace;
mod pickling;
mod refusals;
mod replies;
mod shapes;
mod values;

use super::{Gil, Raised};
use pyo3::prelude::*;

/// Type and text of an exception.
fn error_text(py: Gil<'_>, raised: &Raised) -> String {
    let kind = raised.get_type(py).name().unwrap().to_string();
    format!("{kind}: {}", raised.value(py))
}
