//! The global part of `groupby`: folds records whose group is known.

use super::groups::Groups;
use super::listing::Listing;
use super::memory::Memory;
use super::{Finished, Flow, NOT_STORED, Operation, Outcome, Step};
use crate::python::{Callback, Gil, Object, Raised, split_pair};

/// Each record is a pair of the name of its group and the record itself. The reducer is that of `groupby`.
#[derive(Debug)]
pub(crate) struct KeyedGroupBy(pub(super) Callback);

impl Operation for KeyedGroupBy {
    fn functions(&self) -> Vec<&Callback> {
        vec![&self.0]
    }

    fn copy(&self, py: Gil<'_>) -> Step {
        KeyedGroupBy(self.0.clone_ref(py)).into()
    }

    fn memory(&self, _: Gil<'_>) -> Memory {
        Memory::Groups(Groups::default())
    }

    fn apply<'py>(&self, memory: &mut Memory, record: Object<'py>) -> Outcome<'py> {
        let Memory::Groups(groups) = memory else {
            return Ok(Flow::Nothing);
        };
        let (key, record) = split_pair(&record)?;
        groups.take(&self.0, key, record)
    }

    fn resume<'py>(
        &self,
        memory: &mut Memory,
        kept: Option<Object<'py>>,
        outcome: Result<Object<'py>, Raised>,
    ) -> Outcome<'py> {
        match (memory, kept) {
            (Memory::Groups(groups), Some(key)) => groups.resume(&key, outcome),
            _ => Ok(Flow::Nothing),
        }
    }

    fn next_in_line<'py>(&self, py: Gil<'py>, memory: &mut Memory) -> Option<Outcome<'py>> {
        match memory {
            Memory::Groups(groups) => groups.next_in_line(py, &self.0),
            _ => None,
        }
    }

    fn finish<'py>(&self, py: Gil<'py>, memory: Memory) -> Finished<'py> {
        match memory {
            Memory::Groups(groups) => groups.finish(py),
            _ => Finished::default(),
        }
    }

    fn list<'a>(&'a self, _: &mut Listing<'a>, _: &'static str) {}

    fn encode(&self, _: &mut Vec<u8>) -> Result<(), String> {
        Err(NOT_STORED.to_owned())
    }
}
