//! How far an execution is. It is set aside while a coroutine is awaited: no thread waits for it.

use super::{Execution, Status};
use crate::python::{Gil, Handle, Object, Raised, schedule};
use crate::readers::Reading;
use crate::steps::Pipeline;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

#[derive(Debug)]
pub(super) struct Progress {
    pub(super) pipeline: Pipeline,
    reading: Reading,
    /// How long reading took, if that is measured.
    pub(super) read: Duration,
    /// How many records were read.
    records: u64,
    /// The execution was aborted before everything was read.
    pub(super) cut_short: bool,
    pub(super) started: Instant,
    /// What the awaited coroutine gave.
    outcome: Option<Result<Handle, Raised>>,
}

impl Progress {
    pub(super) fn new(mut pipeline: Pipeline, reading: Reading) -> Progress {
        if crate::engine().config.profile_executions() {
            pipeline.measure();
        }
        Progress {
            pipeline,
            reading,
            read: Duration::ZERO,
            records: 0,
            cut_short: false,
            started: Instant::now(),
            outcome: None,
        }
    }

    /// Goes on to the end, or to the next coroutine.
    pub(super) fn advance<'py>(
        &mut self,
        py: Gil<'py>,
        execution: &Execution,
    ) -> Option<Object<'py>> {
        if let Some(outcome) = self.outcome.take() {
            self.pipeline
                .resume(py, outcome.map(|result| result.into_bound(py)));
        }
        loop {
            let waiting = self.pipeline.run(py);
            if waiting.is_some() {
                return waiting;
            }
            if !self.read(py, execution) && !self.pipeline.finish_next(py) {
                return None;
            }
        }
    }

    /// `false` if nothing more is read.
    fn read(&mut self, py: Gil<'_>, execution: &Execution) -> bool {
        if !self.pipeline.wants_more() {
            return false;
        }
        if execution.is_aborting() && !matches!(self.reading, Reading::Ended) {
            self.cut_short = true;
            return false;
        }
        if self.pipeline.only_counts()
            && let Some(count) = self.reading.count_piece(py, &execution.source)
        {
            self.pipeline.add_count(count);
            self.records += count as u64;
            return execution.may_read_another(self.records.saturating_sub(1));
        }
        let began = self.pipeline.measures().then(Instant::now);
        let next = self.reading.next(py, &execution.source);
        if let Some(began) = began {
            self.read += began.elapsed();
        }
        match next {
            Some(_) if !execution.may_read_another(self.records) => return false,
            Some(Ok(record)) => {
                self.records += 1;
                self.pipeline.push(record);
            }
            Some(Err(raised)) => self.pipeline.fail(raised),
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

    /// What was set aside, if anything was.
    pub(super) fn unpark(&self) -> Option<Progress> {
        self.parked().take()
    }

    /// Sets the execution aside until the coroutine has ended.
    pub(super) fn park(self: &Arc<Self>, py: Gil<'_>, progress: Progress, coroutine: &Object<'_>) {
        *self.parked() = Some(progress);
        if let Err(raised) = schedule(py, coroutine, Arc::clone(self)) {
            self.coroutine_ended(Err(raised));
        }
    }

    /// The awaited coroutine has ended: the execution goes on, on a worker thread.
    pub(crate) fn coroutine_ended(self: &Arc<Self>, outcome: Result<Handle, Raised>) {
        {
            let mut parked = self.parked();
            let Some(progress) = parked.as_mut() else {
                return;
            };
            progress.outcome = Some(outcome);
        }
        crate::engine().pool.push(Arc::clone(self));
    }

    /// An execution that has begun already, in a callback on the main thread, and whose coroutine
    /// is to be awaited now.
    pub(crate) fn adopt(self: &Arc<Self>, py: Gil<'_>, pipeline: Pipeline, coroutine: &Object<'_>) {
        self.state().status = Status::Running;
        self.watch();
        self.park(py, Progress::new(pipeline, Reading::Ended), coroutine);
    }
}
