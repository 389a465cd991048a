//! The short way for plans that only replace records (`map`, `str`, `collect`): most commands are
//! like that, and need none of a pipeline's bookkeeping.

use crate::plan::Step;
use crate::python::{Object, Raised, is_coroutine, text_of};

/// Where a record got.
#[derive(Debug)]
pub(crate) enum Straight<'py> {
    Through(Object<'py>),
    /// The function of step `index` gave a coroutine.
    Waiting {
        coroutine: Object<'py>,
        index: usize,
    },
}

/// Takes a record through.
pub(crate) fn straight<'py>(steps: &[Step], record: Object<'py>) -> Result<Straight<'py>, Raised> {
    let mut record = record;
    for (index, step) in steps.iter().enumerate() {
        match step {
            Step::Map(function) => {
                record = function.call1(&record)?;
                if is_coroutine(&record) {
                    return Ok(Straight::Waiting {
                        coroutine: record,
                        index,
                    });
                }
            }
            Step::ToText => record = text_of(&record)?,
            _ => {}
        }
    }
    Ok(Straight::Through(record))
}

/// Whether [`straight`] is enough for these steps.
pub(crate) fn is_straight(steps: &[Step]) -> bool {
    steps
        .iter()
        .all(|step| matches!(step, Step::Map(_) | Step::ToText | Step::Collect))
}
