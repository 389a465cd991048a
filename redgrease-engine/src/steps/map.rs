//! `map`: replaces each record by the result of a function.

use super::listing::{Arg, Listing, MAPPER};
use super::memory::Memory;
use super::{Flow, Operation, Outcome, ReadFunction, Step};
use crate::encoding::Input;
use crate::python::{Callback, Gil, Object, in_step, is_coroutine};

#[derive(Debug)]
pub(crate) struct Map(pub(crate) Callback);

impl Map {
    pub(super) const TAGS: &[u8] = b"m";

    pub(super) fn decode<E>(
        _: u8,
        input: &mut Input<'_>,
        function: &mut ReadFunction<'_, E>,
    ) -> Result<Self, E> {
        function(input).map(Map)
    }
}

impl Operation for Map {
    fn functions(&self) -> Vec<&Callback> {
        vec![&self.0]
    }

    fn copy(&self, py: Gil<'_>) -> Step {
        Map(self.0.clone_ref(py)).into()
    }

    fn apply<'py>(&self, _: &mut Memory, record: Object<'py>) -> Outcome<'py> {
        let result = in_step(|| self.0.call1(&record))?;
        if is_coroutine(&result) {
            return Ok(Flow::Await {
                coroutine: result,
                kept: None,
            });
        }
        Ok(Flow::One(result))
    }

    fn list<'a>(&'a self, steps: &mut Listing<'a>, _: &'static str) {
        steps.add("map", MAPPER, Arg::Function(&self.0));
    }

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), String> {
        out.push(b'm');
        Ok(())
    }
}
