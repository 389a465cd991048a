//! `str(record)`.

use super::{Flow, Outcome};
use crate::python::{Object, text_of};

pub(super) fn apply<'py>(record: &Object<'py>) -> Outcome<'py> {
    text_of(record).map(Flow::One)
}
