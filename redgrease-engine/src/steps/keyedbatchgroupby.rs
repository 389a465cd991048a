//! The global part of `batchgroupby`: keeps records whose group is known.

use super::listing::Listing;
use super::lists::Lists;
use super::memory::Memory;
use super::{Finished, Flow, NOT_STORED, Operation, Outcome, Step};
use crate::python::{Callback, Gil, Object, split_pair};

/// Each record is a pair of the name of its group and the record itself. The reducer is that of `batchgroupby`.
#[derive(Debug)]
pub(crate) struct KeyedBatchGroupBy(pub(super) Callback);

impl Operation for KeyedBatchGroupBy {
    fn functions(&self) -> Vec<&Callback> {
        vec![&self.0]
    }

    fn copy(&self, py: Gil<'_>) -> Step {
        KeyedBatchGroupBy(self.0.clone_ref(py)).into()
    }

    fn memory(&self, _: Gil<'_>) -> Memory {
        Memory::Lists(Lists::default())
    }

    fn apply<'py>(&self, memory: &mut Memory, record: Object<'py>) -> Outcome<'py> {
        if let Memory::Lists(lists) = memory {
            let (key, record) = split_pair(&record)?;
            lists.add(key, record)?;
        }
        Ok(Flow::Nothing)
    }

    fn finish<'py>(&self, py: Gil<'py>, memory: Memory) -> Finished<'py> {
        match memory {
            Memory::Lists(lists) => lists.finish(py, &self.0),
            _ => Finished::default(),
        }
    }

    fn list<'a>(&'a self, _: &mut Listing<'a>, _: &'static str) {}

    fn encode(&self, _: &mut Vec<u8>) -> Result<(), String> {
        Err(NOT_STORED.to_owned())
    }
}
