//! Passing records through the steps, one at a time and as far as they go.
//!
//! A pipeline keeps its place: when a step's function gives a coroutine it is set aside, and goes
//! on where it was when the coroutine's result is there, on whichever thread.

use super::memory::Memory;
use super::{
    Flow, accumulate, batchgroupby, count, countby, filter, flatmap, foreach, groupby, map,
};
use crate::plan::{Plan, Step};
use crate::python::{Gil, Handle, KeptList, List, Object, Raised, text_of};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The steps of a plan with what they remember during one execution.
#[derive(Debug)]
pub(crate) struct Pipeline {
    plan: Arc<Plan>,
    memories: Vec<Memory>,
    /// Records on their way; the first ones last.
    todo: Vec<Todo>,
    results: Vec<Handle>,
    errors: Vec<Raised>,
    full: bool,
    /// The next fold to give what it has.
    finishing: usize,
    /// The step that waits for a coroutine, and what it needs besides the result.
    waiting: Option<(usize, Option<Handle>)>,
    /// How long each step took, if that is asked for.
    durations: Option<Vec<Duration>>,
}

/// Records on their way, with the step that takes them next.
#[derive(Debug)]
enum Todo {
    One(usize, Handle),
    /// The first elements of a list, the last of them first.
    Backwards(usize, KeptList, usize),
}

impl Pipeline {
    pub(crate) fn new(py: Gil<'_>, plan: &Arc<Plan>) -> Self {
        let memories = plan
            .steps
            .iter()
            .map(|step| Memory::new(py, step))
            .collect();
        let full = plan
            .steps
            .iter()
            .any(|step| matches!(step, Step::Limit { length: 0, .. }));
        Pipeline {
            plan: Arc::clone(plan),
            memories,
            todo: Vec::new(),
            results: Vec::new(),
            errors: Vec::new(),
            full,
            finishing: 0,
            waiting: None,
            durations: None,
        }
    }

    /// Measures from now on how long each step takes.
    pub(crate) fn measure(&mut self) {
        self.durations = Some(vec![Duration::ZERO; self.memories.len()]);
    }

    /// Whether it does.
    pub(crate) fn measures(&self) -> bool {
        self.durations.is_some()
    }

    /// How long each step took, if that was measured.
    pub(crate) fn durations(&self) -> Vec<Duration> {
        self.durations.clone().unwrap_or_default()
    }

    fn record(&mut self, index: usize, began: Option<Instant>) {
        if let (Some(began), Some(durations)) = (began, &mut self.durations)
            && let Some(duration) = durations.get_mut(index)
        {
            *duration += began.elapsed();
        }
    }

    /// A pipeline that waits for the coroutine that its first record became in step `index`.
    pub(crate) fn waiting_at(py: Gil<'_>, plan: &Arc<Plan>, index: usize) -> Self {
        let mut pipeline = Pipeline::new(py, plan);
        pipeline.waiting = Some((index, None));
        pipeline
    }

    /// A reader stops at the first error that got through, and when a limit is reached. (Records
    /// that are inside already, in the elements of a list for instance, still go on.)
    pub(crate) fn wants_more(&self) -> bool {
        self.errors.is_empty() && !self.full
    }

    /// If all that is asked of the records is their number, readers need not make them.
    pub(crate) fn only_counts(&self) -> bool {
        matches!(self.plan.steps.first(), Some(Step::Count))
    }

    /// `records` more, for [`Pipeline::only_counts`].
    pub(crate) fn add_count(&mut self, records: usize) {
        if let Some(Memory::Count(count)) = self.memories.first_mut() {
            *count += i64::try_from(records).unwrap_or(i64::MAX);
        }
    }

    /// A record at the first step. [`Pipeline::run`] takes it through.
    pub(crate) fn push(&mut self, record: Object<'_>) {
        self.todo.push(Todo::One(0, record.unbind()));
    }

    pub(crate) fn fail(&mut self, error: Raised) {
        self.errors.push(error);
    }

