//! The beginning of a part, and of the whole run on its initiator.

use super::super::begin::Reads;
use super::super::message::{Message, Start};
use super::super::plans::plan_bytes;
use super::super::reading::PATIENCE;
use super::super::runs::runs;
use super::super::shards::Shards;
use super::{Layout, Part};
use crate::cluster::topology;
use crate::execution::Execution;
use crate::python::{Gil, Movement, describe, detached};
use crate::scope::SessionOutline;
use crate::steps::{Pipeline, Step, distributed};
use std::sync::Arc;

impl Part {
    /// What the other shards are told, before any of them is told anything.
    fn beginning(
        &self,
        py: Gil<'_>,
        execution: &Execution,
        shards: Shards,
    ) -> Result<Start, String> {
        let (plan, words) = plan_bytes(py, execution, self.reads)?;
        let cause = execution.cause();
        let user = cause.surroundings().user;
        Ok(Start {
            shards,
            plan: plan.to_vec(),
            words,
            user: user.map(|user| user.name().to_vec()),
            session: cause.session().as_deref().map(SessionOutline::of),
            registration: cause.registration(),
            is_kept: execution.is_kept(),
        })
    }

    /// Begins the run on the other shards.
    ///
    /// # Errors
    /// If the execution was given up meanwhile. Then no other shard knows of the run.
    fn start_others(
        self: &Arc<Self>,
        execution: &Arc<Execution>,
        start: Start,
    ) -> Result<(), String> {
        self.set_shards(start.shards.clone());
        // Nothing can have come for it: the others do not know of it yet.
        let _ = runs().insert(self);
        // From now on, the end of the execution tells the others. An end before tells nobody.
        if !self.is_run_by(execution) {
            runs().remove(self.run);
            return Err("ERR the run was stopped before it had begun: run it again".to_owned());
        }
        self.send_to_others(&Message::Start(Box::new(start)));
        Ok(())
    }

    /// Makes the pipeline of this shard. The initiator tells the others of the run.
    pub(super) fn pipeline(
        self: Arc<Self>,
        py: Gil<'_>,
        execution: &Arc<Execution>,
    ) -> Result<Pipeline, String> {
        let plan = &execution.plan;
        let steps: Arc<[Step]> = distributed(py, &plan.steps).into();
        let start = if self.shards().is_none() {
            let shards = (!self.is_local(&steps))
                .then(|| detached(py, || topology::settled(PATIENCE)))
                .and_then(|topology| Shards::of(&topology));
            let Some(shards) = shards else {
                return Ok(Pipeline::new(py, &plan.steps));
            };
            Some(self.beginning(py, execution, shards)?)
        } else {
            None
        };
        let movers = steps.iter().filter_map(|step| match step {
            Step::Mover(mover) => Some(mover.is_gathering()),
            _ => None,
        });
        let gathers: Vec<bool> = movers.collect();
        self.outbox.make_room_for(gathers.len());
        let movement =
            Movement::new(py, plan.functions()).map_err(|raised| describe(py, &raised))?;
        let _ = self.layout.set(Layout { movement, gathers });
        if let Some(start) = start {
            self.start_others(execution, start)?;
        }
        Ok(Pipeline::with_exchange(py, &steps, self))
    }

    /// The part of another shard cannot begin. To the others it would look like one that has ended, and they would wait for the ends
    /// of its movers.
    pub(in crate::distribution) fn cannot_begin(&self, error: &str) {
        if self.shards().is_some_and(|shards| !shards.is_initiator()) {
            self.fail(error);
        }
    }

    /// `true` if nothing of the run has to be done on another shard.
    fn is_local(&self, steps: &[Step]) -> bool {
        let moves = |step: &Step| matches!(step, Step::Mover(mover) if !mover.is_gathering());
        self.reads == Reads::Here && !steps.iter().any(moves)
    }
}
