//! `str(record)` in place of each record: the operation that `convertToStr` adds.

use super::listing::{Arg, Listing, MAPPER};
use super::memory::Memory;
use super::{Flow, Operation, Outcome, ReadFunction, Step};
use crate::encoding::Input;
use crate::python::{Gil, Object, text_of};

#[derive(Debug)]
pub(crate) struct ToText;

impl ToText {
    pub(super) const TAGS: &[u8] = b"T";

    #[allow(clippy::unnecessary_wraps, reason = "the shape of all operations")]
    pub(super) fn decode<E>(
        _: u8,
        _: &mut Input<'_>,
        _: &mut ReadFunction<'_, E>,
    ) -> Result<Self, E> {
        Ok(ToText)
    }
}

impl Operation for ToText {
    fn copy(&self, _: Gil<'_>) -> Step {
        ToText.into()
    }

    fn apply<'py>(&self, _: &mut Memory, record: Object<'py>) -> Outcome<'py> {
        text_of(&record).map(Flow::One)
    }

    fn list<'a>(&'a self, steps: &mut Listing<'a>, end: &'static str) {
        steps.add("map", MAPPER, Arg::Builder(end));
    }

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), String> {
        out.push(b'T');
        Ok(())
    }
}
