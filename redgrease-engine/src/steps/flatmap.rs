//! `flatmap`: the elements of a list in place of the record. Only lists are taken apart, and their
//! elements come out last to first: what clients of Gears rely on.

use super::{Flow, Outcome};
use crate::python::{Callback, Object, elements, is_coroutine};

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
    let Some(mut records) = elements(&result) else {
        return Flow::One(result);
    };
    records.reverse();
    Flow::Many(records)
}
