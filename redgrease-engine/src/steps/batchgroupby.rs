//! `batchgroupby`: calls a function once per group, with all its records.

use super::{Flow, Outcome};
use crate::order::Ordered;
use crate::python::{
    Callback, Gil, Handle, Object, Raised, coroutine_refused, group_record, is_coroutine, list,
    text_bytes, text_key,
};

/// Groups by name: the name as Python has it, and the records.
pub(super) type Batches = Ordered<Vec<u8>, (Handle, Vec<Handle>)>;

pub(super) fn apply<'py>(
    extractor: &Callback,
    batches: &mut Batches,
    record: Object<'py>,
) -> Outcome<'py> {
    let key = extractor.call1(&record)?;
    if is_coroutine(&key) {
        return Err(coroutine_refused(&key, "extractor"));
    }
    let key = text_key(&key)?;
    let name = text_bytes(&key)?;
    if let Some((_, records)) = batches.get_mut(name.as_slice()) {
        records.push(record.unbind());
        return Ok(Flow::Nothing);
    }
    // The original looks a new key up twice, which is visible in the order.
    batches.get_mut(name.as_slice());
    batches.add(name, (key.unbind(), vec![record.unbind()]));
    Ok(Flow::Nothing)
}

/// One result, or one error, per group.
pub(super) fn finish<'py>(
    py: Gil<'py>,
    reducer: &Callback,
    batches: Batches,
) -> Vec<Result<Object<'py>, Raised>> {
    batches
        .into_entries()
        .map(|(_, (key, records))| {
            let key = key.into_bound(py);
            let records = records
                .into_iter()
                .map(|record| record.into_bound(py))
                .collect();
            let value = reducer.call2(&key, &list(py, records)?)?;
            if is_coroutine(&value) {
                return Err(coroutine_refused(&value, "reduce"));
            }
            group_record(&key, &value)
        })
        .collect()
}
