//! `groupby` and `localgroupby`: folds the records of each group into one.

use super::listing::{Arg, EXTRACTOR, GROUP_ACCUMULATOR, Listing};
use super::memory::Memory;
use super::{Finished, Flow, Operation, Outcome, Step, read_function, write_functions};
use crate::encoding::Input;
use crate::order::Ordered;
use crate::python::{
    Callback, Gil, Handle, Object, Raised, coroutine_refused, group_record, in_step, is_coroutine,
    none, text_bytes, text_key,
};

use std::collections::{HashMap, VecDeque};

/// The reducer takes the key of a group, its accumulator, which is `None` at first, and a record; it returns the new
/// accumulator.
#[derive(Debug)]
pub(crate) struct GroupBy {
    pub(crate) extractor: Callback,
    pub(crate) reducer: Callback,
    /// Groups are not brought together across shards.
    pub(crate) local: bool,
}

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

impl GroupBy {
    pub(super) const TAGS: &[u8] = b"gl";

    fn tag(&self) -> u8 {
        if self.local { b'l' } else { b'g' }
    }

    pub(super) fn decode(tag: u8, input: &mut Input<'_>) -> Result<Self, String> {
        Ok(GroupBy {
            extractor: read_function(input)?,
            reducer: read_function(input)?,
            local: tag == b'l',
        })
    }

    /// Folds a record into its group. `line` are the records of the group that come next.
    fn fold<'py>(
        &self,
        groups: &mut Groups,
        key: Object<'py>,
        record: &Object<'py>,
        line: &mut VecDeque<Handle>,
    ) -> Outcome<'py> {
        let py = record.py();
        let name = text_bytes(&key)?;
        let before = groups
            .folded
            .get_mut(name.as_slice())
            .map_or_else(|| none(py), |(_, accumulator)| accumulator.bind(py).clone());
        let after = in_step(|| self.reducer.call3(&key, &before, record))?;
        if is_coroutine(&after) {
            groups.awaited.insert(name, std::mem::take(line));
            return Ok(Flow::Await {
                coroutine: after,
                kept: Some(key),
            });
        }
        groups.put(name, &key, after);
        Ok(Flow::Nothing)
    }
}

impl Operation for GroupBy {
    fn functions(&self) -> Vec<&Callback> {
        vec![&self.extractor, &self.reducer]
    }

    fn copy(&self, py: Gil<'_>) -> Step {
        Step::GroupBy(GroupBy {
            extractor: self.extractor.clone_ref(py),
            reducer: self.reducer.clone_ref(py),
            local: self.local,
        })
    }

    fn memory(&self, _: Gil<'_>) -> Memory {
        Memory::Groups(Groups::default())
    }

    fn apply<'py>(&self, memory: &mut Memory, record: Object<'py>) -> Outcome<'py> {
        let Memory::Groups(groups) = memory else {
            return Ok(Flow::Nothing);
        };
        let key = self.extractor.call1(&record)?;
        if is_coroutine(&key) {
            return Err(coroutine_refused(&key, "extractor"));
        }
        let key = text_key(&key)?;
        if !groups.awaited.is_empty()
            && let Some(line) = groups.awaited.get_mut(text_bytes(&key)?.as_slice())
        {
            line.push_back(record.unbind().into());
            return Ok(Flow::Nothing);
        }
        self.fold(groups, key, &record, &mut VecDeque::new())
    }

    fn resume<'py>(
        &self,
        memory: &mut Memory,
        kept: Option<Object<'py>>,
        outcome: Result<Object<'py>, Raised>,
    ) -> Outcome<'py> {
        if let (Memory::Groups(groups), Some(key)) = (memory, kept) {
            let name = text_bytes(&key)?;
            let line = groups.awaited.remove(name.as_slice());
            groups.going_on = line.map(|line| (key.clone().unbind().into(), line));
            groups.put(name, &key, outcome?);
        }
        Ok(Flow::Nothing)
    }

    fn next_in_line<'py>(&self, py: Gil<'py>, memory: &mut Memory) -> Option<Outcome<'py>> {
        let Memory::Groups(groups) = memory else {
            return None;
        };
        let (key, mut line) = groups.going_on.take()?;
        let record = line.pop_front()?.into_bound(py);
        let flow = self.fold(groups, key.bind(py).clone(), &record, &mut line);
        if !matches!(flow, Ok(Flow::Await { .. })) {
            groups.going_on = Some((key, line));
        }
        Some(flow)
    }

    fn finish<'py>(&self, py: Gil<'py>, memory: Memory) -> Finished<'py> {
        let Memory::Groups(groups) = memory else {
            return Finished::default();
        };
        let records = groups.folded.into_entries();
        let records = records.map(|(_, (key, value))| group_record(key.bind(py), value.bind(py)));
        Finished::all(records.collect())
    }

    fn list<'a>(&'a self, steps: &mut Listing<'a>, _: &'static str) {
        steps.add("extractkey", EXTRACTOR, Arg::Function(&self.extractor));
        if !self.local {
            steps.add("repartition", "repartition", Arg::None);
        }
        let reducer = Arg::Function(&self.reducer);
        steps.add("accumulatebykey", GROUP_ACCUMULATOR, reducer);
        steps.add_to_python();
    }

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), String> {
        write_functions(out, self.tag(), &[&self.extractor, &self.reducer])
    }
}
