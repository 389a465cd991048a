//! The name of a run, which no other run ever has.

use crate::encoding::{Damaged, Input, write_number};
use crate::id::Id;
use std::time::{SystemTime, UNIX_EPOCH};

/// A run: its execution, and the time at which it was made. A server that is started again gives out the same ids again, while
/// messages about the executions before may still be on their way between other shards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct RunId {
    pub(super) execution: Id,
    /// Microseconds since 1970.
    birth: u64,
}

impl RunId {
    /// The run of an execution that is made now.
    pub(super) fn new(execution: Id) -> RunId {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let birth = since.map_or(0, |since| {
            u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
        });
        RunId { execution, birth }
    }

    pub(super) fn write(self, out: &mut Vec<u8>) {
        self.execution.write(out);
        write_number(out, self.birth);
    }

    pub(super) fn read(input: &mut Input<'_>) -> Result<RunId, Damaged> {
        Ok(RunId {
            execution: Id::read(input)?,
            birth: input.number()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_run_of_the_same_id_is_another_run() {
        let first = RunId::new(Id::of(7));
        let second = RunId {
            birth: first.birth + 1,
            ..first
        };
        assert_ne!(first, second);
        for run in [first, second] {
            let mut bytes = Vec::new();
            run.write(&mut bytes);
            assert_eq!(RunId::read(&mut Input::new(&bytes)), Ok(run));
        }
    }
}
