//! Registrations that wait for messages of streams.
//!
//! Each registration reads as a consumer of a group that all of Gears shares by name. A stream is
//! read in batches, one at a time: first what was delivered before and never acknowledged, then
//! what is new. When a batch was handled it is acknowledged, and trimmed away if that was asked
//! for.
//!
//! | file | what |
//! |---|---|
//! | `mod.rs` | what a registration waits for, and how it is doing |
//! | `heard.rs` | what the server tells: messages that come, streams that go |
//! | `pump.rs` | from messages to executions |
//! | `settle.rs` | what follows when a batch has ended |
//! | `group.rs` | the commands of the consumer group |
//! | `in_flight.rs` | which messages are being handled right now |

mod group;
mod heard;
mod in_flight;
mod pump;
mod settle;

pub(crate) use heard::{all_are_gone, happened, resume, start, start_all};
pub(crate) use in_flight::InFlight;
pub(crate) use settle::{BatchEnd, ended};

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
struct State {
    status: Status,
    streams: HashMap<Vec<u8>, Stream>,
    lag: Lag,
}

/// How late messages were handled, in milliseconds.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Lag {
    pub(crate) last: u64,
    total: u64,
    batches: u64,
}

impl Lag {
    fn record(&mut self, millis: u64) {
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

/// One stream as a registration sees it.
#[derive(Debug)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "the batch, the timer and the stream itself change independently"
)]
struct Stream {
    /// A batch is being handled.
    busy: bool,
    phase: Phase,
    /// The last message that was delivered.
    last: Vec<u8>,
    /// A timer runs for messages that are too few for a batch.
    timed: bool,
    /// They have waited long enough.
    due: bool,
    /// It is no more, and the batch that is being handled was its last one.
    gone: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Nothing was read yet.
    First,
    /// Messages that were delivered before are read again.
    Again,
    /// New messages are read.
    New,
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
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the stream was joined and is still the same one.
    fn knows(&self, stream: &[u8]) -> bool {
        let mut state = self.state();
        let is_over = |known: &Stream| known.gone && !known.busy;
        if state.streams.get(stream).is_some_and(is_over) {
            state.streams.remove(stream);
        }
        state.streams.contains_key(stream)
    }

    /// The stream is joined anew when there is a message, but not before its batch has ended.
    fn forget(&self, stream: &[u8]) {
        let mut state = self.state();
        if let Some(known) = state.streams.get_mut(stream) {
            known.gone = true;
            if !known.busy {
                state.streams.remove(stream);
            }
        }
    }

    fn forget_all(&self) {
        self.state().streams.retain(|_, known| {
            known.gone = true;
            known.busy
        });
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

    /// Nothing is read until [`resume`].
    pub(crate) fn pause(&self) {
        self.state().status = Status::Paused;
    }
}
