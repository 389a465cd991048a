//! `foreach`: calls a function and passes the record on.

use super::listing::{Arg, Listing};
use super::memory::Memory;
use super::{Flow, Operation, Outcome, ReadFunction, Step};
use crate::encoding::Input;
use crate::python::{Callback, Gil, Object, Raised, in_step, is_coroutine};

#[derive(Debug)]
pub(crate) struct ForEach(pub(crate) Callback);

impl ForEach {
    pub(super) const TAGS: &[u8] = b"e";

    pub(super) fn decode<E>(
        _: u8,
        input: &mut Input<'_>,
        function: &mut ReadFunction<'_, E>,
    ) -> Result<Self, E> {
        function(input).map(ForEach)
    }
}

impl Operation for ForEach {
    fn functions(&self) -> Vec<&Callback> {
        vec![&self.0]
    }

    fn copy(&self, py: Gil<'_>) -> Step {
        ForEach(self.0.clone_ref(py)).into()
    }

    fn apply<'py>(&self, _: &mut Memory, record: Object<'py>) -> Outcome<'py> {
        let result = in_step(|| self.0.call1(&record))?;
        if is_coroutine(&result) {
            return Ok(Flow::Await {
                coroutine: result,
                kept: Some(record),
            });
        }
        Ok(Flow::One(record))
    }

    fn resume<'py>(
        &self,
        _: &mut Memory,
        kept: Option<Object<'py>>,
        outcome: Result<Object<'py>, Raised>,
    ) -> Outcome<'py> {
        outcome?;
        Ok(kept.map_or(Flow::Nothing, Flow::One))
    }

    fn list<'a>(&'a self, steps: &mut Listing<'a>, _: &'static str) {
        let function = Arg::Function(&self.0);
        steps.add("foreach", "RedisGearsPy_PyCallbackForEach", function);
    }

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), String> {
        out.push(b'e');
        Ok(())
    }
}
