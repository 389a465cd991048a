//! Passes records through the steps. Each record goes through as many steps as it can before the next one is read.
//!
//! A pipeline keeps its place. When the function of a step returns a coroutine, the record is set aside and the records
//! behind it go on. When only records that wait are left, the pipeline is set aside and continues on any thread.

mod shards;
mod stages;
mod words;

use super::memory::Memory;
use super::results::{Place, Results};
use super::waiting::{Ticket, WaitingRecord, WaitingRecords};
use super::{CountBy, FlatMap, Flow, Limit, Outcome, Step};
use crate::python::{Gil, Handle, List, Object, Raised, Shape};
use shards::{Passage, Shards};
use stages::{Stages, Todo};
use std::sync::Arc;
use std::time::{Duration, Instant};
use words::words_backwards;

/// The steps of a plan with their memory during one execution.
#[derive(Debug)]
pub(crate) struct Pipeline {
    steps: Arc<[Step]>,
    memories: Vec<Memory>,
    /// Records on their way.
    stages: Stages,
    waiting: WaitingRecords,
    /// The number of records that may wait at the same time.
    most_waiting: usize,
    results: Results,
    errors: Vec<Raised>,
    /// A limit is used up.
    full: bool,
    /// The next step that is asked for the result of its fold.
    finishing: usize,
    /// The other shards of a distributed execution.
    shards: Option<Shards>,
    /// The time that each step took. `None` if it is not measured.
    durations: Option<Vec<Duration>>,
}

/// The outcome of [`Pipeline::advance`].
#[derive(Debug)]
pub(crate) enum Advance<'py> {
    /// A record waits for this coroutine, which the caller has to await. The other records can go on.
    Await(Ticket, Object<'py>),
    /// Nothing can go on before [`Pipeline::resume`], or before other shards have done their part, or the reader makes a
    /// pause.
    Wait,
    /// All records have gone through.
    End,
}

/// The answer of a reader that was asked for another record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Read {
    /// It pushed a record, or an error.
    More,
    /// It has no record now: the result of a coroutine comes first, or the reader waits for another shard.
    Pause,
    /// There is no other record.
    End,
}

impl Pipeline {
    pub(crate) fn new(py: Gil<'_>, steps: &Arc<[Step]>) -> Self {
        let memories = steps.iter().map(|step| step.operation().memory(py));
        let full = |step: &Step| matches!(step, Step::Limit(Limit { length: 0, .. }));
        Pipeline {
            steps: Arc::clone(steps),
            memories: memories.collect(),
            stages: Stages::new(steps),
            waiting: WaitingRecords::default(),
            most_waiting: usize::MAX,
            results: Results::default(),
            errors: Vec::new(),
            full: steps.iter().any(full),
            finishing: 0,
            shards: None,
            durations: None,
        }
    }

    /// A pipeline whose first record has become a coroutine in step `index`.
    pub(crate) fn waiting_at(steps: &Arc<[Step]>, index: usize, coroutine: Object<'_>) -> Self {
        let mut pipeline = Pipeline::new(coroutine.py(), steps);
        pipeline.set_aside(index, Place::default(), None, coroutine);
        pipeline
    }

