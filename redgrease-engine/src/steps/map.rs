//! `map`: a function's result in place of the record.

use super::{Flow, Outcome};
use crate::python::{Callback, Object};

pub(super) fn apply<'py>(function: &Callback, record: &Object<'py>) -> Outcome<'py> {
    function.call1(record).map(Flow::One)
}
