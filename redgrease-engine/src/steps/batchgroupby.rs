//! `batchgroupby`: calls a function once per group, with all its records.

use super::distributed::Cut;
use super::extract::extracted;
use super::keyedbatchgroupby::KeyedBatchGroupBy;
use super::listing::{Arg, EXTRACTOR, Listing};
use super::lists::Lists;
use super::memory::Memory;
use super::mover::Route;
use super::{Finished, Flow, Operation, Outcome, ReadFunction, Step};
use crate::encoding::Input;
use crate::python::{Callback, Gil, Object, text_key};

/// The reducer takes the key of a group and the list of its records.
#[derive(Debug)]
pub(crate) struct BatchGroupBy {
    pub(crate) extractor: Callback,
    pub(crate) reducer: Callback,
}

impl BatchGroupBy {
    pub(super) const TAGS: &[u8] = b"G";

    pub(super) fn decode<E>(
        _: u8,
        input: &mut Input<'_>,
        function: &mut ReadFunction<'_, E>,
    ) -> Result<Self, E> {
        Ok(BatchGroupBy {
            extractor: function(input)?,
            reducer: function(input)?,
        })
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
        Memory::Lists(Lists::default())
    }

    fn apply<'py>(&self, memory: &mut Memory, record: Object<'py>) -> Outcome<'py> {
        if let Memory::Lists(lists) = memory {
            let key = text_key(&extracted(&self.extractor, &record)?)?;
            lists.add(key, record)?;
        }
        Ok(Flow::Nothing)
    }

    fn finish<'py>(&self, py: Gil<'py>, memory: Memory) -> Finished<'py> {
        match memory {
            Memory::Lists(lists) => lists.finish(py, &self.reducer),
            _ => Finished::default(),
        }
    }

    fn scatters(&self) -> bool {
        true
    }

    fn distribute(&self, py: Gil<'_>, cut: &mut Cut) {
        cut.move_by(Route::WithKey(self.extractor.clone_ref(py)));
        cut.local(KeyedBatchGroupBy(self.reducer.clone_ref(py)));
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
        out.push(b'G');
        Ok(())
    }
}