    /// Sets the number of records that may wait at the same time.
    pub(crate) fn let_wait(&mut self, most: usize) {
        self.most_waiting = most;
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

    /// Goes on to the next coroutine, or until nothing can go on.
    ///
    /// `read` is called when all records inside the pipeline wait: it pushes another one, or says why not.
    pub(crate) fn advance<'py>(
        &mut self,
        py: Gil<'py>,
        mut read: impl FnMut(&mut Self) -> Read,
    ) -> Advance<'py> {
        loop {
            self.drain(py);
            if let Some((ticket, coroutine)) = self.next_coroutine() {
                return Advance::Await(ticket, coroutine.into_bound(py));
            }
            if !self.may_go_on(0) || !self.has_room(0) {
                return Advance::Wait;
            }
            match read(self) {
                Read::More => {}
                Read::Pause => return Advance::Wait,
                Read::End if !self.may_finish() => return Advance::Wait,
                Read::End if self.finish_next(py) => {}
                Read::End if self.finishing < self.steps.len() => return Advance::Wait,
                Read::End => return Advance::End,
            }
        }
    }

    /// Runs the records that were pushed to the end. `false` if there is a coroutine, which has to be awaited first.
    pub(crate) fn run_to_coroutine(&mut self, py: Gil<'_>) -> bool {
        loop {
            self.drain(py);
            if self.waiting.has_coroutines() {
                return false;
            }
            if !self.finish_next(py) {
                return true;
            }
        }
    }

    /// The next coroutine that has to be awaited, and the number of the record that waits for it.
    pub(crate) fn next_coroutine(&mut self) -> Option<(Ticket, Handle)> {
        self.waiting.next_coroutine()
    }

    /// `true` if records are left that wait for no coroutine.
    pub(crate) fn has_work(&self) -> bool {
        !self.stages.are_empty()
    }

    /// Closes the coroutines that nobody awaits, because Python warns of a coroutine that was never awaited.
    pub(crate) fn close_coroutines(&mut self, py: Gil<'_>) {
        self.waiting.close(py);
    }

    /// `true` if a record in front of the step `index` may go on, although it may have to wait for a coroutine.
    fn may_go_on(&self, index: usize) -> bool {
        if self.waiting.is_empty() {
            return true;
        }
        let in_line: usize = self.memories.iter().map(Memory::in_line).sum();
        if self.waiting.len() + in_line >= self.most_waiting {
            return false;
        }
        // Those that wait may be all that a limit still takes.
        let end = self.stages.end(self.stages.of(index));
        let end = end.unwrap_or(self.memories.len());
        let ahead = self.memories.iter().enumerate().take(end).skip(index);
        ahead
            .take_while(|(_, memory)| !memory.is_fold())
            .all(|(limit, memory)| match memory {
                Memory::Limit(left) => left
                    .usable()
                    .is_none_or(|usable| (self.waiting.count_in(&(index..limit)) as u64) < usable),
                _ => true,
            })
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

    /// `true` if the plan begins by counting the words of values, and nothing in it looks at the records before.
    pub(crate) fn counts_words(&self) -> bool {
        let counts = match self.steps.get(..2) {
            Some([Step::FlatMap(FlatMap(words)), Step::CountBy(CountBy(word))]) => {
                words.has_shape(Shape::WordsOfValue) && word.has_shape(Shape::Identity)
            }
            _ => false,
        };
        counts && self.durations.is_none() && self.waiting.is_empty()
    }

    /// Counts the words of a value, if [`Pipeline::counts_words`]. `false` if Python has to do that.
    pub(crate) fn count_words(&mut self, py: Gil<'_>, value: &[u8]) -> bool {
        let Some(Memory::Counts(counter)) = self.memories.get_mut(1) else {
            return false;
        };
        let Some(words) = words_backwards(value) else {
            return false;
        };
        let errors = words.filter_map(|word| counter.add_word(py, word).err());
        let errors: Vec<Raised> = errors.collect();
        self.fail_all(1, errors);
        true
    }

    /// Puts a record in front of the first step.
    pub(crate) fn push(&mut self, record: Object<'_>) {
        self.stages
            .push(Todo::One(0, Place::default(), record.unbind().into()));
    }

    /// `true` if records wait for coroutines.
    pub(crate) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    pub(crate) fn fail(&mut self, error: Raised) {
        self.errors.push(error);
    }

    /// Passes records through the steps until no record can go on, or until a coroutine has to be awaited.
    fn drain(&mut self, py: Gil<'_>) {
        while !self.waiting.has_coroutines()
            && let Some((index, place, record)) = self.next(py)
        {
            self.pass(index, place, record);
        }
    }

    /// Passes one record through the steps, as far as it comes.
    fn pass(&mut self, mut index: usize, place: Place, mut record: Object<'_>) {
        let steps = Arc::clone(&self.steps);
        while let Some(step) = steps.get(index) {
            let began = self.durations.is_some().then(Instant::now);
            let flow = self.apply(step, index, record);
            self.record_time(index, began);
            match flow {
                Ok(Flow::One(next)) => record = next,
                Ok(Flow::Move {
                    target,
                    record: moving,
                }) => match self.moved(index, target, moving) {
                    Some(next) => record = next,
                    None => return,
                },
                other => return self.take_flow(index, place, other),
            }
            index += 1;
        }
        self.results.push(place, record.unbind().into());
    }

    /// Takes what a step made of a record that has this place.
    fn take_flow(&mut self, index: usize, place: Place, flow: Outcome<'_>) {
        match flow {
            Ok(Flow::One(record)) => {
                let next = Todo::One(index + 1, place, record.unbind().into());
                self.stages.push(next);
            }
            Ok(Flow::Backwards(list)) => self.spread(index + 1, place, list),
            Ok(Flow::Nothing) => {}
            Ok(Flow::Move { target, record }) => {
                if let Some(record) = self.moved(index, target, record) {
                    self.take_flow(index, place, Ok(Flow::One(record)));
                }
            }
            Ok(Flow::Await { coroutine, kept }) => self.set_aside(index, place, kept, coroutine),
            Err(raised) => self.fail_at(index, raised),
        }
    }

    /// Step `index` has raised an exception.
    fn fail_at(&mut self, index: usize, raised: Raised) {
        self.errors.push(raised);
        self.stages.fail(index);
    }

    fn fail_all(&mut self, index: usize, errors: Vec<Raised>) {
        for raised in errors {
            self.fail_at(index, raised);
        }
    }

    /// Sets a record aside until the coroutine has ended, which step `index` made of it.
    fn set_aside(
        &mut self,
        index: usize,
        place: Place,
        kept: Option<Object<'_>>,
        coroutine: Object<'_>,
    ) {
        // The order of the records is that of the results, unless a fold comes in between.
        let is_folded = self.memories.iter().skip(index).any(Memory::is_fold);
        let place = if is_folded {
            place
        } else {
            self.results.keep_place(&place)
        };
        let record = WaitingRecord {
            step: index,
            kept: kept.map(|kept| kept.unbind().into()),
            place,
        };
        self.waiting.add(record, coroutine);
    }

    fn apply<'py>(&mut self, step: &Step, index: usize, record: Object<'py>) -> Outcome<'py> {
        let memory = &mut self.memories[index];
        let flow = step.operation().apply(memory, record);
        if let Memory::Limit(left) = memory
            && left.is_used_up()
        {
            self.used_up(index);
        }
        flow
    }

    /// The next record that may go on, the step that takes it, and its place.
    fn next<'py>(&mut self, py: Gil<'py>) -> Option<(usize, Place, Object<'py>)> {
        loop {
            let stage = self.next_stage()?;
            match self.stages.pop(stage)? {
                Todo::One(index, place, record) => {
                    return Some((index, place, record.into_bound(py)));
                }
                Todo::Backwards(index, place, list, left) => {
                    let Some(left) = left.checked_sub(1) else {
                        continue;
                    };
                    let record = list.get(py, left);
                    self.stages
                        .push(Todo::Backwards(index, place.clone(), list, left));
                    if let Some(record) = record {
                        return Some((index, place, record));
                    }
                }
            }
        }
    }

    /// The stage whose next record may go on. Later stages come first, because their records need no room in front.
    fn next_stage(&self) -> Option<usize> {
        (0..self.stages.count()).rev().find(|&stage| {
            let step = self.stages.next_step(stage);
            step.is_some_and(|step| self.may_go_on(step) && self.has_room(stage))
        })
    }

    /// Passes the elements of a list on, the last one first.
    fn spread(&mut self, index: usize, place: Place, list: List<'_>) {
        let length = list.len();
        // The elements of most lists are counted next. That needs no place in between.
        if let Some(Step::CountBy(step)) = self.steps.get(index)
            && let Some(Memory::Counts(counter)) = self.memories.get_mut(index)
        {
            let records = (0..length).rev().filter_map(|place| list.get(place));
            let errors = records.filter_map(|record| step.count(counter, &record).err());
            let errors: Vec<Raised> = errors.collect();
            self.fail_all(index, errors);
            return;
        }
        self.stages
            .push(Todo::Backwards(index, place, list.unbind(), length));
    }

    /// The coroutine of a record has ended. Does nothing if no such record waits.
    pub(crate) fn resume(
        &mut self,
        py: Gil<'_>,
        ticket: Ticket,
        outcome: Result<Object<'_>, Raised>,
    ) {
        let Some(record) = self.waiting.take(ticket) else {
            return;
        };
        let index = record.step;
        let steps = Arc::clone(&self.steps);
        let Some(step) = steps.get(index) else {
            return;
        };
        let operation = step.operation();
        let began = self.durations.is_some().then(Instant::now);
        let kept = record.kept.map(|kept| kept.into_bound(py));
        let flow = operation.resume(&mut self.memories[index], kept, outcome);
        self.take_flow(index, record.place, flow);
        while let Some(flow) = operation.next_in_line(py, &mut self.memories[index]) {
            self.take_flow(index, Place::default(), flow);
        }
        self.record_time(index, began);
    }

    /// `true` if no record is in front of what ends next.
    fn may_finish(&self) -> bool {
        let stage = self.stages.of(self.finishing);
        let steps = 0..self.stages.end(stage).unwrap_or(usize::MAX);
        self.waiting.count_in(&steps) == 0 && self.stages.are_empty_up_to(stage)
    }

    /// Ends the next fold and passes its records on, or goes past the next mover. `false` if neither can be done now.
    fn finish_next(&mut self, py: Gil<'_>) -> bool {
        let steps = Arc::clone(&self.steps);
        while let Some(step) = steps.get(self.finishing) {
            let index = self.finishing;
            if let Step::Mover(mover) = step {
                if let Passage::Closed = self.come_to_mover(py, index, mover.id) {
                    return false;
                }
                self.finishing += 1;
                return true;
            }
            self.finishing += 1;
            let Some(memory) = self.memories[index].take_fold() else {
                continue;
            };
            let began = self.durations.is_some().then(Instant::now);
            let finished = step.operation().finish(py, memory);
            self.record_time(index, began);
            self.fail_all(index, finished.errors);
            for record in finished.records.into_iter().rev() {
                let record = record.unbind().into();
                self.stages
                    .push(Todo::One(index + 1, Place::default(), record));
            }
            return true;
        }
        false
    }

    /// The results and errors of the execution.
    pub(crate) fn into_outcome(self, py: Gil<'_>) -> (Vec<Object<'_>>, Vec<Raised>) {
        let results = self.results.into_vec().into_iter();
        let results = results.map(|result| result.into_bound(py)).collect();
        (results, self.errors)
    }
}
