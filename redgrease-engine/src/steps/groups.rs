//! The groups of `groupby`, which a reducer folds record by record.

use super::{Finished, Flow, Outcome};
use crate::order::Ordered;
use crate::python::{
    Callback, Gil, Handle, Object, Raised, group_record, in_step, is_coroutine, none, text_bytes,
};
use std::collections::{HashMap, VecDeque};

/// The records that were folded so far.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    /// Groups by the bytes of their name: the name as a Python text, and the accumulator.
    folded: Ordered<Vec<u8>, (Handle, Handle)>,
    /// The groups whose accumulator a coroutine makes, and the records that wait for it.
    awaited: HashMap<Vec<u8>, VecDeque<Handle>>,
    /// A group whose coroutine has ended: its name, and the records that waited.
    going_on: Option<(Handle, VecDeque<Handle>)>,
}

impl Groups {
    pub(super) fn in_line(&self) -> usize {
        self.awaited.values().map(VecDeque::len).sum()
    }

    /// Takes a record of the group `key`, which is a text.
    pub(super) fn take<'py>(
        &mut self,
        reducer: &Callback,
        key: Object<'py>,
        record: Object<'py>,
    ) -> Outcome<'py> {
        if !self.awaited.is_empty()
            && let Some(line) = self.awaited.get_mut(text_bytes(&key)?.as_slice())
        {
            line.push_back(record.unbind().into());
            return Ok(Flow::Nothing);
        }
        self.fold(reducer, key, &record, &mut VecDeque::new())
    }

    /// Takes the accumulator of the group `key`, which a coroutine has made.
    pub(super) fn resume<'py>(
        &mut self,
        key: &Object<'py>,
        accumulator: Result<Object<'py>, Raised>,
    ) -> Outcome<'py> {
        let name = text_bytes(key)?;
        let line = self.awaited.remove(name.as_slice());
        self.going_on = line.map(|line| (key.clone().unbind().into(), line));
        self.put(name, key, accumulator?);
        Ok(Flow::Nothing)
    }

    /// Takes the next record that waited for that accumulator.
    pub(super) fn next_in_line<'py>(
        &mut self,
        py: Gil<'py>,
        reducer: &Callback,
    ) -> Option<Outcome<'py>> {
        let (key, mut line) = self.going_on.take()?;
        let record = line.pop_front()?.into_bound(py);
        let flow = self.fold(reducer, key.bind(py).clone(), &record, &mut line);
        if !matches!(flow, Ok(Flow::Await { .. })) {
            self.going_on = Some((key, line));
        }
        Some(flow)
    }

    /// One record per group.
    pub(super) fn finish(self, py: Gil<'_>) -> Finished<'_> {
        let records = self.folded.into_entries();
        let records = records.map(|(_, (key, value))| group_record(key.bind(py), value.bind(py)));
        Finished::all(records.collect())
    }

    /// Folds a record into its group. `line` are the records of the group that come next.
    fn fold<'py>(
        &mut self,
        reducer: &Callback,
        key: Object<'py>,
        record: &Object<'py>,
        line: &mut VecDeque<Handle>,
    ) -> Outcome<'py> {
        let py = record.py();
        let name = text_bytes(&key)?;
        let before = self
            .folded
            .get_mut(name.as_slice())
            .map_or_else(|| none(py), |(_, accumulator)| accumulator.bind(py).clone());
        let after = in_step(|| reducer.call3(&key, &before, record))?;
        if is_coroutine(&after) {
            self.awaited.insert(name, std::mem::take(line));
            return Ok(Flow::Await {
                coroutine: after,
                kept: Some(key),
            });
        }
        self.put(name, &key, after);
        Ok(Flow::Nothing)
    }

    fn put(&mut self, name: Vec<u8>, key: &Object<'_>, accumulator: Object<'_>) {
        if let Some(place) = self.folded.peek_mut(&name) {
            place.1 = accumulator.unbind().into();
            return;
        }
        // RedisGears looks a new key up twice, which is visible in the order.
        self.folded.get_mut(name.as_slice());
        let group = (key.clone().unbind().into(), accumulator.unbind().into());
        self.folded.add(name, group);
    }
}
