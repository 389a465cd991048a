//! `filter`: keeps the records for which a function returns true.

use super::listing::{Arg, Listing};
use super::memory::Memory;
use super::{Flow, Operation, Outcome, ReadFunction, Step};
use crate::encoding::Input;
use crate::python::{Callback, Gil, Object, Raised, in_step, is_coroutine, is_true};

#[derive(Debug)]
pub(crate) struct Filter(pub(crate) Callback);

impl Filter {
    pub(super) const TAGS: &[u8] = b"f";

    pub(super) fn decode<E>(
        _: u8,
        input: &mut Input<'_>,
        function: &mut ReadFunction<'_, E>,
    ) -> Result<Self, E> {
        function(input).map(Filter)
    }
}

impl Operation for Filter {
    fn functions(&self) -> Vec<&Callback> {
        vec![&self.0]
    }

    fn copy(&self, py: Gil<'_>) -> Step {
        Filter(self.0.clone_ref(py)).into()
    }

    fn apply<'py>(&self, _: &mut Memory, record: Object<'py>) -> Outcome<'py> {
        let answer = in_step(|| self.0.call1(&record))?;
        if is_coroutine(&answer) {
            return Ok(Flow::Await {
                coroutine: answer,
                kept: Some(record),
            });
        }
        decide(record, &answer)
    }

    fn resume<'py>(
        &self,
        _: &mut Memory,
        kept: Option<Object<'py>>,
        outcome: Result<Object<'py>, Raised>,
    ) -> Outcome<'py> {
        match kept {
            Some(record) => decide(record, &outcome?),
            None => Ok(Flow::Nothing),
        }
    }

    fn list<'a>(&'a self, steps: &mut Listing<'a>, _: &'static str) {
        let function = Arg::Function(&self.0);
        steps.add("filter", "RedisGearsPy_PyCallbackFilter", function);
    }

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), String> {
        out.push(b'f');
        Ok(())
    }
}

fn decide<'py>(record: Object<'py>, answer: &Object<'py>) -> Outcome<'py> {
    Ok(if is_true(answer)? {
        Flow::One(record)
    } else {
        Flow::Nothing
    })
}
