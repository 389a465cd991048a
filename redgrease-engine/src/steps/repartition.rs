//! `repartition`: moves each record to the shard that owns a key. A server on its own keeps all records.

use super::distributed::Cut;
use super::extract::extracted;
use super::listing::{Arg, EXTRACTOR, Listing};
use super::memory::Memory;
use super::mover::Route;
use super::{Flow, Operation, Outcome, ReadFunction, Step};
use crate::encoding::Input;
use crate::python::{Callback, Gil, Object};

/// The function returns the key of a record.
#[derive(Debug)]
pub(crate) struct Repartition(pub(crate) Callback);

impl Repartition {
    pub(super) const TAGS: &[u8] = b"r";

    pub(super) fn decode<E>(
        _: u8,
        input: &mut Input<'_>,
        function: &mut ReadFunction<'_, E>,
    ) -> Result<Self, E> {
        function(input).map(Repartition)
    }
}

impl Operation for Repartition {
    fn functions(&self) -> Vec<&Callback> {
        vec![&self.0]
    }

    fn copy(&self, py: Gil<'_>) -> Step {
        Repartition(self.0.clone_ref(py)).into()
    }

    fn apply<'py>(&self, _: &mut Memory, record: Object<'py>) -> Outcome<'py> {
        extracted(&self.0, &record)?;
        Ok(Flow::One(record))
    }

    fn scatters(&self) -> bool {
        true
    }

    fn distribute(&self, py: Gil<'_>, cut: &mut Cut) {
        cut.move_by(Route::ByKey(self.0.clone_ref(py)));
    }

    fn list<'a>(&'a self, steps: &mut Listing<'a>, _: &'static str) {
        steps.add("extractkey", EXTRACTOR, Arg::Function(&self.0));
        steps.add("repartition", "repartition", Arg::None);
        steps.add("map", "GetValueMapper", Arg::None);
    }

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), String> {
        out.push(b'r');
        Ok(())
    }
}
