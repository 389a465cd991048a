//! `limit`: at most so many records, after so many that are passed over.

use super::Flow;
use crate::python::Object;

/// How much of it is left in one execution.
#[derive(Debug)]
pub(super) struct Left {
    skip: u64,
    /// `None` is no limit.
    take: Option<u64>,
}

impl Left {
    pub(super) fn new(length: i64, start: i64) -> Left {
        Left {
            skip: u64::try_from(start).unwrap_or(0),
            take: u64::try_from(length).ok(),
        }
    }

    pub(super) fn apply<'py>(&mut self, record: Object<'py>) -> Flow<'py> {
        if self.skip > 0 {
            self.skip -= 1;
            return Flow::Nothing;
        }
        match &mut self.take {
            None => Flow::One(record),
            Some(0) => Flow::Nothing,
            Some(left) => {
                *left -= 1;
                Flow::One(record)
            }
        }
    }

    /// No record will get through any more.
    pub(super) fn is_used_up(&self) -> bool {
        self.take == Some(0)
    }
}
