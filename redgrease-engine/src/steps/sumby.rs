//! The global part of `countby`: adds the counts of each value.

use super::listing::Listing;
use super::memory::Memory;
use super::{Finished, Flow, NOT_STORED, Operation, Outcome, Step};
use crate::python::{Counter, Gil, Object, group_parts, integer_of};

#[derive(Debug)]
pub(crate) struct SumBy;

impl Operation for SumBy {
    fn copy(&self, _: Gil<'_>) -> Step {
        SumBy.into()
    }

    fn memory(&self, py: Gil<'_>) -> Memory {
        Memory::Counts(Counter::new(py))
    }

    fn apply<'py>(&self, memory: &mut Memory, record: Object<'py>) -> Outcome<'py> {
        if let Memory::Counts(counter) = memory {
            let (key, count) = group_parts(&record)?;
            counter.add_times(&key, integer_of(&count)?)?;
        }
        Ok(Flow::Nothing)
    }

    fn finish<'py>(&self, py: Gil<'py>, memory: Memory) -> Finished<'py> {
        match memory {
            Memory::Counts(counter) => Finished::all(counter.into_records(py)),
            _ => Finished::default(),
        }
    }

    fn list<'a>(&'a self, _: &mut Listing<'a>, _: &'static str) {}

    fn encode(&self, _: &mut Vec<u8>) -> Result<(), String> {
        Err(NOT_STORED.to_owned())
    }
}
