//! `limit`: passes a number of records on, after the first ones.

use super::listing::{Arg, Listing};
use super::memory::Memory;
use super::{Flow, Operation, Outcome, ReadFunction, Step};
use crate::encoding::{Damaged, Input, write_number};
use crate::python::{Gil, Object};

#[derive(Debug, Clone, Copy)]
pub(crate) struct Limit {
    /// The number of records that are passed on; a negative number is no limit.
    pub(crate) length: i64,
    /// The number of records that are left out first; a negative number is zero.
    pub(crate) start: i64,
}

/// The records that a limit still leaves out and passes on in one execution.
#[derive(Debug)]
pub(crate) struct Left {
    skip: u64,
    /// `None` is no limit.
    take: Option<u64>,
}

impl Left {
    /// The number of records that the limit can still use. `None` if it can use any number, or no other record.
    pub(super) fn usable(&self) -> Option<u64> {
        let take = self.take.filter(|&take| take > 0)?;
        Some(self.skip.saturating_add(take))
    }

    /// `true` if the limit passes no other record on.
    pub(super) fn is_used_up(&self) -> bool {
        self.take == Some(0)
    }
}

/// `true` if a limit ends the reading, however many records there are. A limit behind a fold gets no record before the
/// reading has ended.
pub(crate) fn ends_by_limit(steps: &[Step]) -> bool {
    let is_fold = |step: &Step| {
        matches!(
            step,
            Step::Accumulate(_)
                | Step::GroupBy(_)
                | Step::BatchGroupBy(_)
                | Step::Count(_)
                | Step::CountBy(_)
        )
    };
    let limits = |step: &Step| matches!(step, Step::Limit(limit) if limit.length >= 0);
    steps.iter().take_while(|step| !is_fold(step)).any(limits)
}

impl Limit {
    pub(super) const TAGS: &[u8] = b"L";

    pub(super) fn decode<E: From<Damaged>>(
        _: u8,
        input: &mut Input<'_>,
        _: &mut ReadFunction<'_, E>,
    ) -> Result<Self, E> {
        Ok(Limit {
            length: input.number()?.cast_signed(),
            start: input.number()?.cast_signed(),
        })
    }

    fn left(self) -> Left {
        Left {
            skip: u64::try_from(self.start).unwrap_or(0),
            take: u64::try_from(self.length).ok(),
        }
    }
}

impl Operation for Limit {
    fn copy(&self, _: Gil<'_>) -> Step {
        Step::Limit(*self)
    }

    fn memory(&self, _: Gil<'_>) -> Memory {
        Memory::Limit(self.left())
    }

    fn apply<'py>(&self, memory: &mut Memory, record: Object<'py>) -> Outcome<'py> {
        let Memory::Limit(left) = memory else {
            return Ok(Flow::Nothing);
        };
        if left.skip > 0 {
            left.skip -= 1;
            return Ok(Flow::Nothing);
        }
        Ok(match &mut left.take {
            None => Flow::One(record),
            Some(0) => Flow::Nothing,
            Some(count) => {
                *count -= 1;
                Flow::One(record)
            }
        })
    }

    fn list<'a>(&'a self, steps: &mut Listing<'a>, _: &'static str) {
        steps.add("limit", "limit", Arg::None);
    }

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), String> {
        out.push(b'L');
        write_number(out, self.length.cast_unsigned());
        write_number(out, self.start.cast_unsigned());
        Ok(())
    }
}
