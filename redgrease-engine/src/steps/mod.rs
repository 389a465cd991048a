//! What the steps of a plan do with a record: one file per operation, and [`Pipeline`], which
//! passes records from one to the next.

mod accumulate;
mod batchgroupby;
mod count;
mod countby;
mod filter;
mod flatmap;
mod foreach;
mod groupby;
mod limit;
mod map;
mod memory;
mod pipeline;
mod straight;

pub(crate) use pipeline::Pipeline;
pub(crate) use straight::{Straight, is_straight, straight};

use crate::python::{List, Object, Raised};

/// What became of a record in a step.
#[derive(Debug)]
pub(crate) enum Flow<'py> {
    /// It goes on, as this.
    One(Object<'py>),
    /// These go on, in this order.
    Many(Vec<Object<'py>>),
    /// The elements of this list go on, the last one first.
    Backwards(List<'py>),
    /// It ends here.
    Nothing,
    /// What becomes of it, a coroutine tells; `kept` is needed besides its result.
    Await {
        coroutine: Object<'py>,
        kept: Option<Object<'py>>,
    },
}

pub(crate) type Outcome<'py> = Result<Flow<'py>, Raised>;
