//! `flatmap`: the elements of a list in place of the record. Only lists are taken apart, and their
//! elements come out last to first: what clients of Gears rely on.

use super::{Flow, Outcome};
use crate::python::{Callback, List, Object, is_coroutine};

pub(super) fn apply<'py>(function: &Callback, record: &Object<'py>) -> Outcome<'py> {
    let result = function.call1(record)?;
    if is_coroutine(&result) {
        return Ok(Flow::Await {
            coroutine: result,
            kept: None,
        });
    }
    Ok(take_apart(result))
}

pub(super) fn take_apart(result: Object<'_>) -> Flow<'_> {
    match List::new(&result) {
        Some(list) => Flow::Backwards(list),
        None => Flow::One(result),
    }
}
