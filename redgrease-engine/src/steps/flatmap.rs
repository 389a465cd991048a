//! `flatmap`: replaces each record by the elements of a list. Only lists are taken apart, and their elements come out
//! last to first, because clients of RedisGears rely on it.

use super::listing::{Arg, Listing};
use super::memory::Memory;
use super::{Flow, Operation, Outcome, ReadFunction, Step};
use crate::encoding::Input;
use crate::python::{Callback, Gil, List, Object, Raised, in_step, is_coroutine};

#[derive(Debug)]
pub(crate) struct FlatMap(pub(crate) Callback);

impl FlatMap {
    pub(super) const TAGS: &[u8] = b"x";

    pub(super) fn decode<E>(
        _: u8,
        input: &mut Input<'_>,
        function: &mut ReadFunction<'_, E>,
    ) -> Result<Self, E> {
        function(input).map(FlatMap)
    }
}

impl Operation for FlatMap {
    fn functions(&self) -> Vec<&Callback> {
        vec![&self.0]
    }

    fn copy(&self, py: Gil<'_>) -> Step {
        FlatMap(self.0.clone_ref(py)).into()
    }

    fn apply<'py>(&self, _: &mut Memory, record: Object<'py>) -> Outcome<'py> {
        let result = in_step(|| self.0.call1(&record))?;
        if is_coroutine(&result) {
            return Ok(Flow::Await {
                coroutine: result,
                kept: None,
            });
        }
        Ok(take_apart(result))
    }

    fn resume<'py>(
        &self,
        _: &mut Memory,
        _kept: Option<Object<'py>>,
        outcome: Result<Object<'py>, Raised>,
    ) -> Outcome<'py> {
        outcome.map(take_apart)
    }

    fn list<'a>(&'a self, steps: &mut Listing<'a>, _: &'static str) {
        let function = Arg::Function(&self.0);
        steps.add("map", "RedisGearsPy_PyCallbackFlatMapper", function);
        steps.add("flatmap", "flatmap", Arg::None);
    }

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), String> {
        out.push(b'x');
        Ok(())
    }
}

fn take_apart(result: Object<'_>) -> Flow<'_> {
    match List::new(&result) {
        Some(list) => Flow::Backwards(list),
        None => Flow::One(result),
    }
}
