//! `accumulate`: folds all records into one.

use super::{Flow, Outcome};
use crate::python::{Callback, Gil, Handle, Object, is_coroutine, none};

pub(super) fn apply<'py>(
    function: &Callback,
    accumulator: &mut Option<Handle>,
    record: &Object<'py>,
) -> Outcome<'py> {
    let py = record.py();
    let before = accumulator
        .take()
        .map_or_else(|| none(py), |handle| handle.into_bound(py));
    let after = function.call2(&before, record)?;
    if is_coroutine(&after) {
        return Ok(Flow::Await {
            coroutine: after,
            kept: None,
        });
    }
    *accumulator = Some(after.unbind());
    Ok(Flow::Nothing)
}

pub(super) fn finish(py: Gil<'_>, accumulator: Option<Handle>) -> Flow<'_> {
    accumulator.map_or(Flow::Nothing, |handle| Flow::One(handle.into_bound(py)))
}
