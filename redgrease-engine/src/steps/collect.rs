//! `collect`: brings the records of all shards together. A server on its own has them all.

use super::distributed::Cut;
use super::listing::{Arg, Listing};
use super::memory::Memory;
use super::{Flow, Operation, Outcome, ReadFunction, Step};
use crate::encoding::Input;
use crate::python::{Gil, Object};

#[derive(Debug)]
pub(crate) struct Collect;

impl Collect {
    pub(super) const TAGS: &[u8] = b"C";

    #[allow(clippy::unnecessary_wraps, reason = "the shape of all operations")]
    pub(super) fn decode<E>(
        _: u8,
        _: &mut Input<'_>,
        _: &mut ReadFunction<'_, E>,
    ) -> Result<Self, E> {
        Ok(Collect)
    }
}

impl Operation for Collect {
    fn copy(&self, _: Gil<'_>) -> Step {
        Collect.into()
    }

    fn apply<'py>(&self, _: &mut Memory, record: Object<'py>) -> Outcome<'py> {
        Ok(Flow::One(record))
    }

    fn distribute(&self, _: Gil<'_>, cut: &mut Cut) {
        cut.gather();
    }

    fn list<'a>(&'a self, steps: &mut Listing<'a>, _: &'static str) {
        steps.add("collect", "collect", Arg::None);
    }

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), String> {
        out.push(b'C');
        Ok(())
    }
}
