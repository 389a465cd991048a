//! `flatmap`: the elements of a list in place of the record. Only lists are taken apart, and their
//! elements come out last to first: what clients of Gears rely on.

use super::{Flow, Outcome};
use crate::python::{Callback, Object, elements};

pub(super) fn apply<'py>(function: &Callback, record: &Object<'py>) -> Outcome<'py> {
    let result = function.call1(record)?;
    let Some(mut records) = elements(&result) else {
        return Ok(Flow::One(result));
    };
    records.reverse();
    Ok(Flow::Many(records))
}
