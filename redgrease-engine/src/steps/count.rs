//! `count`: how many records there were; of none, nothing.

use super::Flow;
use crate::python::{Gil, integer};

pub(super) fn finish(py: Gil<'_>, count: i64) -> Flow<'_> {
    if count == 0 {
        Flow::Nothing
    } else {
        Flow::One(integer(py, count))
    }
}
