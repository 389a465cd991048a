//! `groupby` and `localgroupby`: folds the records of each group into one.

use super::listing::{Arg, EXTRACTOR, GROUP_ACCUMULATOR, Listing};
use super::memory::Memory;
use super::{Finished, Flow, Operation, Outcome, Step, read_function, write_functions};
use crate::encoding::Input;
use crate::order::Ordered;
use crate::python::{
    Callback, Gil, Handle, Object, coroutine_refused, group_record, is_coroutine, none, text_bytes,
    text_key,
};

/// The reducer takes the key of a group, its accumulator, which is `None` at first, and a record; it returns the new
/// accumulator.
#[derive(Debug)]
pub(crate) struct GroupBy {
    pub(crate) extractor: Callback,
    pub(crate) reducer: Callback,
    /// Groups are not brought together across shards.
    pub(crate) local: bool,
}

/// Groups by the bytes of their name: the name as a Python text, and the accumulator.
pub(super) type Groups = Ordered<Vec<u8>, (Handle, Handle)>;

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
        Memory::Groups(Ordered::default())
    }

    fn apply<'py>(&self, memory: &mut Memory, record: Object<'py>) -> Outcome<'py> {
        let Memory::Groups(groups) = memory else {
            return Ok(Flow::Nothing);
        };
        let py = record.py();
        let key = self.extractor.call1(&record)?;
        if is_coroutine(&key) {
            return Err(coroutine_refused(&key, "extractor"));
        }
        let key = text_key(&key)?;
        let name = text_bytes(&key)?;
        let before = groups
            .get_mut(name.as_slice())
            .map_or_else(|| none(py), |(_, accumulator)| accumulator.bind(py).clone());
        let after = self.reducer.call3(&key, &before, &record)?;
        if is_coroutine(&after) {
            return Ok(Flow::Await {
                coroutine: after,
                kept: Some(key),
            });
        }
        put(groups, name, &key, after);
        Ok(Flow::Nothing)
    }

    fn resume<'py>(
        &self,
        memory: &mut Memory,
        kept: Option<Object<'py>>,
        result: Object<'py>,
    ) -> Outcome<'py> {
        if let (Memory::Groups(groups), Some(key)) = (memory, kept) {
            put(groups, text_bytes(&key)?, &key, result);
        }
        Ok(Flow::Nothing)
    }

    fn finish<'py>(&self, py: Gil<'py>, memory: Memory) -> Finished<'py> {
        let Memory::Groups(groups) = memory else {
            return Finished::default();
        };
        let records = groups.into_entries();
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

fn put(groups: &mut Groups, name: Vec<u8>, key: &Object<'_>, accumulator: Object<'_>) {
    if let Some(place) = groups.peek_mut(&name) {
        place.1 = accumulator.unbind();
        return;
    }
    // RedisGears looks a new key up twice, which is visible in the order.
    groups.get_mut(name.as_slice());
    groups.add(name, (key.clone().unbind(), accumulator.unbind()));
}
