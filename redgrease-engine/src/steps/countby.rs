//! `countby`: how often each value occurs.

use super::{Flow, Outcome};
use crate::python::{Callback, Counter, Gil, Object};

pub(super) fn apply<'py>(
    extractor: &Callback,
    counter: &mut Counter,
    record: &Object<'py>,
) -> Outcome<'py> {
    counter.add(&extractor.call1(record)?)?;
    Ok(Flow::Nothing)
}

pub(super) fn finish(py: Gil<'_>, counter: Counter) -> Outcome<'_> {
    counter.into_records(py).map(Flow::Many)
}
