//! `batchgroupby`: calls a function once per group, with all its records.

use super::listing::{Arg, EXTRACTOR, Listing};
use super::memory::Memory;
use super::{Finished, Flow, Operation, Outcome, Step, read_function, write_functions};
use crate::encoding::Input;
use crate::order::Ordered;
use crate::python::{
    Callback, Gil, Handle, Object, Raised, coroutine_refused, group_record, is_coroutine, list,
    text_bytes, text_key,
};

/// The reducer takes the key of a group and the list of its records.
#[derive(Debug)]
pub(crate) struct BatchGroupBy {
    pub(crate) extractor: Callback,
    pub(crate) reducer: Callback,
}

/// Groups by the bytes of their name: the name as a Python text, and the records.
pub(super) type Batches = Ordered<Vec<u8>, (Handle, Vec<Handle>)>;

impl BatchGroupBy {
    pub(super) const TAGS: &[u8] = b"G";

    pub(super) fn decode(_: u8, input: &mut Input<'_>) -> Result<Self, String> {
        Ok(BatchGroupBy {
            extractor: read_function(input)?,
            reducer: read_function(input)?,
        })
    }

    fn reduce<'py>(
        &self,
        py: Gil<'py>,
        key: Handle,
        records: Vec<Handle>,
    ) -> Result<Object<'py>, Raised> {
        let key = key.into_bound(py);
        let records = records.into_iter().map(|record| record.into_bound(py));
        let value = self.reducer.call2(&key, &list(py, records.collect())?)?;
        if is_coroutine(&value) {
            return Err(coroutine_refused(&value, "reduce"));
        }
        group_record(&key, &value)
    }
}

impl Operation for BatchGroupBy {
    fn functions(&self) -> Vec<&Callback> {
        vec![&self.extractor, &self.reducer]
    }

    fn copy(&self, py: Gil<'_>) -> Step {
        Step::BatchGroupBy(BatchGroupBy {
            extractor: self.extractor.clone_ref(py),
            reducer: self.reducer.clone_ref(py),
        })
    }

    fn memory(&self, _: Gil<'_>) -> Memory {
        Memory::Batches(Ordered::default())
    }

    fn apply<'py>(&self, memory: &mut Memory, record: Object<'py>) -> Outcome<'py> {
        let Memory::Batches(batches) = memory else {
            return Ok(Flow::Nothing);
        };
        let key = self.extractor.call1(&record)?;
        if is_coroutine(&key) {
            return Err(coroutine_refused(&key, "extractor"));
        }
        let key = text_key(&key)?;
        let name = text_bytes(&key)?;
        if let Some((_, records)) = batches.get_mut(name.as_slice()) {
            records.push(record.unbind().into());
            return Ok(Flow::Nothing);
        }
        // RedisGears looks a new key up twice, which is visible in the order.
        batches.get_mut(name.as_slice());
        batches.add(name, (key.unbind().into(), vec![record.unbind().into()]));
        Ok(Flow::Nothing)
    }

    /// One record, or one error, per group.
    fn finish<'py>(&self, py: Gil<'py>, memory: Memory) -> Finished<'py> {
        let mut finished = Finished::default();
        let Memory::Batches(batches) = memory else {
            return finished;
        };
        for (_, (key, records)) in batches.into_entries() {
            match self.reduce(py, key, records) {
                Ok(record) => finished.records.push(record),
                Err(raised) => finished.errors.push(raised),
            }
        }
        finished
    }

    fn list<'a>(&'a self, steps: &mut Listing<'a>, _: &'static str) {
        steps.add("extractkey", EXTRACTOR, Arg::Function(&self.extractor));
        steps.add("repartition", "repartition", Arg::None);
        steps.add("group", "group", Arg::None);
        let reducer = Arg::Function(&self.reducer);
        steps.add("reduce", "RedisGearsPy_PyCallbackReducer", reducer);
        steps.add_to_python();
    }

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), String> {
        write_functions(out, b'G', &[&self.extractor, &self.reducer])
    }
}
