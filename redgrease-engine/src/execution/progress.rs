//! The progress of an execution: how far it has read, and its records on their way.

use super::Execution;
use super::run::unlocked;
use crate::config;
use crate::python::{Gil, Handle, Raised};
use crate::readers::Reading;
use crate::steps::{Advance, Pipeline, Read, Ticket};
use std::time::{Duration, Instant};

/// So many bytes of values are counted before other threads may have the interpreter: Python lets go of it by itself only where it
/// runs.
const AT_ONCE: usize = 1 << 16;

/// The outcome of a coroutine, and the record that waits for it.
pub(super) type RecordOutcome = (Ticket, Result<Handle, Raised>);

#[derive(Debug)]
pub(super) struct Progress {
    pub(super) pipeline: Pipeline,
    pub(super) read: ReadProgress,
    pub(super) started: Instant,
}

/// The progress of reading.
#[derive(Debug)]
pub(super) struct ReadProgress {
    reading: Reading,
    /// The time that reading took. Zero if it is not measured.
    pub(super) duration: Duration,
    /// The number of records that were read.
    records: u64,
    /// The bytes that were counted since other threads could have the interpreter.
    counted: usize,
    /// No other record is read.
    ended: bool,
    /// The execution was aborted before everything was read.
    pub(super) cut_short: bool,
}

impl Progress {
    pub(super) fn new(mut pipeline: Pipeline, reading: Reading) -> Progress {
        let config = config::get();
        if config.profile_executions() {
            pipeline.measure();
        }
        pipeline.let_wait(config.records_in_flight());
        Progress {
            pipeline,
            read: ReadProgress {
                reading,
                duration: Duration::ZERO,
                records: 0,
                counted: 0,
                ended: false,
                cut_short: false,
            },
            started: Instant::now(),
        }
    }

    /// Lets records go on whose coroutines have ended, and goes on to the next coroutine, or until nothing can go on.
    pub(super) fn advance<'py>(
        &mut self,
        py: Gil<'py>,
        execution: &Execution,
        outcomes: Vec<RecordOutcome>,
    ) -> Advance<'py> {
        // The last one first: what is resumed last goes on first.
        for (ticket, outcome) in outcomes.into_iter().rev() {
            let outcome = outcome.map(|result| result.into_bound(py));
            self.pipeline.resume(py, ticket, outcome);
        }
        loop {
            let read = &mut self.read;
            let pipeline = &mut self.pipeline;
            execution.take_mail(py, pipeline);
            let advance = pipeline.advance(py, |pipeline| read.next(py, pipeline, execution));
            match (&advance, execution.shared()) {
                (Advance::Wait, Some(shared)) => {
                    if !execution.take_mail(py, pipeline) {
                        shared.flush(py, pipeline);
                        return advance;
                    }
                }
                _ => return advance,
            }
        }
    }
}

impl Execution {
    /// Puts what other shards have sent into the pipeline. `false` if there is nothing that the pipeline can take now.
    fn take_mail(&self, py: Gil<'_>, pipeline: &mut Pipeline) -> bool {
        self.shared()
            .is_some_and(|shared| shared.take(py, pipeline))
    }
}

impl ReadProgress {
    /// Reads another record into the pipeline.
    fn next(&mut self, py: Gil<'_>, pipeline: &mut Pipeline, execution: &Execution) -> Read {
        if execution.take_mail(py, pipeline) {
            return Read::More;
        }
        if self.ended || !pipeline.wants_more() {
            self.end();
            return Read::End;
        }
        // Records may still be on their way to other shards.
        if execution.cause().follows_records() && execution.shared().is_none() {
            let waits = pipeline.is_waiting();
            let passed = self.records.saturating_sub(u64::from(waits));
            execution.records_passed(py, usize::try_from(passed).unwrap_or(usize::MAX), waits);
            if waits {
                return Read::Pause;
            }
        }
        // Reading may take long, and the records that can go on must not wait for it.
        if execution.has_outcomes() {
            return Read::Pause;
        }
        let read = self.read_another(py, pipeline, execution);
        if read == Read::End {
            self.end();
        }
        read
    }

    /// Counts the words of the next value without its record. `false` if the record has to be made.
    fn count_words(&mut self, py: Gil<'_>, pipeline: &mut Pipeline, execution: &Execution) -> bool {
        let (records, counted) = (self.records, &mut self.counted);
        let is_counted = self.reading.take_text(py, &execution.source, |text| {
            *counted += text.len();
            execution.may_read_another(records) && pipeline.count_words(py, text)
        });
        if !is_counted {
            return false;
        }
        self.records += 1;
        if self.counted >= AT_ONCE {
            self.counted = 0;
            unlocked(py, || ());
        }
        true
    }

    /// No other record is read.
    fn end(&mut self) {
        if !self.ended {
            self.ended = true;
            self.reading.stop();
        }
    }

    fn read_another(
        &mut self,
        py: Gil<'_>,
        pipeline: &mut Pipeline,
        execution: &Execution,
    ) -> Read {
        if execution.is_aborting() && !matches!(self.reading, Reading::Ended) {
            self.cut_short = true;
            return Read::End;
        }
        if pipeline.only_counts()
            && let Some(count) = self.reading.count_piece(py, &execution.source)
        {
            pipeline.add_count(count);
            self.records += count as u64;
            return if execution.may_read_another(self.records.saturating_sub(1)) {
                Read::More
            } else {
                Read::End
            };
        }
        if pipeline.counts_words() && self.count_words(py, pipeline, execution) {
            return Read::More;
        }
        let began = pipeline.is_measured().then(Instant::now);
        let next = self.reading.next(py, &execution.source);
        if let Some(began) = began {
            self.duration += began.elapsed();
        }
        match next {
            Some(_) if !execution.may_read_another(self.records) => return Read::End,
            Some(Ok(record)) => {
                self.records += 1;
                execution
                    .cause()
                    .record_begins(usize::try_from(self.records).unwrap_or(usize::MAX));
                pipeline.push(record);
            }
            Some(Err(raised)) => pipeline.fail(raised),
            None if self.reading.may_go_on() => return Read::Pause,
            None => return Read::End,
        }
        Read::More
    }
}
