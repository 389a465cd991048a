//! `groupby` and `localgroupby`: folds the records of each group.

use super::{Flow, Outcome};
use crate::order::Ordered;
use crate::python::{Callback, Object, Raised, group_record, none, text_bytes, text_key};

/// Groups by name: the name as Python has it, and the accumulator.
pub(super) type Groups<'py> = Ordered<Vec<u8>, (Object<'py>, Object<'py>)>;

pub(super) fn apply<'py>(
    extractor: &Callback,
    reducer: &Callback,
    groups: &mut Groups<'py>,
    record: &Object<'py>,
) -> Outcome<'py> {
    let key = text_key(&extractor.call1(record)?)?;
    let name = text_bytes(&key)?;
    if let Some((_, accumulator)) = groups.get_mut(name.as_slice()) {
        *accumulator = reducer.call3(&key, accumulator, record)?;
        return Ok(Flow::Nothing);
    }
    let first = reducer.call3(&key, &none(record.py()), record)?;
    // The original looks a new key up twice, which is visible in the order.
    groups.get_mut(name.as_slice());
    groups.add(name, (key, first));
    Ok(Flow::Nothing)
}

pub(super) fn finish(groups: Groups<'_>) -> Outcome<'_> {
    groups
        .into_entries()
        .map(|(_, (key, value))| group_record(&key, &value))
        .collect::<Result<_, Raised>>()
        .map(Flow::Many)
}
