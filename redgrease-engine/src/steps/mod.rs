//! The operations of a gear function: one file per operation, with everything that it does.
//!
//! A new operation is a file with a type that implements [`Operation`], a `mod` line and a line in the table below.
//! [`Pipeline`] passes records from one step to the next. It has short cuts for a few operations and knows no other
//! one.
//!
//! An execution on all shards of a cluster runs other steps, which [`distributed`](distributed::distributed) makes of
//! those of the plan. Each shard has a pipeline of its own. A [`Mover`] hands records to an [`Exchange`] when they go on
//! at another shard.

mod accumulate;
mod batches;
mod batchgroupby;
mod collect;
mod count;
mod countby;
mod distributed;
mod exchange;
mod extract;
mod filter;
mod flatmap;
mod foreach;
mod groupby;
mod groups;
mod keyedbatchgroupby;
mod keyedgroupby;
mod limit;
mod listing;
mod lists;
mod map;
mod memory;
mod mover;
mod pipeline;
mod repartition;
mod results;
mod stored;
mod straight;
mod sum;
mod sumby;
#[cfg(test)]
mod tests;
mod to_text;
mod waiting;

pub(crate) use accumulate::Accumulate;
pub(crate) use batches::{Batch, Batches};
pub(crate) use batchgroupby::BatchGroupBy;
pub(crate) use collect::Collect;
pub(crate) use count::Count;
pub(crate) use countby::CountBy;
pub(crate) use distributed::Cut;
pub(crate) use distributed::{distributed, durations_of, scatters};
pub(crate) use exchange::{Exchange, MoverId, Target};
pub(crate) use filter::Filter;
pub(crate) use flatmap::FlatMap;
pub(crate) use foreach::ForEach;
pub(crate) use groupby::GroupBy;
pub(crate) use keyedbatchgroupby::KeyedBatchGroupBy;
pub(crate) use keyedgroupby::KeyedGroupBy;
pub(crate) use limit::{Limit, ends_by_limit};
pub(crate) use listing::{Arg, ListedStep, listed};
pub(crate) use map::Map;
pub(crate) use mover::Mover;
pub(crate) use pipeline::{Advance, Pipeline, Read};
pub(crate) use repartition::Repartition;
pub(crate) use stored::{ReadFunction, decode_stored, encode_stored};
pub(crate) use straight::{Straight, is_record_by_record, is_straight, straight};
pub(crate) use sum::Sum;
pub(crate) use sumby::SumBy;
pub(crate) use to_text::ToText;
pub(crate) use waiting::Ticket;

use crate::encoding::{Damaged, Input};
use crate::python::{Callback, Gil, List, Object, Raised};
use listing::Listing;
use memory::Memory;
use std::fmt;

/// One operation of a gear function, with its functions and numbers.
pub(crate) trait Operation: fmt::Debug + Send + Sync {
    /// The Python functions that the operation calls, in the order in which `decode` of the type reads them.
    fn functions(&self) -> Vec<&Callback> {
        Vec::new()
    }

    /// A copy with the same functions.
    fn copy(&self, py: Gil<'_>) -> Step;

    /// The memory of the operation when an execution begins.
    fn memory(&self, _: Gil<'_>) -> Memory {
        Memory::Nothing
    }

    /// Takes one record.
    fn apply<'py>(&self, memory: &mut Memory, record: Object<'py>) -> Outcome<'py>;

