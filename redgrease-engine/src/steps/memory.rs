//! The memory of a step, from one record of an execution to the next.

use super::batchgroupby::Batches;
use super::groupby::Groups;
use super::limit::Left;
use crate::python::{Counter, Handle};

/// The memory of one step during one execution.
#[derive(Debug)]
pub(crate) enum Memory {
    /// A step without memory, or a fold that has ended and takes no other record.
    Nothing,
    Accumulator(Option<Handle>),
    Count(i64),
    Counts(Counter),
    Groups(Groups),
    Batches(Batches),
    Limit(Left),
}

impl Memory {
    /// Takes the memory of a fold, which ends the fold. `None` for all other steps: a limit goes on counting the
    /// records of the folds before it.
    pub(super) fn take_fold(&mut self) -> Option<Memory> {
        match self {
            Memory::Nothing | Memory::Limit(_) => None,
            fold => Some(std::mem::replace(fold, Memory::Nothing)),
        }
    }
}
