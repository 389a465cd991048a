//! `accumulate`: folds all records into one.

use super::listing::{ACCUMULATOR, Arg, Listing};
use super::memory::Memory;
use super::{Finished, Flow, Operation, Outcome, Step, read_function, write_functions};
use crate::encoding::Input;
use crate::python::{Callback, Gil, Object, is_coroutine, none};

/// The function takes the accumulator, which is `None` at first, and a record; it returns the new accumulator.
#[derive(Debug)]
pub(crate) struct Accumulate(pub(crate) Callback);

impl Accumulate {
    pub(super) const TAGS: &[u8] = b"a";

    pub(super) fn decode(_: u8, input: &mut Input<'_>) -> Result<Self, String> {
        read_function(input).map(Accumulate)
    }
}

impl Operation for Accumulate {
    fn functions(&self) -> Vec<&Callback> {
        vec![&self.0]
    }

    fn copy(&self, py: Gil<'_>) -> Step {
        Accumulate(self.0.clone_ref(py)).into()
    }

    fn memory(&self, _: Gil<'_>) -> Memory {
        Memory::Accumulator(None)
    }

    fn apply<'py>(&self, memory: &mut Memory, record: Object<'py>) -> Outcome<'py> {
        let Memory::Accumulator(accumulator) = memory else {
            return Ok(Flow::Nothing);
        };
        let py = record.py();
        let before = accumulator
            .take()
            .map_or_else(|| none(py), |handle| handle.into_bound(py));
        let after = self.0.call2(&before, &record)?;
        if is_coroutine(&after) {
            return Ok(Flow::Await {
                coroutine: after,
                kept: None,
            });
        }
        *accumulator = Some(after.unbind());
        Ok(Flow::Nothing)
    }

    fn resume<'py>(
        &self,
        memory: &mut Memory,
        _kept: Option<Object<'py>>,
        result: Object<'py>,
    ) -> Outcome<'py> {
        if let Memory::Accumulator(accumulator) = memory {
            *accumulator = Some(result.unbind());
        }
        Ok(Flow::Nothing)
    }

    fn finish<'py>(&self, py: Gil<'py>, memory: Memory) -> Finished<'py> {
        match memory {
            Memory::Accumulator(Some(accumulator)) => Finished::one(accumulator.into_bound(py)),
            _ => Finished::default(),
        }
    }

    fn list<'a>(&'a self, steps: &mut Listing<'a>, _: &'static str) {
        steps.add("accumulate", ACCUMULATOR, Arg::Function(&self.0));
    }

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), String> {
        write_functions(out, b'a', &[&self.0])
    }
}
