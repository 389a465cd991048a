//! The short way for plans that only replace records, with `map`, `str` and `collect`. Most plans of commands are of
//! this kind and need no pipeline.

use super::{Map, Step};
use crate::python::{Object, Raised, in_step, is_coroutine, text_of};

/// The end of the short way.
#[derive(Debug)]
pub(crate) enum Straight<'py> {
    /// The result of the last step.
    Through(Object<'py>),
    /// The function of step `index` returned a coroutine.
    Waiting {
        coroutine: Object<'py>,
        index: usize,
    },
}

/// Takes a record through steps for which [`is_straight`] is true.
pub(crate) fn straight<'py>(steps: &[Step], record: Object<'py>) -> Result<Straight<'py>, Raised> {
    let mut record = record;
    for (index, step) in steps.iter().enumerate() {
        match step {
            Step::Map(Map(function)) => {
                record = in_step(|| function.call1(&record))?;
                if is_coroutine(&record) {
                    return Ok(Straight::Waiting {
                        coroutine: record,
                        index,
                    });
                }
            }
            Step::ToText(_) => record = text_of(&record)?,
            _ => {}
        }
    }
    Ok(Straight::Through(record))
}

/// `true` if a record has passed all steps before the next one is read, and no step remembers it.
pub(crate) fn is_record_by_record(steps: &[Step]) -> bool {
    steps.iter().all(|step| {
        matches!(
            step,
            Step::Map(_)
                | Step::Filter(_)
                | Step::FlatMap(_)
                | Step::ForEach(_)
                | Step::ToText(_)
                | Step::Collect(_)
                | Step::Repartition(_)
        )
    })
}

/// `true` if [`straight`] does the same as a pipeline with these steps.
pub(crate) fn is_straight(steps: &[Step]) -> bool {
    steps
        .iter()
        .all(|step| matches!(step, Step::Map(_) | Step::ToText(_) | Step::Collect(_)))
}
