//! `filter`: keeps the records a function says yes to.

use super::{Flow, Outcome};
use crate::python::{Callback, Object, is_coroutine, is_true};

pub(super) fn apply<'py>(function: &Callback, record: Object<'py>) -> Outcome<'py> {
    let answer = function.call1(&record)?;
    if is_coroutine(&answer) {
        return Ok(Flow::Await {
            coroutine: answer,
            kept: Some(record),
        });
    }
    decide(record, &answer)
}

pub(super) fn decide<'py>(record: Object<'py>, answer: &Object<'py>) -> Outcome<'py> {
    Ok(if is_true(answer)? {
        Flow::One(record)
    } else {
        Flow::Nothing
    })
}
