//! Passes records through the steps. Each record goes through as many steps as it can before the next one is read.
//!
//! A pipeline keeps its place. When the function of a step returns a coroutine, the pipeline is set aside and continues
//! on any thread when the coroutine has ended.

use super::memory::Memory;
use super::{Flow, Limit, Outcome, Step};
use crate::python::{Gil, Handle, KeptList, List, Object, Raised};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The steps of a plan with their memory during one execution.
#[derive(Debug)]
pub(crate) struct Pipeline {
    steps: Arc<[Step]>,
    memories: Vec<Memory>,
    /// Records on their way; the first ones last.
    todo: Vec<Todo>,
    results: Vec<Handle>,
    errors: Vec<Raised>,
    /// A limit is used up.
    full: bool,
    /// The next step that is asked for the result of its fold.
    finishing: usize,
    /// The step that waits for a coroutine, and the value that it keeps besides the result.
    waiting: Option<(usize, Option<Handle>)>,
    /// The time that each step took. `None` if it is not measured.
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
    pub(crate) fn new(py: Gil<'_>, steps: &Arc<[Step]>) -> Self {
        let memories = steps.iter().map(|step| step.operation().memory(py));
        let full = |step: &Step| matches!(step, Step::Limit(Limit { length: 0, .. }));
        Pipeline {
            steps: Arc::clone(steps),
            memories: memories.collect(),
            todo: Vec::new(),
            results: Vec::new(),
            errors: Vec::new(),
            full: steps.iter().any(full),
            finishing: 0,
            waiting: None,
            durations: None,
        }
    }

    /// A pipeline whose first record has become a coroutine in step `index`.
    pub(crate) fn waiting_at(py: Gil<'_>, steps: &Arc<[Step]>, index: usize) -> Self {
        let mut pipeline = Pipeline::new(py, steps);
        pipeline.waiting = Some((index, None));
        pipeline
    }

    /// Measures from now on how long each step takes.
    pub(crate) fn measure(&mut self) {
        self.durations = Some(vec![Duration::ZERO; self.memories.len()]);
    }

    pub(crate) fn is_measured(&self) -> bool {
        self.durations.is_some()
    }

    /// The time that each step took; empty if it was not measured.
    pub(crate) fn durations(&self) -> Vec<Duration> {
        self.durations.clone().unwrap_or_default()
    }

    fn record_time(&mut self, index: usize, began: Option<Instant>) {
        if let (Some(began), Some(durations)) = (began, &mut self.durations)
            && let Some(duration) = durations.get_mut(index)
        {
            *duration += began.elapsed();
        }
    }

