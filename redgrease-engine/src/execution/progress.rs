//! The progress of an execution: how far it has read, and its records on their way. An execution that awaits a coroutine
//! is set aside with its progress, and no thread waits for it.

use super::launch::{get_turn, list};
use super::pool::pool;
use super::{Execution, Status};
use crate::config;
use crate::python::{Awaiter, Gil, Handle, Object, Raised, coroutine_refused, profiled, schedule};
use crate::readers::Reading;
use crate::scope::leave_atomic;
use crate::steps::Pipeline;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

#[derive(Debug)]
pub(super) struct Progress {
    pub(super) pipeline: Pipeline,
    pub(super) read: ReadProgress,
    pub(super) started: Instant,
    /// The result of the coroutine that was awaited.
    outcome: Option<Result<Handle, Raised>>,
    /// A coroutine that is not awaited before the execution has the turn of its order.
    pub(super) not_awaited: Option<Handle>,
}

/// The progress of reading.
#[derive(Debug)]
pub(super) struct ReadProgress {
    reading: Reading,
    /// The time that reading took. Zero if it is not measured.
    pub(super) duration: Duration,
    /// The number of records that were read.
    records: u64,
    /// The execution was aborted before everything was read.
    pub(super) cut_short: bool,
}

impl Progress {
    pub(super) fn new(mut pipeline: Pipeline, reading: Reading) -> Progress {
        if config::get().profile_executions() {
            pipeline.measure();
        }
        Progress {
            pipeline,
            read: ReadProgress {
                reading,
                duration: Duration::ZERO,
                records: 0,
                cut_short: false,
            },
            started: Instant::now(),
            outcome: None,
            not_awaited: None,
        }
    }

    /// Goes on to the end, or to the next coroutine, which is returned.
    pub(super) fn advance<'py>(
        &mut self,
        py: Gil<'py>,
        execution: &Execution,
    ) -> Option<Object<'py>> {
        if let Some(outcome) = self.outcome.take() {
            self.pipeline
                .resume(py, outcome.map(|result| result.into_bound(py)));
        }
        let read = &mut self.read;
        self.pipeline
            .advance(py, |pipeline| read.next(py, pipeline, execution))
    }
}

impl ReadProgress {
    /// Reads another record into the pipeline. `false` if there is no other record to read.
    fn next(&mut self, py: Gil<'_>, pipeline: &mut Pipeline, execution: &Execution) -> bool {
        if !pipeline.wants_more() {
            return false;
        }
        execution.records_passed(py, usize::try_from(self.records).unwrap_or(usize::MAX));
        if execution.is_aborting() && !matches!(self.reading, Reading::Ended) {
            self.cut_short = true;
            return false;
        }
        if pipeline.only_counts()
            && let Some(count) = self.reading.count_piece(py, &execution.source)
        {
            pipeline.add_count(count);
            self.records += count as u64;
            return execution.may_read_another(self.records.saturating_sub(1));
        }
        let began = pipeline.is_measured().then(Instant::now);
        let next = self.reading.next(py, &execution.source);
        if let Some(began) = began {
            self.duration += began.elapsed();
        }
        match next {
            Some(_) if !execution.may_read_another(self.records) => return false,
            Some(Ok(record)) => {
                self.records += 1;
                execution
                    .cause()
                    .record_begins(usize::try_from(self.records).unwrap_or(usize::MAX));
                pipeline.push(record);
            }
            Some(Err(raised)) => pipeline.fail(raised),
            None => return false,
        }
        true
    }
}

impl Execution {
    fn parked(&self) -> MutexGuard<'_, Option<Progress>> {
        self.parked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_parked(&self) -> bool {
        self.parked().is_some()
    }

    /// Takes the progress of an execution that was set aside. `None` if it was not.
    pub(super) fn unpark(&self) -> Option<Progress> {
        self.parked().take()
    }

    /// Sets the execution aside until the coroutine has ended.
    pub(super) fn park(self: &Arc<Self>, py: Gil<'_>, progress: Progress, coroutine: &Object<'_>) {
        *self.parked() = Some(progress);
        let awaiter: Arc<dyn Awaiter> = Arc::<Self>::clone(self);
        if let Err(raised) = schedule(py, coroutine, awaiter) {
            Arc::clone(self).ended(Err(raised));
        }
    }

    /// Makes an execution of a sync call that has run on the main thread up to this coroutine. If the execution has an order,
    /// the coroutine is awaited when its turn has come.
    pub(crate) fn adopt(self: &Arc<Self>, py: Gil<'_>, pipeline: Pipeline, coroutine: &Object<'_>) {
        list(self);
        self.state().status = Status::Running;
        self.watch();
        let mut progress = Progress::new(pipeline, Reading::Ended);
        progress.not_awaited = Some(coroutine.clone().unbind());
        *self.parked() = Some(progress);
        match get_turn(self) {
            Ok(true) => {
                if let Some(progress) = self.unpark() {
                    self.await_adopted(py, progress);
                }
            }
            // The order queues the execution when its turn has come.
            Ok(false) => {}
            // The client has its answer.
            Err(_) => {
                self.unpark();
                drop(coroutine_refused(coroutine, "a full queue"));
            }
        }
    }

    /// Awaits the coroutine of an adopted execution whose turn has come. Returns the progress if it has no such coroutine.
    pub(super) fn await_adopted(
        self: &Arc<Self>,
        py: Gil<'_>,
        mut progress: Progress,
    ) -> Option<Progress> {
        match progress.not_awaited.take() {
            Some(coroutine) => {
                self.park(py, progress, coroutine.bind(py));
                None
            }
            None => Some(progress),
        }
    }
}

impl Awaiter for Execution {
    fn is_aborting(&self) -> bool {
        Execution::is_aborting(self)
    }

    fn surround(&self, py: Gil<'_>, step: &mut dyn FnMut()) -> bool {
        let work = || {
            self.occupy(py, step);
            leave_atomic()
        };
        profiled(py, || self.session_name(), || self.with_surroundings(work))
    }

    /// The execution goes on, on a worker thread.
    fn ended(self: Arc<Self>, outcome: Result<Handle, Raised>) {
        {
            let mut parked = self.parked();
            let Some(progress) = parked.as_mut() else {
                return;
            };
            progress.outcome = Some(outcome);
        }
        pool().push(self);
    }
}
