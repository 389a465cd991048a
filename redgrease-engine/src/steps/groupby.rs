//! `groupby` and `localgroupby`: folds the records of each group into one.

use super::distributed::Cut;
use super::extract::extracted;
use super::groups::Groups;
use super::keyedgroupby::KeyedGroupBy;
use super::listing::{Arg, EXTRACTOR, GROUP_ACCUMULATOR, Listing};
use super::memory::Memory;
use super::mover::Route;
use super::{Finished, Flow, Operation, Outcome, ReadFunction, Step};
use crate::encoding::Input;
use crate::python::{Callback, Gil, Object, Raised, text_key};

/// The reducer takes the key of a group, its accumulator, which is `None` at first, and a record; it returns the new
/// accumulator.
#[derive(Debug)]
pub(crate) struct GroupBy {
    pub(crate) extractor: Callback,
    pub(crate) reducer: Callback,
    /// Groups are not brought together across shards.
    pub(crate) local: bool,
}

impl GroupBy {
    pub(super) const TAGS: &[u8] = b"gl";

    fn tag(&self) -> u8 {
        if self.local { b'l' } else { b'g' }
    }

    pub(super) fn decode<E>(
        tag: u8,
        input: &mut Input<'_>,
        function: &mut ReadFunction<'_, E>,
    ) -> Result<Self, E> {
        Ok(GroupBy {
            extractor: function(input)?,
            reducer: function(input)?,
            local: tag == b'l',
        })
    }
}

impl Operation for GroupBy {
    fn functions(&self) -> Vec<&Callback> {
        vec![&self.extractor, &self.reducer]
    }

    fn copy(&self, py: Gil<'_>) -> Step {
        Step::GroupBy(GroupBy {
            extractor: self.extractor.clone_ref(py),
            reducer: self.reducer.clone_ref(py),
            local: self.local,
        })
    }

    fn memory(&self, _: Gil<'_>) -> Memory {
        Memory::Groups(Groups::default())
    }

    fn apply<'py>(&self, memory: &mut Memory, record: Object<'py>) -> Outcome<'py> {
        let Memory::Groups(groups) = memory else {
            return Ok(Flow::Nothing);
        };
        let key = text_key(&extracted(&self.extractor, &record)?)?;
        groups.take(&self.reducer, key, record)
    }

    fn resume<'py>(
        &self,
        memory: &mut Memory,
        kept: Option<Object<'py>>,
        outcome: Result<Object<'py>, Raised>,
    ) -> Outcome<'py> {
        match (memory, kept) {
            (Memory::Groups(groups), Some(key)) => groups.resume(&key, outcome),
            _ => Ok(Flow::Nothing),
        }
    }

    fn next_in_line<'py>(&self, py: Gil<'py>, memory: &mut Memory) -> Option<Outcome<'py>> {
        match memory {
            Memory::Groups(groups) => groups.next_in_line(py, &self.reducer),
            _ => None,
        }
    }

    fn finish<'py>(&self, py: Gil<'py>, memory: Memory) -> Finished<'py> {
        match memory {
            Memory::Groups(groups) => groups.finish(py),
            _ => Finished::default(),
        }
    }

    fn scatters(&self) -> bool {
        !self.local
    }

    fn distribute(&self, py: Gil<'_>, cut: &mut Cut) {
        if self.local {
            return cut.local(self.copy(py));
        }
        cut.move_by(Route::WithKey(self.extractor.clone_ref(py)));
        cut.local(KeyedGroupBy(self.reducer.clone_ref(py)));
    }

    fn list<'a>(&'a self, steps: &mut Listing<'a>, _: &'static str) {
        steps.add("extractkey", EXTRACTOR, Arg::Function(&self.extractor));
        if !self.local {
            steps.add("repartition", "repartition", Arg::None);
        }
        let reducer = Arg::Function(&self.reducer);
        steps.add("accumulatebykey", GROUP_ACCUMULATOR, reducer);
        steps.add_to_python();
    }

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), String> {
        out.push(self.tag());
        Ok(())
    }
}
