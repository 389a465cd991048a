//! The part of a pipeline that knows of other shards.

use super::super::{Exchange, MoverId, Step, Target, durations_of};
use super::{Pipeline, Place};
use crate::python::{Gil, Object};
use std::sync::Arc;
use std::time::Duration;

/// The connection of a pipeline to the pipelines of the other shards.
#[derive(Debug)]
pub(super) struct Shards {
    pub(super) exchange: Arc<dyn Exchange>,
    /// The number of movers in front of which everything has ended, as the exchange was told.
    pub(super) reported: usize,
}

/// The passage of a mover, as far as this shard can say.
pub(super) enum Passage {
    /// All shards have ended what is in front of the mover.
    Open,
    /// Other shards may still send records.
    Closed,
}

impl Pipeline {
    /// A pipeline that runs [`distributed`](super::super::distributed()) steps together with those of other shards.
    pub(crate) fn with_exchange(
        py: Gil<'_>,
        steps: &Arc<[Step]>,
        exchange: Arc<dyn Exchange>,
    ) -> Self {
        let mut pipeline = Pipeline::new(py, steps);
        pipeline.shards = Some(Shards {
            exchange,
            reported: 0,
        });
        pipeline
    }

    /// Takes records that have come from another shard. They go on behind `mover` when the pipeline is advanced.
    pub(crate) fn arrive<'py>(
        &mut self,
        mover: MoverId,
        records: impl IntoIterator<Item = Object<'py>>,
    ) {
        if self.stages.begin_behind(mover) < self.steps.len() {
            return self.stages.arrive(mover, records);
        }
        // No step is left for them, as behind `collect` at the end of a plan.
        for record in records {
            self.results.push(Place::default(), record.unbind().into());
        }
    }

    /// The number of records that have arrived and have not gone on yet.
    #[cfg(test)]
    pub(crate) fn arrived(&self) -> usize {
        self.stages.arrived()
    }

    /// `true` if records that have arrived behind `mover` have not gone on yet.
    pub(crate) fn has_arrived(&self, mover: MoverId) -> bool {
        self.stages.has_arrived(mover)
    }

    /// The time that each of these steps took, which are those of the plan; empty if it was not measured.
    pub(crate) fn durations_of_plan(&self, py: Gil<'_>, steps: &[Step]) -> Vec<Duration> {
        let durations = self.durations();
        if self.shards.is_none() || durations.is_empty() {
            return durations;
        }
        durations_of(py, steps, &durations)
    }

    /// All shards have ended what is in front of `mover`, and all records have arrived: the folds behind it can end.
    pub(crate) fn end_mover(&mut self, mover: MoverId) {
        self.stages.close(mover);
    }

    /// The initiator needs no other record: the reader must stop.
    pub(crate) fn enough(&mut self) {
        self.full = true;
    }

    /// Hands a record to the shard where it goes on. Returns it if that is this one.
    pub(super) fn moved<'py>(
        &mut self,
        index: usize,
        target: Target,
        record: Object<'py>,
    ) -> Option<Object<'py>> {
        let (Some(shards), Some(Step::Mover(mover))) = (&self.shards, self.steps.get(index)) else {
            return Some(record);
        };
        let mut errors = Vec::new();
        let here = shards
            .exchange
            .move_record(mover.id, target, record, &mut errors);
        self.fail_all(index, errors);
        here
    }

    /// `true` if records of a stage can go through all movers that they may come to.
    pub(super) fn has_room(&self, stage: usize) -> bool {
        let Some(shards) = &self.shards else {
            return true;
        };
        let mut movers = (stage..).map_while(|stage| self.stages.mover(stage));
        movers.all(|mover| shards.exchange.has_room(mover))
    }

    /// Everything in front of the mover at `index` has ended here. Tells the other shards once.
    pub(super) fn come_to_mover(&mut self, py: Gil<'_>, index: usize, mover: MoverId) -> Passage {
        let Some(shards) = &mut self.shards else {
            return Passage::Open;
        };
        if shards.reported <= mover.0 {
            shards.reported = mover.0 + 1;
            let exchange = Arc::clone(&shards.exchange);
            let mut errors = Vec::new();
            exchange.ended(py, mover, &mut errors);
            self.fail_all(index, errors);
        }
        if self.stages.is_closed(mover) {
            Passage::Open
        } else {
            Passage::Closed
        }
    }

    /// The limit at `index` is used up. In front of the first mover, and behind one that gathers the records of all
    /// shards, nothing else can pass. Behind another mover, the limits of other shards may still need what is read here.
    pub(super) fn used_up(&mut self, index: usize) {
        if self.full {
            return;
        }
        let Some(mover) = self.stages.of(index).checked_sub(1) else {
            self.full = true;
            return;
        };
        let Some(shards) = &self.shards else {
            self.full = true;
            return;
        };
        let gathers = |step: &Step| matches!(step, Step::Mover(one) if one.id.0 == mover && one.is_gathering());
        if self.steps.iter().any(gathers) {
            self.full = true;
            shards.exchange.enough(MoverId(mover));
        }
    }
}
