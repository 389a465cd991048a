//! `map`: a function's result in place of the record.

use super::{Flow, Outcome};
use crate::python::{Callback, Object, is_coroutine};

pub(super) fn apply<'py>(function: &Callback, record: &Object<'py>) -> Outcome<'py> {
    let result = function.call1(record)?;
    if is_coroutine(&result) {
        return Ok(Flow::Await {
            coroutine: result,
            kept: None,
        });
    }
    Ok(Flow::One(result))
}
