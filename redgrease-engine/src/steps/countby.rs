//! `countby`: how often each value occurs.

use super::{Flow, Outcome};
use crate::python::{Callback, Counter, Object};

pub(super) fn apply<'py>(
    extractor: &Callback,
    counter: &mut Counter<'py>,
    record: &Object<'py>,
) -> Outcome<'py> {
    counter.add(&extractor.call1(record)?)?;
    Ok(Flow::Nothing)
}

pub(super) fn finish(counter: Counter<'_>) -> Outcome<'_> {
    counter.into_records().map(Flow::Many)
}
