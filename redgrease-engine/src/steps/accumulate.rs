//! `accumulate`: folds all records into one.

use super::{Flow, Outcome};
use crate::python::{Callback, Object, none};

pub(super) fn apply<'py>(
    function: &Callback,
    accumulator: &mut Option<Object<'py>>,
    record: &Object<'py>,
) -> Outcome<'py> {
    let before = accumulator.take().unwrap_or_else(|| none(record.py()));
    *accumulator = Some(function.call2(&before, record)?);
    Ok(Flow::Nothing)
}

pub(super) fn finish(accumulator: Option<Object<'_>>) -> Flow<'_> {
    accumulator.map_or(Flow::Nothing, Flow::One)
}
