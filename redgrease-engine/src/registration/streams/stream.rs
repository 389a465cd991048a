//! The state of one stream, as one registration sees it.

use std::sync::atomic::{AtomicU64, Ordering};

/// The number of waits so far. A stream that is joined anew must not take the timer of an earlier wait for its own.
static WAITS: AtomicU64 = AtomicU64::new(0);

/// A stream that a registration reads.
#[derive(Debug)]
pub(crate) struct Stream {
    /// The last message that was delivered.
    pub(super) last: Vec<u8>,
    pub(super) phase: Phase,
    batch: Batch,
    patience: Patience,
    /// So many messages have to arrive before a batch can be full. Zero if it is not known.
    missing: usize,
    /// Messages have arrived, and a job looks at the stream after the command, or after the commands that the client has sent with
    /// it.
    is_noticed: bool,
    /// Reading goes on when the server has looked at its clients: a timer runs.
    pub(super) is_postponed: bool,
    /// Nothing is known of the end of the batches before, and the messages that they left are being read.
    pub(super) begins_again: bool,
    retry: Retry,
}

/// The retries of a stream.
#[derive(Debug, Default)]
struct Retry {
    /// The failures since the last batch that was handled or given up.
    failures: u32,
    /// The retry interval is not over.
    is_waiting: bool,
    /// The number of the wait. The timer of a wait that a client has cut short does not end the next one.
    wait: u64,
}

/// The messages that are read next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Messages that were delivered before and not acknowledged.
    Again,
    /// New messages.
    New,
}

/// The batch of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Batch {
    /// No batch is being handled.
    None,
    /// A batch is being handled.
    Current,
    /// The last batch of the stream is being handled: the stream itself is gone.
    Last,
    /// The last batch has ended. The stream is joined anew before it is read.
    Over,
}

/// Messages that are too few for a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Patience {
    /// No message waits, or messages wait for ever.
    Unlimited,
    /// A timer runs.
    Timer,
    /// The messages have waited long enough.
    Over,
}

impl Stream {
    /// A stream that was joined. `last` is the last message that was delivered to the group.
    pub(super) fn new(last: Vec<u8>) -> Stream {
        Stream {
            last,
            phase: Phase::Again,
            batch: Batch::None,
            patience: Patience::Unlimited,
            missing: 0,
            is_noticed: false,
            is_postponed: false,
            begins_again: false,
            retry: Retry::default(),
        }
    }

    /// Takes the stream for a batch. `false` if a batch is being handled.
    pub(super) fn begin_batch(&mut self) -> bool {
        if self.batch != Batch::None {
            return false;
        }
        self.batch = Batch::Current;
        true
    }

    /// The batch has ended, or there was no message for one. `again` reads messages that were not acknowledged next.
    pub(super) fn batch_ended(&mut self, again: bool) {
        self.batch = match self.batch {
            Batch::None | Batch::Current => Batch::None,
            Batch::Last | Batch::Over => Batch::Over,
        };
        if again {
            self.phase = Phase::Again;
        }
    }

    /// A batch has failed, and is tried again. Returns the number of failures in a row.
    pub(super) fn failed(&mut self) -> u32 {
        self.retry.failures = self.retry.failures.saturating_add(1);
        self.retry.failures
    }

    /// A batch was handled or given up.
    pub(super) fn succeeded(&mut self) {
        self.retry.failures = 0;
    }

    /// Nothing is read until the wait ends. Returns its number.
    pub(super) fn wait(&mut self) -> u64 {
        self.retry.is_waiting = true;
        self.retry.wait = WAITS.fetch_add(1, Ordering::Relaxed) + 1;
        self.retry.wait
    }

    /// Ends the wait with this number, if it is not over. Returns `false` if it is.
    pub(super) fn end_wait(&mut self, wait: u64) -> bool {
        let ends = self.retry.is_waiting && self.retry.wait == wait;
        if ends {
            self.retry.is_waiting = false;
        }
        ends
    }

    /// Ends the wait for a retry, whichever it is.
    pub(super) fn end_any_wait(&mut self) {
        self.retry.is_waiting = false;
    }

    pub(super) fn is_waiting(&self) -> bool {
        self.retry.is_waiting
    }

    /// `true` if the stream is gone and its last batch has ended.
    pub(super) fn is_over(&self) -> bool {
        self.batch == Batch::Over
    }

    /// `true` if the stream is gone and is joined anew after its last batch.
    pub(super) fn is_to_be_joined_anew(&self) -> bool {
        matches!(self.batch, Batch::Last | Batch::Over)
    }

    /// The stream is not the same any more. Returns `false` if nothing of it is being handled.
    pub(super) fn forget(&mut self) -> bool {
        match self.batch {
            Batch::None | Batch::Over => false,
            Batch::Current | Batch::Last => {
                self.batch = Batch::Last;
                true
            }
        }
    }

