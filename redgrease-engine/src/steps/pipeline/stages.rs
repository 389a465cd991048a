//! The records on their way through a pipeline, stage by stage. Each mover ends a stage; without movers there is one.

use super::super::results::Place;
use super::super::{MoverId, Step};
use crate::python::{Handle, KeptList, Object};
use smallvec::{SmallVec, smallvec};
use std::collections::VecDeque;

/// Records on their way, with the step that takes them next and their place among the others.
#[derive(Debug)]
pub(super) enum Todo {
    One(usize, Place, Handle),
    /// The first elements of a list, the last of them first.
    Backwards(usize, Place, KeptList, usize),
}

impl Todo {
    fn step(&self) -> usize {
        match self {
            Todo::One(step, ..) | Todo::Backwards(step, ..) => *step,
        }
    }
}

#[derive(Debug)]
pub(super) struct Stages {
    stages: SmallVec<[Stage; 1]>,
    /// The step of each mover. The stage with the same number is the one in front of it.
    movers: Vec<usize>,
}

#[derive(Debug, Default)]
struct Stage {
    /// Records inside the stage; the first ones last.
    todo: Vec<Todo>,
    /// Records from other shards, which have not begun the stage.
    arrived: VecDeque<Handle>,
    /// A step of the stage has raised an exception.
    failed: bool,
    /// All shards have ended what is in front of the stage.
    closed: bool,
}

impl Stages {
    pub(super) fn new(steps: &[Step]) -> Stages {
        let movers = steps.iter().enumerate();
        let movers = movers.filter(|(_, step)| matches!(step, Step::Mover(_)));
        let movers: Vec<usize> = movers.map(|(index, _)| index).collect();
        let mut stages = smallvec![Stage::default()];
        stages.resize_with(movers.len() + 1, Stage::default);
        Stages { stages, movers }
    }

    /// The stage of a step. A mover belongs to the stage that it ends.
    pub(super) fn of(&self, step: usize) -> usize {
        self.movers.partition_point(|mover| *mover < step)
    }

    /// The mover that ends a stage. `None` for the last stage.
    pub(super) fn mover(&self, stage: usize) -> Option<MoverId> {
        (stage < self.movers.len()).then_some(MoverId(stage))
    }

    /// The step behind the last one of a stage. `None` for the last stage.
    pub(super) fn end(&self, stage: usize) -> Option<usize> {
        self.movers.get(stage).map(|mover| mover + 1)
    }

    pub(super) fn count(&self) -> usize {
        self.stages.len()
    }

    pub(super) fn push(&mut self, todo: Todo) {
        let stage = self.of(todo.step());
        if let Some(stage) = self.stages.get_mut(stage) {
            stage.todo.push(todo);
        }
    }

    /// The next records of a stage. Those that are inside it come before those that have arrived.
    pub(super) fn pop(&mut self, stage: usize) -> Option<Todo> {
        let begin = self.begin(stage);
        let stage = self.stages.get_mut(stage)?;
        stage.todo.pop().or_else(|| {
            let record = stage.arrived.pop_front()?;
            Some(Todo::One(begin, Place::default(), record))
        })
    }

    /// The step that takes the next records of a stage. `None` if it has no records.
    pub(super) fn next_step(&self, stage: usize) -> Option<usize> {
        let records = self.stages.get(stage)?;
        match records.todo.last() {
            Some(todo) => Some(todo.step()),
            None if records.arrived.is_empty() => None,
            None => Some(self.begin(stage)),
        }
    }

    /// The step behind a mover.
    pub(super) fn begin_behind(&self, mover: MoverId) -> usize {
        self.begin(mover.0 + 1)
    }

    /// The first step of a stage.
    fn begin(&self, stage: usize) -> usize {
        let mover = stage
            .checked_sub(1)
            .and_then(|mover| self.movers.get(mover));
        mover.map_or(0, |mover| mover + 1)
    }

    /// `true` if no stage up to this one has records.
    pub(super) fn are_empty_up_to(&self, stage: usize) -> bool {
        let stages = self.stages.iter().take(stage + 1);
        stages.into_iter().all(Stage::is_empty)
    }

    pub(super) fn are_empty(&self) -> bool {
        self.stages.iter().all(Stage::is_empty)
    }

    /// Adds records that have arrived behind a mover. A stage that has failed takes no other ones.
    pub(super) fn arrive<'py>(
        &mut self,
        mover: MoverId,
        records: impl IntoIterator<Item = Object<'py>>,
    ) {
        if let Some(stage) = self.stages.get_mut(mover.0 + 1)
            && !stage.failed
        {
            let records = records.into_iter();
            let records = records.map(|record| Handle::from(record.unbind()));
            stage.arrived.extend(records);
        }
    }

    /// `true` if records have arrived behind a mover and have not begun their stage.
    pub(super) fn has_arrived(&self, mover: MoverId) -> bool {
        let stage = self.stages.get(mover.0 + 1);
        stage.is_some_and(|stage| !stage.arrived.is_empty())
    }

    /// The number of records that have arrived and have not begun their stage.
    #[cfg(test)]
    pub(super) fn arrived(&self) -> usize {
        self.stages.iter().map(|stage| stage.arrived.len()).sum()
    }

    /// A step has raised an exception: records that arrive at its stage go no further. Returns those that have arrived.
    pub(super) fn fail(&mut self, step: usize) -> VecDeque<Handle> {
        let stage = self.of(step);
        match self.stages.get_mut(stage) {
            Some(stage) => {
                stage.failed = true;
                std::mem::take(&mut stage.arrived)
            }
            None => VecDeque::new(),
        }
    }

    /// All shards have ended what is in front of a mover.
    pub(super) fn close(&mut self, mover: MoverId) {
        if let Some(stage) = self.stages.get_mut(mover.0 + 1) {
            stage.closed = true;
        }
    }

    pub(super) fn is_closed(&self, mover: MoverId) -> bool {
        self.stages
            .get(mover.0 + 1)
            .is_none_or(|stage| stage.closed)
    }
}

impl Stage {
    fn is_empty(&self) -> bool {
        self.todo.is_empty() && self.arrived.is_empty()
    }
}
