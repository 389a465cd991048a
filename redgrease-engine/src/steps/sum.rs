//! The global part of `count`: adds the counts of all shards.

use super::listing::Listing;
use super::memory::Memory;
use super::{Count, Finished, Flow, NOT_STORED, Operation, Outcome, Step};
use crate::python::{Gil, Object, integer_of};

#[derive(Debug)]
pub(crate) struct Sum;

impl Operation for Sum {
    fn copy(&self, _: Gil<'_>) -> Step {
        Sum.into()
    }

    fn memory(&self, _: Gil<'_>) -> Memory {
        Memory::Count(0)
    }

    fn apply<'py>(&self, memory: &mut Memory, record: Object<'py>) -> Outcome<'py> {
        if let Memory::Count(sum) = memory {
            *sum = sum.saturating_add(integer_of(&record)?);
        }
        Ok(Flow::Nothing)
    }

    fn finish<'py>(&self, py: Gil<'py>, memory: Memory) -> Finished<'py> {
        Count.finish(py, memory)
    }

    fn list<'a>(&'a self, _: &mut Listing<'a>, _: &'static str) {}

    fn encode(&self, _: &mut Vec<u8>) -> Result<(), String> {
        Err(NOT_STORED.to_owned())
    }
}
