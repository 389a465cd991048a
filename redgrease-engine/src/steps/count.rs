//! `count`: the number of records; no record at all if there were none.

use super::distributed::Cut;
use super::listing::{ACCUMULATOR, Arg, Listing};
use super::memory::Memory;
use super::{Finished, Flow, Operation, Outcome, ReadFunction, Step, Sum};
use crate::encoding::Input;
use crate::python::{Gil, Object, integer};

#[derive(Debug)]
pub(crate) struct Count;

impl Count {
    pub(super) const TAGS: &[u8] = b"N";

    #[allow(clippy::unnecessary_wraps, reason = "the shape of all operations")]
    pub(super) fn decode<E>(
        _: u8,
        _: &mut Input<'_>,
        _: &mut ReadFunction<'_, E>,
    ) -> Result<Self, E> {
        Ok(Count)
    }
}

impl Operation for Count {
    fn copy(&self, _: Gil<'_>) -> Step {
        Count.into()
    }

    fn memory(&self, _: Gil<'_>) -> Memory {
        Memory::Count(0)
    }

    fn apply<'py>(&self, memory: &mut Memory, _record: Object<'py>) -> Outcome<'py> {
        if let Memory::Count(count) = memory {
            *count += 1;
        }
        Ok(Flow::Nothing)
    }

    fn finish<'py>(&self, py: Gil<'py>, memory: Memory) -> Finished<'py> {
        match memory {
            Memory::Count(count) if count != 0 => Finished::one(integer(py, count)),
            _ => Finished::default(),
        }
    }

    fn distribute(&self, _: Gil<'_>, cut: &mut Cut) {
        cut.local(Count);
        if cut.gather() {
            cut.local(Sum);
        }
    }

    fn list<'a>(&'a self, steps: &mut Listing<'a>, _: &'static str) {
        steps.add("accumulate", ACCUMULATOR, Arg::Builder("count"));
        steps.add("collect", "collect", Arg::None);
        steps.add("accumulate", ACCUMULATOR, Arg::Builder("count"));
    }

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), String> {
        out.push(b'N');
        Ok(())
    }
}
