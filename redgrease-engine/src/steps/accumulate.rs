//! `accumulate`: folds all records into one.

use super::listing::{ACCUMULATOR, Arg, Listing};
use super::memory::Memory;
use super::{Finished, Flow, Operation, Outcome, ReadFunction, Step};
use crate::encoding::Input;
use crate::python::{Callback, Gil, Handle, Object, Raised, in_step, is_coroutine, none};

use std::collections::VecDeque;

/// The function takes the accumulator, which is `None` at first, and a record; it returns the new accumulator.
#[derive(Debug)]
pub(crate) struct Accumulate(pub(crate) Callback);

/// The records that were folded so far.
#[derive(Debug, Default)]
pub(crate) struct Accumulated {
    accumulator: Option<Handle>,
    /// A coroutine makes the accumulator.
    awaits: bool,
    /// The records that wait for that accumulator.
    line: VecDeque<Handle>,
}

impl Accumulated {
    pub(super) fn in_line(&self) -> usize {
        self.line.len()
    }
}

impl Accumulate {
    pub(super) const TAGS: &[u8] = b"a";

    pub(super) fn decode<E>(
        _: u8,
        input: &mut Input<'_>,
        function: &mut ReadFunction<'_, E>,
    ) -> Result<Self, E> {
        function(input).map(Accumulate)
    }

    fn fold<'py>(&self, accumulated: &mut Accumulated, record: &Object<'py>) -> Outcome<'py> {
        let py = record.py();
        let before = accumulated
            .accumulator
            .take()
            .map_or_else(|| none(py), |handle| handle.into_bound(py));
        let after = in_step(|| self.0.call2(&before, record))?;
        if is_coroutine(&after) {
            accumulated.awaits = true;
            return Ok(Flow::Await {
                coroutine: after,
                kept: None,
            });
        }
        accumulated.accumulator = Some(after.unbind().into());
        Ok(Flow::Nothing)
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
        Memory::Accumulator(Accumulated::default())
    }

    fn apply<'py>(&self, memory: &mut Memory, record: Object<'py>) -> Outcome<'py> {
        let Memory::Accumulator(accumulated) = memory else {
            return Ok(Flow::Nothing);
        };
        if accumulated.awaits {
            accumulated.line.push_back(record.unbind().into());
            return Ok(Flow::Nothing);
        }
        self.fold(accumulated, &record)
    }

    fn resume<'py>(
        &self,
        memory: &mut Memory,
        _kept: Option<Object<'py>>,
        outcome: Result<Object<'py>, Raised>,
    ) -> Outcome<'py> {
        if let Memory::Accumulator(accumulated) = memory {
            accumulated.awaits = false;
            accumulated.accumulator = Some(outcome?.unbind().into());
        }
        Ok(Flow::Nothing)
    }

    fn next_in_line<'py>(&self, py: Gil<'py>, memory: &mut Memory) -> Option<Outcome<'py>> {
        let Memory::Accumulator(accumulated) = memory else {
            return None;
        };
        if accumulated.awaits {
            return None;
        }
        let record = accumulated.line.pop_front()?.into_bound(py);
        Some(self.fold(accumulated, &record))
    }

    fn finish<'py>(&self, py: Gil<'py>, memory: Memory) -> Finished<'py> {
        match memory {
            Memory::Accumulator(Accumulated {
                accumulator: Some(accumulator),
                ..
            }) => Finished::one(accumulator.into_bound(py)),
            _ => Finished::default(),
        }
    }

    fn list<'a>(&'a self, steps: &mut Listing<'a>, _: &'static str) {
        steps.add("accumulate", ACCUMULATOR, Arg::Function(&self.0));
    }

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), String> {
        out.push(b'a');
        Ok(())
    }
}
