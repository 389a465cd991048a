//! The groups of `batchgroupby`, which a reducer takes whole.

use super::Finished;
use crate::order::Ordered;
use crate::python::{
    Callback, Gil, Handle, Object, Raised, coroutine_refused, group_record, is_coroutine, list,
    text_bytes,
};

/// Groups by the bytes of their name: the name as a Python text, and the records.
#[derive(Debug, Default)]
pub(crate) struct Lists(Ordered<Vec<u8>, (Handle, Vec<Handle>)>);

impl Lists {
    /// Adds a record to the group `key`, which is a text.
    pub(super) fn add(&mut self, key: Object<'_>, record: Object<'_>) -> Result<(), Raised> {
        let name = text_bytes(&key)?;
        if let Some((_, records)) = self.0.get_mut(name.as_slice()) {
            records.push(record.unbind().into());
            return Ok(());
        }
        // RedisGears looks a new key up twice, which is visible in the order.
        self.0.get_mut(name.as_slice());
        self.0
            .add(name, (key.unbind().into(), vec![record.unbind().into()]));
        Ok(())
    }

    /// One record, or one error, per group.
    pub(super) fn finish<'py>(self, py: Gil<'py>, reducer: &Callback) -> Finished<'py> {
        let mut finished = Finished::default();
        for (_, (key, records)) in self.0.into_entries() {
            match reduced(py, reducer, key, records) {
                Ok(record) => finished.records.push(record),
                Err(raised) => finished.errors.push(raised),
            }
        }
        finished
    }
}

fn reduced<'py>(
    py: Gil<'py>,
    reducer: &Callback,
    key: Handle,
    records: Vec<Handle>,
) -> Result<Object<'py>, Raised> {
    let key = key.into_bound(py);
    let records = records.into_iter().map(|record| record.into_bound(py));
    let value = reducer.call2(&key, &list(py, records.collect())?)?;
    if is_coroutine(&value) {
        return Err(coroutine_refused(&value, "reduce"));
    }
    group_record(&key, &value)
}
