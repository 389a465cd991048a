//! A mover: in a distributed execution, the place where records go on at another shard. It is no operation of a script:
//! [`distributed`](super::distributed()) puts movers between the steps.

use super::exchange::{MoverId, Target};
use super::extract::extracted;
use super::listing::Listing;
use super::memory::Memory;
use super::{Flow, NOT_STORED, Operation, Outcome, Step};
use crate::python::{Callback, Gil, Object, group_parts, key_bytes, pair, text_key};

#[derive(Debug)]
pub(crate) struct Mover {
    pub(crate) id: MoverId,
    pub(super) route: Route,
}

/// The choice of the shard that takes a record.
#[derive(Debug)]
pub(super) enum Route {
    /// All records go to the shard that began the execution.
    Gather,
    /// The function returns the key of a record, whose owner takes the record.
    ByKey(Callback),
    /// As `ByKey`, and the name of the group goes with the record: the function is not called again.
    WithKey(Callback),
    /// The record is that of a group.
    ByGroup,
}

impl Mover {
    pub(crate) fn is_gathering(&self) -> bool {
        matches!(self.route, Route::Gather)
    }
}

impl Operation for Mover {
    fn functions(&self) -> Vec<&Callback> {
        match &self.route {
            Route::ByKey(function) | Route::WithKey(function) => vec![function],
            Route::Gather | Route::ByGroup => Vec::new(),
        }
    }

    fn copy(&self, py: Gil<'_>) -> Step {
        let route = match &self.route {
            Route::Gather => Route::Gather,
            Route::ByKey(function) => Route::ByKey(function.clone_ref(py)),
            Route::WithKey(function) => Route::WithKey(function.clone_ref(py)),
            Route::ByGroup => Route::ByGroup,
        };
        Step::Mover(Mover { id: self.id, route })
    }

    fn apply<'py>(&self, _: &mut Memory, record: Object<'py>) -> Outcome<'py> {
        let (target, record) = match &self.route {
            Route::Gather => (Target::Initiator, record),
            Route::ByKey(function) => {
                let key = text_key(&extracted(function, &record)?)?;
                (Target::Key(key_bytes(&key)?), record)
            }
            Route::WithKey(function) => {
                let key = text_key(&extracted(function, &record)?)?;
                (Target::Key(key_bytes(&key)?), pair(&key, &record)?)
            }
            Route::ByGroup => {
                let (key, _) = group_parts(&record)?;
                (Target::Key(key_bytes(&key)?), record)
            }
        };
        Ok(Flow::Move { target, record })
    }

    fn list<'a>(&'a self, _: &mut Listing<'a>, _: &'static str) {}

    fn encode(&self, _: &mut Vec<u8>) -> Result<(), String> {
        Err(NOT_STORED.to_owned())
    }
}
