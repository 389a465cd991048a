//! `filter`: keeps the records a function says yes to.

use super::{Flow, Outcome};
use crate::python::{Callback, Object, is_true};

pub(super) fn apply<'py>(function: &Callback, record: Object<'py>) -> Outcome<'py> {
    let keep = is_true(&function.call1(&record)?)?;
    Ok(if keep {
        Flow::One(record)
    } else {
        Flow::Nothing
    })
}
