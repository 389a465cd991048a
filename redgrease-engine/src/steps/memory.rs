//! What a step remembers from one record to the next.

use super::{batchgroupby, groupby, limit};
use crate::order::Ordered;
use crate::plan::Step;
use crate::python::{Counter, Gil, Handle};

#[derive(Debug)]
pub(super) enum Memory {
    Nothing,
    Accumulator(Option<Handle>),
    Count(i64),
    Counts(Counter),
    Groups(groupby::Groups),
    Batches(batchgroupby::Batches),
    Limit(limit::Left),
}

impl Memory {
    pub(super) fn new(py: Gil<'_>, step: &Step) -> Memory {
        match step {
            Step::Accumulate(_) => Memory::Accumulator(None),
            Step::Count => Memory::Count(0),
            Step::CountBy(_) => Memory::Counts(Counter::new(py)),
            Step::GroupBy { .. } => Memory::Groups(Ordered::default()),
            Step::BatchGroupBy { .. } => Memory::Batches(Ordered::default()),
            Step::Limit { length, start } => Memory::Limit(limit::Left::new(*length, *start)),
            _ => Memory::Nothing,
        }
    }

    /// What a fold has collected, and takes no more. A limit goes on counting what the folds
    /// before it give.
    pub(super) fn take(&mut self) -> Memory {
        match self {
            Memory::Limit(_) => Memory::Nothing,
            other => std::mem::replace(other, Memory::Nothing),
        }
    }
}
