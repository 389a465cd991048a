//! `foreach`: calls a function and passes the record on.

use super::{Flow, Outcome};
use crate::python::{Callback, Object};

pub(super) fn apply<'py>(function: &Callback, record: Object<'py>) -> Outcome<'py> {
    function.call1(&record)?;
    Ok(Flow::One(record))
}
