//! Executions that are a part of a run over several shards of a cluster.
//!
//! An execution knows the other shards through the trait [`Shared`] alone. A folder above implements it.

use super::Execution;
use super::parking::Parking;
use super::pool::pool;
use crate::plan::Source;
use crate::python::Gil;
use crate::readers::Reading;
use crate::steps::Pipeline;
use std::fmt;
use std::sync::Arc;

/// The other shards of a run, as the part of this shard sees them.
pub(crate) trait Shared: fmt::Debug + Send + Sync {
    /// The run begins here: the pipeline of this shard. Called on the thread that takes the records through the steps, in the
    /// surroundings of the execution.
    ///
    /// # Errors
    /// The error for the clients, if the run cannot begin.
    fn begin(self: Arc<Self>, py: Gil<'_>, execution: &Arc<Execution>) -> Result<Pipeline, String>;

    /// The reading of the source on this shard. Called once, after [`Shared::begin`].
    fn reading(&self, source: &Source) -> Reading;

    /// Puts some of what the other shards have sent into the pipeline. Returns `false` if there is nothing that the pipeline can
    /// take now.
    fn take(&self, py: Gil<'_>, pipeline: &mut Pipeline) -> bool;

    /// The pipeline cannot go on: sends the records that are held back.
    fn flush(&self, py: Gil<'_>, pipeline: &mut Pipeline);

    /// `true` if the whole run is over, now that the part of this shard has come to its end.
    fn is_over(&self) -> bool;

    /// The number of other shards that this one has told of the run, and of those that have ended their part.
    fn others(&self) -> (usize, usize);

    /// `true` if records stay on this shard at the end, because no step brings them to the shard that began the run. There may be
    /// none of them.
    fn keeps_records(&self) -> bool;

    /// `true` if the records of this shard go to another one, which began the run.
    fn gives_records_away(&self) -> bool;

    /// The errors of the other shards.
    fn errors_elsewhere(&self) -> Vec<String>;

    /// The execution has ended. Called once, on any thread, with or without the interpreter. It must not take the server's lock.
    fn ended(&self, end: &PartEnd<'_>);
}

/// The end of the part of one shard.
#[derive(Debug)]
pub(crate) enum PartEnd<'a> {
    /// It ran to its end, with these errors.
    Complete { errors: &'a [String] },
    /// An abort, a limit or a full queue ended it, with this error.
    Stopped(&'a str),
}

impl Execution {
    /// Makes the execution a part of a run over several shards. It must not have begun.
    pub(crate) fn share(&self, shared: Arc<dyn Shared>) {
        let _ = self.shared.set(shared);
    }

    pub(super) fn shared(&self) -> Option<&Arc<dyn Shared>> {
        self.shared.get()
    }

    /// `true` for a part of a run over several shards that has results of its own, now or later.
    pub(crate) fn keeps_records(&self) -> bool {
        self.shared().is_some_and(|shared| shared.keeps_records())
    }

    /// `true` for a part of a run whose results are on another shard.
    pub(crate) fn gives_records_away(&self) -> bool {
        self.shared()
            .is_some_and(|shared| shared.gives_records_away())
    }

    pub(super) fn part_has_ended(&self, end: &PartEnd<'_>) {
        if let Some(shared) = self.shared() {
            shared.ended(end);
        }
    }

    /// The other shards have sent something: the execution looks at it soon.
    pub(crate) fn has_mail(self: &Arc<Self>) {
        let mut parking = self.parking();
        if parking.is_closed {
            return;
        }
        parking.has_mail = true;
        self.call(&mut parking);
    }

    /// Queues the execution if it was set aside.
    pub(super) fn call(self: &Arc<Self>, parking: &mut Parking) {
        if parking.progress.is_none() || parking.is_called {
            return;
        }
        parking.is_called = true;
        match self.cause.order() {
            Some(order) => order.come_back(self),
            None => pool().push(Arc::clone(self)),
        }
    }
}
