//! The steps of a plan for an execution on all shards of a cluster: movers are put where records have to go on at another
//! shard, and folds are cut into a local part and a global one. Every shard runs all of them.

use super::Step;
use super::exchange::MoverId;
use super::mover::{Mover, Route};
use crate::python::Gil;
use std::time::Duration;

/// The steps that a cluster runs for the `steps` of a plan.
pub(crate) fn distributed(py: Gil<'_>, steps: &[Step]) -> Vec<Step> {
    let mut cut = Cut::default();
    for step in steps {
        step.operation().distribute(py, &mut cut);
    }
    cut.steps
}

/// `true` if a plan with these `steps` lets records go on at other shards. If only the shard that began the run reads records, any other
/// plan runs on that shard alone.
pub(crate) fn scatters(steps: &[Step]) -> bool {
    steps.iter().any(|step| step.operation().scatters())
}

/// The time of each step of a plan, whose [`distributed()`] steps took `durations`.
pub(crate) fn durations_of(py: Gil<'_>, steps: &[Step], durations: &[Duration]) -> Vec<Duration> {
    let mut cut = Cut::default();
    let mut begin = 0;
    let of_step = steps.iter().map(|step| {
        step.operation().distribute(py, &mut cut);
        let parts = durations.get(begin..cut.steps.len()).unwrap_or_default();
        begin = cut.steps.len();
        parts.iter().sum()
    });
    of_step.collect()
}

/// The steps of a cluster, which operations add to.
#[derive(Debug, Default)]
pub(crate) struct Cut {
    steps: Vec<Step>,
    movers: usize,
    /// All records are at the initiator.
    gathered: bool,
}

impl Cut {
    /// Adds a step that runs on each shard by itself.
    pub(super) fn local(&mut self, step: impl Into<Step>) {
        self.steps.push(step.into());
    }

    /// Adds a mover that brings all records to the initiator. Returns `false` if the records are there already.
    pub(super) fn gather(&mut self) -> bool {
        if self.gathered {
            return false;
        }
        self.move_by(Route::Gather);
        true
    }

    /// Moves each record to a shard of its own.
    pub(super) fn move_by(&mut self, route: Route) {
        self.gathered = matches!(route, Route::Gather);
        self.steps.push(Step::Mover(Mover {
            id: MoverId(self.movers),
            route,
        }));
        self.movers += 1;
    }
}