    /// The stream is there, but its group is not the same any more: it is joined anew before it is read. A retry that waits still
    /// comes. Returns `true` if one does.
    pub(super) fn loses_group(&mut self) -> bool {
        if !self.forget() {
            self.batch = Batch::Over;
        }
        self.retry.is_waiting
    }

    /// `true` if a timer has to be started for messages that are too few.
    pub(super) fn starts_timer(&mut self) -> bool {
        if self.patience == Patience::Timer {
            return false;
        }
        self.patience = Patience::Timer;
        true
    }

    /// Messages wait that are too few for a batch, and so many are missing.
    pub(super) fn lacks(&mut self, missing: usize) {
        self.missing = missing;
    }

    /// A message has arrived. `true` if a job has to look at the stream: no other job will, and the messages may be enough for a
    /// batch. Messages that are removed, or that others read, only make them fewer.
    pub(super) fn arrives(&mut self) -> bool {
        self.missing = self.missing.saturating_sub(1);
        let is_lacking = self.missing > 0 && !self.is_due();
        !is_lacking && !std::mem::replace(&mut self.is_noticed, true)
    }

    /// The job begins to look.
    pub(super) fn is_looked_at(&mut self) {
        self.is_noticed = false;
    }

    /// The timer has run out.
    pub(super) fn time_is_over(&mut self) {
        self.patience = Patience::Over;
    }

    /// No message waits: the next ones wait anew.
    pub(super) fn nothing_waits(&mut self) {
        if self.patience == Patience::Over {
            self.patience = Patience::Unlimited;
        }
    }

    /// `true` if messages make a batch even if they are too few.
    pub(super) fn is_due(&self) -> bool {
        self.patience == Patience::Over
    }

    /// New messages were delivered, the last one with the id `last`.
    pub(super) fn delivered(&mut self, last: &[u8]) {
        self.last = last.to_vec();
        self.missing = 0;
        self.nothing_waits();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream() -> Stream {
        Stream::new(b"0-0".to_vec())
    }

    #[test]
    fn one_batch_at_a_time() {
        let mut stream = stream();
        assert!(stream.begin_batch());
        assert!(!stream.begin_batch());
        stream.batch_ended(false);
        assert!(stream.begin_batch());
    }

    #[test]
    fn messages_that_are_too_few_are_counted_only_by_the_one_that_may_be_enough() {
        let mut stream = stream();
        assert!(stream.arrives(), "nothing is known");
        assert!(!stream.arrives(), "a job is on its way");
        stream.is_looked_at();
        stream.lacks(3);
        assert!(!stream.arrives());
        assert!(!stream.arrives());
        assert!(stream.arrives());
        stream.is_looked_at();
        stream.lacks(3);
        stream.time_is_over();
        assert!(stream.arrives(), "they are enough when the time is over");
        stream.is_looked_at();
        stream.delivered(b"5-0");
        assert!(stream.arrives(), "the next ones are counted anew");
    }

    #[test]
    fn a_stream_that_goes_during_a_batch_is_forgotten_in_the_end() {
        let mut stream = stream();
        stream.begin_batch();
        assert!(stream.forget());
        assert!(!stream.begin_batch());
        assert!(!stream.is_over());
        stream.batch_ended(true);
        assert!(stream.is_over());
        assert!(!stream.forget());
        assert!(!super::Stream::new(Vec::new()).forget());
    }

    #[test]
    fn a_failed_batch_is_read_again() {
        let mut stream = stream();
        stream.phase = Phase::New;
        stream.begin_batch();
        stream.batch_ended(false);
        assert_eq!(stream.phase, Phase::New);
        stream.batch_ended(true);
        assert_eq!(stream.phase, Phase::Again);
    }

    #[test]
    fn the_timer_of_another_wait_ends_nothing() {
        let mut stream = stream();
        let first = stream.wait();
        assert!(stream.is_waiting());
        stream.end_any_wait();
        let second = stream.wait();
        assert!(!stream.end_wait(first) && stream.is_waiting());
        assert!(stream.end_wait(second) && !stream.is_waiting());
        assert!(!stream.end_wait(second));
    }

    #[test]
    fn failures_count_until_a_success() {
        let mut stream = stream();
        assert_eq!((stream.failed(), stream.failed()), (1, 2));
        stream.succeeded();
        assert_eq!(stream.failed(), 1);
    }

    #[test]
    fn one_timer_for_messages_that_are_too_few() {
        let mut stream = stream();
        assert!(!stream.is_due());
        assert!(stream.starts_timer());
        assert!(!stream.starts_timer());
        stream.delivered(b"1-0");
        // The timer of the first messages still runs.
        assert!(!stream.starts_timer());
        stream.time_is_over();
        assert!(stream.is_due());
        stream.delivered(b"2-0");
        assert!(!stream.is_due());
        assert_eq!(stream.last, b"2-0");
        assert!(stream.starts_timer());
    }
}
