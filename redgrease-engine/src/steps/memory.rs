//! The memory of a step, from one record of an execution to the next.

use super::accumulate::Accumulated;
use super::groups::Groups;
use super::limit::Left;
use super::lists::Lists;
use crate::python::Counter;

/// The memory of one step during one execution.
#[derive(Debug)]
pub(crate) enum Memory {
    /// A step without memory, or a fold that has ended and takes no other record.
    Nothing,
    Accumulator(Accumulated),
    Count(i64),
    Counts(Counter),
    Groups(Groups),
    Lists(Lists),
    Limit(Left),
}

impl Memory {
    /// `true` for a fold that takes other records.
    pub(super) fn is_fold(&self) -> bool {
        !matches!(self, Memory::Nothing | Memory::Limit(_))
    }

    /// The number of records that wait inside the step for the coroutine of another record.
    pub(super) fn in_line(&self) -> usize {
        match self {
            Memory::Accumulator(accumulated) => accumulated.in_line(),
            Memory::Groups(groups) => groups.in_line(),
            _ => 0,
        }
    }

    /// Takes the memory of a fold, which ends the fold. `None` for all other steps: a limit goes on counting the
    /// records of the folds before it.
    pub(super) fn take_fold(&mut self) -> Option<Memory> {
        self.is_fold()
            .then(|| std::mem::replace(self, Memory::Nothing))
    }
}
