//! `groupby` and `localgroupby`: folds the records of each group.

use super::{Flow, Outcome};
use crate::order::Ordered;
use crate::python::{
    Callback, Gil, Handle, Object, Raised, coroutine_refused, group_record, is_coroutine, none,
    text_bytes, text_key,
};

/// Groups by name: the name as Python has it, and the accumulator.
pub(super) type Groups = Ordered<Vec<u8>, (Handle, Handle)>;

pub(super) fn apply<'py>(
    extractor: &Callback,
    reducer: &Callback,
    groups: &mut Groups,
    record: &Object<'py>,
) -> Outcome<'py> {
    let py = record.py();
    let key = extractor.call1(record)?;
    if is_coroutine(&key) {
        return Err(coroutine_refused(&key, "extractor"));
    }
    let key = text_key(&key)?;
    let name = text_bytes(&key)?;
    let before = groups
        .get_mut(name.as_slice())
        .map_or_else(|| none(py), |(_, accumulator)| accumulator.bind(py).clone());
    let after = reducer.call3(&key, &before, record)?;
    if is_coroutine(&after) {
        return Ok(Flow::Await {
            coroutine: after,
            kept: Some(key),
        });
    }
    put(groups, name, &key, after);
    Ok(Flow::Nothing)
}

/// The result of a coroutine is the group's new accumulator.
pub(super) fn store<'py>(
    groups: &mut Groups,
    key: &Object<'py>,
    accumulator: Object<'py>,
) -> Outcome<'py> {
    put(groups, text_bytes(key)?, key, accumulator);
    Ok(Flow::Nothing)
}

fn put(groups: &mut Groups, name: Vec<u8>, key: &Object<'_>, accumulator: Object<'_>) {
    if let Some(place) = groups.peek_mut(&name) {
        place.1 = accumulator.unbind();
        return;
    }
    // The original looks a new key up twice, which is visible in the order.
    groups.get_mut(name.as_slice());
    groups.add(name, (key.clone().unbind(), accumulator.unbind()));
}

pub(super) fn finish(py: Gil<'_>, groups: Groups) -> Outcome<'_> {
    groups
        .into_entries()
        .map(|(_, (key, value))| group_record(key.bind(py), value.bind(py)))
        .collect::<Result<_, Raised>>()
        .map(Flow::Many)
}
