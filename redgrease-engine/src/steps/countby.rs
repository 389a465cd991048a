//! `countby`: the number of times that each value occurs.

use super::distributed::Cut;
use super::extract::extracted;
use super::listing::{Arg, EXTRACTOR, GROUP_ACCUMULATOR, Listing};
use super::memory::Memory;
use super::mover::Route;
use super::{Finished, Flow, Operation, Outcome, ReadFunction, Step, SumBy};
use crate::encoding::Input;
use crate::python::{Callback, Counter, Gil, Object, Raised};

/// The function returns the value of a record that is counted.
#[derive(Debug)]
pub(crate) struct CountBy(pub(crate) Callback);

impl CountBy {
    pub(super) const TAGS: &[u8] = b"b";

    pub(super) fn decode<E>(
        _: u8,
        input: &mut Input<'_>,
        function: &mut ReadFunction<'_, E>,
    ) -> Result<Self, E> {
        function(input).map(CountBy)
    }

    pub(super) fn count(&self, counter: &mut Counter, record: &Object<'_>) -> Result<(), Raised> {
        counter.add(&extracted(&self.0, record)?)
    }
}

impl Operation for CountBy {
    fn functions(&self) -> Vec<&Callback> {
        vec![&self.0]
    }

    fn copy(&self, py: Gil<'_>) -> Step {
        CountBy(self.0.clone_ref(py)).into()
    }

    fn memory(&self, py: Gil<'_>) -> Memory {
        Memory::Counts(Counter::new(py))
    }

    fn apply<'py>(&self, memory: &mut Memory, record: Object<'py>) -> Outcome<'py> {
        if let Memory::Counts(counter) = memory {
            self.count(counter, &record)?;
        }
        Ok(Flow::Nothing)
    }

    fn finish<'py>(&self, py: Gil<'py>, memory: Memory) -> Finished<'py> {
        match memory {
            Memory::Counts(counter) => Finished::all(counter.into_records(py)),
            _ => Finished::default(),
        }
    }

    fn scatters(&self) -> bool {
        true
    }

    fn distribute(&self, py: Gil<'_>, cut: &mut Cut) {
        cut.local(self.copy(py));
        cut.move_by(Route::ByGroup);
        cut.local(SumBy);
    }

    fn list<'a>(&'a self, steps: &mut Listing<'a>, _: &'static str) {
        let builder = Arg::Builder("countby");
        steps.add("extractkey", EXTRACTOR, Arg::Function(&self.0));
        steps.add("accumulatebykey", GROUP_ACCUMULATOR, builder);
        steps.add_to_python();
        steps.add("extractkey", EXTRACTOR, builder);
        steps.add("repartition", "repartition", Arg::None);
        steps.add("accumulatebykey", GROUP_ACCUMULATOR, builder);
        steps.add_to_python();
    }

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), String> {
        out.push(b'b');
        Ok(())
    }
}
