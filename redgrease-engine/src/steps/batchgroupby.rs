//! `batchgroupby`: calls a function once per group, with all its records.

use super::{Flow, Outcome};
use crate::order::Ordered;
use crate::python::{Callback, Object, Raised, group_record, list, text_bytes, text_key};

/// Groups by name: the name as Python has it, and the records.
pub(super) type Batches<'py> = Ordered<Vec<u8>, (Object<'py>, Vec<Object<'py>>)>;

pub(super) fn apply<'py>(
    extractor: &Callback,
    batches: &mut Batches<'py>,
    record: Object<'py>,
) -> Outcome<'py> {
    let key = text_key(&extractor.call1(&record)?)?;
    let name = text_bytes(&key)?;
    if let Some((_, records)) = batches.get_mut(name.as_slice()) {
        records.push(record);
        return Ok(Flow::Nothing);
    }
    // The original looks a new key up twice, which is visible in the order.
    batches.get_mut(name.as_slice());
    batches.add(name, (key, vec![record]));
    Ok(Flow::Nothing)
}

/// One result, or one error, per group.
pub(super) fn finish<'py>(
    reducer: &Callback,
    batches: Batches<'py>,
) -> Vec<Result<Object<'py>, Raised>> {
    batches
        .into_entries()
        .map(|(_, (key, records))| {
            let value = reducer.call2(&key, &list(key.py(), records)?)?;
            group_record(&key, &value)
        })
        .collect()
}