    /// Runs to the end, or to the next coroutine. The coroutine is returned, and [`Pipeline::resume`] takes its result.
    ///
    /// `read` is called when no record is inside the pipeline: it pushes another one, or returns `false`.
    pub(crate) fn advance<'py>(
        &mut self,
        py: Gil<'py>,
        mut read: impl FnMut(&mut Self) -> bool,
    ) -> Option<Object<'py>> {
        loop {
            let coroutine = self.drain(py);
            if coroutine.is_some() {
                return coroutine;
            }
            if !read(self) && !self.finish_next(py) {
                return None;
            }
        }
    }

    /// `false` after an error, or when a limit is used up: then the reader must stop. Records that are inside the
    /// pipeline already, such as the elements of a list, still go on.
    pub(crate) fn wants_more(&self) -> bool {
        self.errors.is_empty() && !self.full
    }

    /// `true` if only the number of records matters, so that a reader need not make them.
    pub(crate) fn only_counts(&self) -> bool {
        matches!(self.steps.first(), Some(Step::Count(_)))
    }

    /// Counts `records` more, if [`Pipeline::only_counts`].
    pub(crate) fn add_count(&mut self, records: usize) {
        if let Some(Memory::Count(count)) = self.memories.first_mut() {
            *count += i64::try_from(records).unwrap_or(i64::MAX);
        }
    }

    /// Puts a record in front of the first step.
    pub(crate) fn push(&mut self, record: Object<'_>) {
        self.todo.push(Todo::One(0, record.unbind()));
    }

    pub(crate) fn fail(&mut self, error: Raised) {
        self.errors.push(error);
    }

    /// Passes all records through the steps. Stops at a coroutine, which is returned.
    fn drain<'py>(&mut self, py: Gil<'py>) -> Option<Object<'py>> {
        let steps = Arc::clone(&self.steps);
        while let Some((mut index, mut record)) = self.next(py) {
            loop {
                let Some(step) = steps.get(index) else {
                    self.results.push(record.unbind());
                    break;
                };
                let began = self.durations.is_some().then(Instant::now);
                let flow = self.apply(step, index, record);
                self.record_time(index, began);
                match flow {
                    Ok(Flow::One(next)) => record = next,
                    Ok(Flow::Nothing) => break,
                    Ok(Flow::Backwards(list)) => {
                        self.spread(index + 1, list);
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

    fn apply<'py>(&mut self, step: &Step, index: usize, record: Object<'py>) -> Outcome<'py> {
        let memory = &mut self.memories[index];
        let flow = step.operation().apply(memory, record);
        if let Memory::Limit(left) = memory {
            self.full |= left.is_used_up();
        }
        flow
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

    /// Passes the elements of a list on, the last one first.
    fn spread(&mut self, index: usize, list: List<'_>) {
        let length = list.len();
        // The elements of most lists are counted next. That needs no place in between.
        if let Some(Step::CountBy(step)) = self.steps.get(index)
            && let Some(Memory::Counts(counter)) = self.memories.get_mut(index)
        {
            for record in (0..length).rev().filter_map(|place| list.get(place)) {
                if let Err(raised) = step.count(counter, &record) {
                    self.errors.push(raised);
                }
            }
            return;
        }
        self.todo
            .push(Todo::Backwards(index, list.unbind(), length));
    }

    /// The coroutine that [`Pipeline::advance`] returned has ended.
    pub(crate) fn resume(&mut self, py: Gil<'_>, outcome: Result<Object<'_>, Raised>) {
        let Some((index, kept)) = self.waiting.take() else {
            return;
        };
        let steps = Arc::clone(&self.steps);
        let (Some(step), Some(memory)) = (steps.get(index), self.memories.get_mut(index)) else {
            return;
        };
        let kept = kept.map(|kept| kept.into_bound(py));
        match outcome.and_then(|result| step.operation().resume(memory, kept, result)) {
            Ok(Flow::One(record)) => self.todo.push(Todo::One(index + 1, record.unbind())),
            Ok(Flow::Backwards(list)) => self.spread(index + 1, list),
            Ok(Flow::Nothing | Flow::Await { .. }) => {}
            Err(raised) => self.errors.push(raised),
        }
    }

    /// Ends the next fold and passes its records on. `false` if there was no other fold.
    fn finish_next(&mut self, py: Gil<'_>) -> bool {
        let steps = Arc::clone(&self.steps);
        while let Some(step) = steps.get(self.finishing) {
            let index = self.finishing;
            self.finishing += 1;
            let Some(memory) = self.memories[index].take_fold() else {
                continue;
            };
            let began = self.durations.is_some().then(Instant::now);
            let mut finished = step.operation().finish(py, memory);
            self.record_time(index, began);
            self.errors.append(&mut finished.errors);
            let records = finished.records.into_iter().rev();
            self.todo
                .extend(records.map(|record| Todo::One(index + 1, record.unbind())));
            return true;
        }
        false
    }

    /// The results and errors of the execution.
    pub(crate) fn into_outcome(self, py: Gil<'_>) -> (Vec<Object<'_>>, Vec<Raised>) {
        let results = self.results.into_iter();
        let results = results.map(|result| result.into_bound(py)).collect();
        (results, self.errors)
    }
}
