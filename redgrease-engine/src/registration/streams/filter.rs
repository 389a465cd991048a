//! The messages that a registration waits for, and its state.

use super::failures::Failures;
use super::stream::Stream;
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The status of a registration, as clients see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReadStatus {
    /// Messages are read.
    Ok,
    /// A batch failed, and the policy is [`super::OnFailed::Abort`].
    Aborted,
    /// A batch failed, and the retry interval of its stream is not over. Other streams are read.
    WaitingForRetry,
    /// A client or an error that begins with `PAUSE` paused the registration, or its owner has no rights.
    Paused,
}

impl ReadStatus {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            ReadStatus::Ok => "OK",
            ReadStatus::Aborted => "ABORTED",
            ReadStatus::WaitingForRetry => "WAITING_FOR_RETRY_ON_FAILURE",
            ReadStatus::Paused => "PAUSED",
        }
    }
}

/// The streams that a registration reads, and the options of its batches.
#[derive(Debug)]
pub(crate) struct StreamsFilter {
    /// The name of a stream, or with `*` at its end the beginning of names.
    pub(crate) prefix: Vec<u8>,
    /// The number of messages of a full batch.
    pub(crate) batch: usize,
    /// The time after which fewer messages make a batch. Zero is never.
    pub(crate) duration: Duration,
    pub(crate) failures: Box<Failures>,
    /// Handled messages are removed from the stream.
    pub(crate) trim: bool,
    state: Mutex<State>,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) status: ReadStatus,
    pub(super) streams: HashMap<Vec<u8>, Stream>,
    /// Streams that are joined next, and whose messages do not wait for more.
    due: HashSet<Vec<u8>>,
    pub(super) lag: Lag,
    pub(super) failed: Failed,
    /// A script has made the registration since this server began. If not, the server was restarted or became a master, and
    /// nothing is known of the end of the batches before.
    pub(super) is_new: bool,
}

/// The numbers of messages and batches that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Failed {
    /// The batches that were left for another try.
    pub(crate) retries: u64,
    /// The messages that went to the dead letters.
    pub(crate) dead_letters: u64,
    /// The messages that were given up and went nowhere.
    pub(crate) dropped: u64,
}

/// A stream, as [`StreamsFilter::look_up`] finds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LookedUp {
    Known,
    /// The stream was not joined. With `is_due` its messages do not wait for more.
    Unknown {
        is_due: bool,
    },
}

/// The age of the oldest message of a batch when the batch ends, in milliseconds.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Lag {
    pub(crate) last: u64,
    total: u64,
    batches: u64,
}

impl Lag {
    pub(super) fn record(&mut self, millis: u64) {
        self.last = millis;
        self.total += millis;
        self.batches += 1;
    }

    #[allow(clippy::cast_precision_loss, reason = "an average in milliseconds")]
    pub(crate) fn average(self) -> f64 {
        if self.batches == 0 {
            0.0
        } else {
            self.total as f64 / self.batches as f64
        }
    }
}

impl StreamsFilter {
    pub(crate) fn new(
        prefix: Vec<u8>,
        batch: usize,
        duration: Duration,
        failures: Failures,
        trim: bool,
    ) -> Self {
        let state = State {
            status: ReadStatus::Ok,
            streams: HashMap::new(),
            due: HashSet::new(),
            lag: Lag::default(),
            failed: Failed::default(),
            is_new: false,
        };
        let state = Mutex::new(state);
        StreamsFilter {
            prefix,
            batch,
            duration,
            failures: Box::new(failures),
            trim,
            state,
        }
    }

    /// The state. The guard must not be held while a command or Python runs.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks for a stream among those that were joined and are still the same.
    pub(super) fn look_up(&self, stream: &[u8]) -> LookedUp {
        let mut state = self.state();
        if state.streams.get(stream).is_some_and(Stream::is_over) {
            state.streams.remove(stream);
        }
        if state.streams.contains_key(stream) {
            LookedUp::Known
        } else {
            let is_due = state.due.remove(stream);
            LookedUp::Unknown { is_due }
        }
    }

    #[cfg(test)]
    pub(super) fn knows(&self, stream: &[u8]) -> bool {
        matches!(self.look_up(stream), LookedUp::Known)
    }

    /// The messages that are in a stream make a batch even if they are too few.
    pub(super) fn make_due(&self, stream: &[u8]) {
        let mut state = self.state();
        match state.streams.get_mut(stream) {
            Some(known) if !known.is_to_be_joined_anew() => known.time_is_over(),
            _ => {
                state.due.insert(stream.to_vec());
            }
        }
    }

    /// The streams that were joined.
    pub(super) fn known(&self) -> Vec<Vec<u8>> {
        self.state().streams.keys().cloned().collect()
    }

    /// Forgets a stream that was deleted or replaced. It is joined anew at its next message, but not before the batch that is
    /// being handled has ended.
    pub(super) fn forget(&self, stream: &[u8]) {
        let mut state = self.state();
        if state
            .streams
            .get_mut(stream)
            .is_some_and(|known| !known.forget())
        {
            state.streams.remove(stream);
        }
    }

    /// The group of a stream is another one, and the stream is joined anew before it is read. Returns `true` if one of its
    /// messages waits for a retry.
    pub(super) fn group_is_another(&self, stream: &[u8]) -> bool {
        self.with_stream(stream, Stream::loses_group) == Some(true)
    }

    /// Forgets all streams.
    pub(super) fn forget_all(&self) {
        self.forget_some(|_| true);
    }

    /// Forgets the streams whose names `has_left` knows.
    pub(super) fn forget_some(&self, has_left: impl Fn(&[u8]) -> bool) {
        let mut state = self.state();
        state
            .streams
            .retain(|stream, known| !has_left(stream) || known.forget());
    }

    /// The batch of a stream has ended. `again` reads the messages that were delivered and not acknowledged next.
    pub(super) fn batch_ended(&self, stream: &[u8], again: bool) {
        self.with_stream(stream, |known| known.batch_ended(again));
    }

    /// Changes the state of a stream, if it is known.
    pub(super) fn with_stream<R>(
        &self,
        stream: &[u8],
        change: impl FnOnce(&mut Stream) -> R,
    ) -> Option<R> {
        self.state().streams.get_mut(stream).map(change)
    }

    /// `true` if the registration reads no messages until a client changes that.
    pub(crate) fn is_stopped(&self) -> bool {
        matches!(self.status(), ReadStatus::Aborted | ReadStatus::Paused)
    }

    pub(crate) fn status(&self) -> ReadStatus {
        let state = self.state();
        match state.status {
            ReadStatus::Ok if state.streams.values().any(Stream::is_waiting) => {
                ReadStatus::WaitingForRetry
            }
            status => status,
        }
    }

    pub(crate) fn failed(&self) -> Failed {
        self.state().failed
    }

    pub(crate) fn lag(&self) -> Lag {
        self.state().lag
    }

    pub(crate) fn clear_stats(&self) {
        let mut state = self.state();
        state.lag = Lag::default();
        state.failed = Failed::default();
    }

    /// Stops reading until [`super::resume`].
    pub(crate) fn pause(&self) {
        self.state().status = ReadStatus::Paused;
    }
}