    /// Takes the outcome of the coroutine that `apply` returned as [`Flow::Await`], and what `apply` kept beside it.
    fn resume<'py>(
        &self,
        _memory: &mut Memory,
        _kept: Option<Object<'py>>,
        outcome: Result<Object<'py>, Raised>,
    ) -> Outcome<'py> {
        outcome.map(Flow::One)
    }

    /// Takes the next record of those that waited inside the operation for the coroutine that `resume` was called for.
    /// `None` if no record waits.
    fn next_in_line<'py>(&self, _: Gil<'py>, _: &mut Memory) -> Option<Outcome<'py>> {
        None
    }

    /// Returns the records of a fold when there is no other record for it.
    fn finish<'py>(&self, _: Gil<'py>, _memory: Memory) -> Finished<'py> {
        Finished::default()
    }

    /// Adds the steps that the shards of a cluster run for this operation. Most operations run on each shard by themselves.
    fn distribute(&self, py: Gil<'_>, cut: &mut Cut) {
        cut.local(self.copy(py));
    }

    /// `true` if records go on at other shards, not only at the shard that began the run.
    fn scatters(&self) -> bool {
        false
    }

    /// Adds the lines with which RedisGears lists the operation. `end` is the method that ended the chain.
    fn list<'a>(&'a self, steps: &mut Listing<'a>, end: &'static str);

    /// Writes the operation as bytes, without its functions: a tag, then what `decode` of the type reads.
    fn encode(&self, out: &mut Vec<u8>) -> Result<(), String>;
}

/// The fate of a record in a step.
#[derive(Debug)]
pub(crate) enum Flow<'py> {
    /// This record goes on.
    One(Object<'py>),
    /// The elements of this list go on, the last one first.
    Backwards(List<'py>),
    /// No record goes on.
    Nothing,
    /// This record goes on at another shard, or here if the target is this shard.
    Move { target: Target, record: Object<'py> },
    /// The record waits for a coroutine. `resume` takes `kept` besides its result.
    Await {
        coroutine: Object<'py>,
        kept: Option<Object<'py>>,
    },
}

pub(crate) type Outcome<'py> = Result<Flow<'py>, Raised>;

/// The records and errors of a fold that has ended. The records go on in this order.
#[derive(Debug, Default)]
pub(crate) struct Finished<'py> {
    records: Vec<Object<'py>>,
    errors: Vec<Raised>,
}

impl<'py> Finished<'py> {
    fn one(record: Object<'py>) -> Self {
        Finished {
            records: vec![record],
            errors: Vec::new(),
        }
    }

    fn all(records: Result<Vec<Object<'py>>, Raised>) -> Self {
        match records {
            Ok(records) => Finished {
                records,
                errors: Vec::new(),
            },
            Err(raised) => Finished {
                records: Vec::new(),
                errors: vec![raised],
            },
        }
    }
}

macro_rules! operations {
    (stored: { $($operation:ident,)* } distributed: { $($part:ident,)* }) => {
        /// A step of a plan.
        #[derive(Debug)]
        pub(crate) enum Step {
            $($operation($operation),)*
            $($part($part),)*
        }

        impl Step {
            /// The operation of the step.
            pub(crate) fn operation(&self) -> &dyn Operation {
                match self {
                    $(Step::$operation(operation) => operation,)*
                    $(Step::$part(part) => part,)*
                }
            }

            /// Reads a step that [`Operation::encode`] wrote. `function` gives the functions of the step, one by one.
            pub(crate) fn decode<E: From<Damaged>>(
                input: &mut Input<'_>,
                function: &mut ReadFunction<'_, E>,
            ) -> Result<Step, E> {
                let tag = input.tag()?;
                $(
                    if $operation::TAGS.contains(&tag) {
                        return $operation::decode(tag, input, function).map(Step::$operation);
                    }
                )*
                Err(Damaged::Wrong.into())
            }
        }

        operations! { from: $($operation,)* $($part,)* }
    };
    (from: $($operation:ident,)*) => {
        $(
            impl From<$operation> for Step {
                fn from(operation: $operation) -> Step {
                    Step::$operation(operation)
                }
            }
        )*
    };
}

operations! {
    stored: {
        Map,
        Filter,
        FlatMap,
        ForEach,
        Accumulate,
        GroupBy,
        BatchGroupBy,
        Repartition,
        Limit,
        Collect,
        Count,
        CountBy,
        ToText,
    }
    distributed: {
        Mover,
        Sum,
        SumBy,
        KeyedGroupBy,
        KeyedBatchGroupBy,
    }
}

/// The answer of steps that only exist while an execution runs on a cluster. Each shard makes them of the stored steps.
const NOT_STORED: &str = "a part of a distributed step cannot be stored: store the step itself";