    /// Takes all records as far as they go. Gives a coroutine that has to be awaited first, if
    /// there is one: [`Pipeline::resume`] goes on with its result.
    pub(crate) fn run<'py>(&mut self, py: Gil<'py>) -> Option<Object<'py>> {
        let plan = Arc::clone(&self.plan);
        while let Some((mut index, mut record)) = self.next(py) {
            loop {
                let Some(step) = plan.steps.get(index) else {
                    self.results.push(record.unbind());
                    break;
                };
                let began = self.durations.is_some().then(Instant::now);
                let flow = self.apply(step, index, record);
                self.record(index, began);
                match flow {
                    Ok(Flow::One(next)) => record = next,
                    Ok(Flow::Nothing) => break,
                    Ok(Flow::Many(records)) => {
                        self.spread(index + 1, records);
                        break;
                    }
                    Ok(Flow::Backwards(list)) => {
                        self.spread_backwards(index + 1, list);
                        break;
                    }
                    Ok(Flow::Await { coroutine, kept }) => {
                        self.waiting = Some((index, kept.map(Object::unbind)));
                        return Some(coroutine);
                    }
                    Err(raised) => {
                        self.errors.push(raised);
                        break;
                    }
                }
                index += 1;
            }
        }
        None
    }

    fn apply<'py>(
        &mut self,
        step: &Step,
        index: usize,
        record: Object<'py>,
    ) -> Result<Flow<'py>, Raised> {
        match (step, &mut self.memories[index]) {
            (Step::Map(function), _) => map::apply(function, &record),
            (Step::Filter(function), _) => filter::apply(function, record),
            (Step::FlatMap(function), _) => flatmap::apply(function, &record),
            (Step::ForEach(function), _) => foreach::apply(function, record),
            (Step::Accumulate(function), Memory::Accumulator(accumulator)) => {
                accumulate::apply(function, accumulator, &record)
            }
            (Step::Count, Memory::Count(count)) => {
                *count += 1;
                Ok(Flow::Nothing)
            }
            (Step::CountBy(extractor), Memory::Counts(counts)) => {
                countby::apply(extractor, counts, &record)
            }
            (
                Step::GroupBy {
                    extractor, reducer, ..
                },
                Memory::Groups(groups),
            ) => groupby::apply(extractor, reducer, groups, &record),
            (Step::BatchGroupBy { extractor, .. }, Memory::Batches(batches)) => {
                batchgroupby::apply(extractor, batches, record)
            }
            (Step::Limit { .. }, Memory::Limit(left)) => {
                let flow = left.apply(record);
                self.full |= left.is_used_up();
                Ok(flow)
            }
            // The key decides about the shard: a server on its own keeps all records.
            (Step::Repartition(extractor), _) => {
                extractor.call1(&record).map(|_| Flow::One(record))
            }
            (Step::ToText, _) => text_of(&record).map(Flow::One),
            // A finished fold takes no more records.
            (
                Step::Accumulate(_)
                | Step::Count
                | Step::CountBy(_)
                | Step::GroupBy { .. }
                | Step::BatchGroupBy { .. }
                | Step::Limit { .. },
                _,
            ) => Ok(Flow::Nothing),
            // Brings the records of all shards together: a server on its own has them all.
            (Step::Collect, _) => Ok(Flow::One(record)),
        }
    }

    /// The next record and the step that takes it.
    fn next<'py>(&mut self, py: Gil<'py>) -> Option<(usize, Object<'py>)> {
        loop {
            match self.todo.pop()? {
                Todo::One(index, record) => return Some((index, record.into_bound(py))),
                Todo::Backwards(index, list, left) => {
                    let Some(place) = left.checked_sub(1) else {
                        continue;
                    };
                    let record = list.get(py, place);
                    self.todo.push(Todo::Backwards(index, list, place));
                    if let Some(record) = record {
                        return Some((index, record));
                    }
                }
            }
        }
    }

    fn spread(&mut self, index: usize, records: Vec<Object<'_>>) {
        self.todo.extend(
            records
                .into_iter()
                .rev()
                .map(|record| Todo::One(index, record.unbind())),
        );
    }

    fn spread_backwards(&mut self, index: usize, list: List<'_>) {
        let length = list.len();
        // Most lists that are taken apart are counted: that needs no place in between.
        if let Some(Step::CountBy(extractor)) = self.plan.steps.get(index)
            && let Some(Memory::Counts(counts)) = self.memories.get_mut(index)
        {
            for record in (0..length).rev().filter_map(|place| list.get(place)) {
                if let Err(raised) = countby::apply(extractor, counts, &record) {
                    self.errors.push(raised);
                }
            }
            return;
        }
        self.todo
            .push(Todo::Backwards(index, list.unbind(), length));
    }

    /// The coroutine that [`Pipeline::run`] gave has ended.
    pub(crate) fn resume(&mut self, py: Gil<'_>, outcome: Result<Object<'_>, Raised>) {
        let Some((index, kept)) = self.waiting.take() else {
            return;
        };
        let plan = Arc::clone(&self.plan);
        let Some(step) = plan.steps.get(index) else {
            return;
        };
        let kept = kept.map(|kept| kept.into_bound(py));
        let flow = outcome.and_then(|result| match (step, &mut self.memories[index], kept) {
            (Step::Filter(_), _, Some(record)) => filter::decide(record, &result),
            (Step::ForEach(_), _, Some(record)) => Ok(Flow::One(record)),
            (Step::FlatMap(_), _, _) => Ok(flatmap::take_apart(result)),
            (Step::Accumulate(_), Memory::Accumulator(accumulator), _) => {
                *accumulator = Some(result.unbind());
                Ok(Flow::Nothing)
            }
            (Step::GroupBy { .. }, Memory::Groups(groups), Some(key)) => {
                groupby::store(groups, &key, result)
            }
            _ => Ok(Flow::One(result)),
        });
        match flow {
            Ok(Flow::One(record)) => self.spread(index + 1, vec![record]),
            Ok(Flow::Many(records)) => self.spread(index + 1, records),
            Ok(Flow::Backwards(list)) => self.spread_backwards(index + 1, list),
            Ok(Flow::Nothing | Flow::Await { .. }) => {}
            Err(raised) => self.errors.push(raised),
        }
    }

    /// Lets the next fold give what it has, for [`Pipeline::run`] to take on. `false`: there was
    /// none left.
    pub(crate) fn finish_next(&mut self, py: Gil<'_>) -> bool {
        while self.finishing < self.memories.len() {
            let index = self.finishing;
            self.finishing += 1;
            let began = self.durations.is_some().then(Instant::now);
            let flow = match self.memories[index].take() {
                Memory::Nothing | Memory::Limit(_) => continue,
                Memory::Accumulator(accumulator) => Ok(accumulate::finish(py, accumulator)),
                Memory::Count(number) => Ok(count::finish(py, number)),
                Memory::Counts(counts) => countby::finish(py, counts),
                Memory::Groups(groups) => groupby::finish(py, groups),
                Memory::Batches(batches) => Ok(self.finish_batches(py, index, batches)),
            };
            self.record(index, began);
            match flow {
                Ok(Flow::One(record)) => self.spread(index + 1, vec![record]),
                Ok(Flow::Many(records)) => self.spread(index + 1, records),
                Ok(Flow::Nothing | Flow::Backwards(_) | Flow::Await { .. }) => {}
                Err(raised) => self.errors.push(raised),
            }
            return true;
        }
        false
    }

    fn finish_batches<'py>(
        &mut self,
        py: Gil<'py>,
        index: usize,
        batches: batchgroupby::Batches,
    ) -> Flow<'py> {
        let plan = Arc::clone(&self.plan);
        let Some(Step::BatchGroupBy { reducer, .. }) = plan.steps.get(index) else {
            return Flow::Nothing;
        };
        let mut records = Vec::new();
        for outcome in batchgroupby::finish(py, reducer, batches) {
            match outcome {
                Ok(record) => records.push(record),
                Err(raised) => self.errors.push(raised),
            }
        }
        Flow::Many(records)
    }

    /// What came out of it.
    pub(crate) fn into_outcome(self, py: Gil<'_>) -> (Vec<Object<'_>>, Vec<Raised>) {
        let results = self
            .results
            .into_iter()
            .map(|result| result.into_bound(py))
            .collect();
        (results, self.errors)
    }
}
