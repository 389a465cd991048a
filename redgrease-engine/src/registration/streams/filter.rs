//! The messages that a registration waits for, and its state.

use super::stream::Stream;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What happens when a batch fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnFailed {
    /// It counts as handled.
    Continue,
    /// Nothing more is read.
    Abort,
    /// It is read again after the interval.
    Retry,
}

impl OnFailed {
    pub(crate) fn parse(word: &str) -> Option<OnFailed> {
        [OnFailed::Continue, OnFailed::Abort, OnFailed::Retry]
            .into_iter()
            .find(|policy| policy.as_str().eq_ignore_ascii_case(word))
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            OnFailed::Continue => "continue",
            OnFailed::Abort => "abort",
            OnFailed::Retry => "retry",
        }
    }
}

/// How a registration is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Ok,
    Aborted,
    WaitingForRetry,
    Paused,
}

impl Status {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Status::Ok => "OK",
            Status::Aborted => "ABORTED",
            Status::WaitingForRetry => "WAITING_FOR_RETRY_ON_FAILURE",
            Status::Paused => "PAUSED",
        }
    }
}

/// Which messages a registration waits for, and how it takes them.
#[derive(Debug)]
pub(crate) struct StreamsFilter {
    /// The name of a stream, or with `*` at its end how names begin.
    pub(crate) prefix: Vec<u8>,
    /// How many messages make a batch.
    pub(crate) batch: usize,
    /// How long fewer messages wait for more; zero is for ever.
    pub(crate) duration: Duration,
    pub(crate) on_failed: OnFailed,
    pub(crate) retry_interval: Duration,
    pub(crate) trim: bool,
    state: Mutex<State>,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) status: Status,
    pub(super) streams: HashMap<Vec<u8>, Stream>,
    pub(super) lag: Lag,
}

/// How late messages were handled, in milliseconds.
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
        on_failed: OnFailed,
        retry_interval: Duration,
        trim: bool,
    ) -> Self {
        let state = State {
            status: Status::Ok,
            streams: HashMap::new(),
            lag: Lag::default(),
        };
        let state = Mutex::new(state);
        StreamsFilter {
            prefix,
            batch,
            duration,
            on_failed,
            retry_interval,
            trim,
            state,
        }
    }

    /// Never held while a command or Python runs.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `true` if the stream was joined and is still the same one.
    pub(super) fn knows(&self, stream: &[u8]) -> bool {
        let mut state = self.state();
        if state.streams.get(stream).is_some_and(Stream::is_over) {
            state.streams.remove(stream);
        }
        state.streams.contains_key(stream)
    }

    /// Forgets a stream that is not the same any more. It is joined anew at its next message, but not before the batch that is
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

    pub(super) fn forget_all(&self) {
        self.state().streams.retain(|_, known| known.forget());
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

    pub(crate) fn status(&self) -> Status {
        self.state().status
    }

    pub(crate) fn lag(&self) -> Lag {
        self.state().lag
    }

    pub(crate) fn clear_stats(&self) {
        self.state().lag = Lag::default();
    }

    /// Nothing is read until [`super::resume`].
    pub(crate) fn pause(&self) {
        self.state().status = Status::Paused;
    }
}
