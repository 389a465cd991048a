//! The kinds of gears and their options.

use super::registration::Registration;
use crate::convert::Codec;
use crate::error::Result;
use crate::keyword::keyword;

/// The kind of a gear, with the options of that kind.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum GearKind {
    /// A command: called with `RG.TRIGGER trigger ..`, or a hook that replaces a command of Redis.
    Command {
        /// Empty if the gear is a hook.
        trigger: &'static str,
        mode: Mode,
        in_order: bool,
        hook: Option<Hook>,
    },
    /// Reacts to changes of keys.
    Keys(KeysSpec),
    /// Reads streams.
    Stream(StreamSpec),
    /// Runs at fixed intervals.
    Every(EverySpec),
    /// A chain that a Rust function returns.
    Function(fn() -> Result<Registration>),
}

/// A command of Redis that a gear replaces.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hook {
    pub command: &'static str,
    /// Replaces the command only for keys with this prefix.
    pub key_prefix: Option<&'static str>,
}

/// The changes of keys that a gear reacts to. An empty list does not filter.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct KeysSpec {
    pub prefix: &'static str,
    pub events: &'static [&'static str],
    pub key_types: &'static [&'static str],
    pub commands: &'static [&'static str],
    pub read_value: bool,
    pub mode: Mode,
    /// Codec of the value; `None` leaves the value as the server gives it.
    pub value: Option<Codec>,
}

/// The streams that a gear reads, and how it reads them.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct StreamSpec {
    /// Prefix of the keys, or one key.
    pub stream: &'static str,
    pub batch: u32,
    /// In milliseconds; 0 waits for a whole batch.
    pub duration_ms: u64,
    pub on_failed: FailurePolicy,
    /// In seconds.
    pub retry_interval_s: u32,
    /// `None` tries for ever.
    pub max_retries: Option<u32>,
    /// The stream of the entries that are given up.
    pub dead_letter: Option<&'static str>,
    /// The factor by which the interval grows.
    pub backoff: f64,
    /// In seconds; `None` leaves it to the server.
    pub max_interval_s: Option<u32>,
    pub trim: bool,
    pub mode: Mode,
    /// Codec of the fields; `None` leaves the fields as the server gives them.
    pub value: Option<Codec>,
    /// The function takes a whole batch.
    pub batched: bool,
}

/// The interval of a timer.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EverySpec {
    pub seconds: u64,
    /// Each shard of a cluster runs the function, not one of them.
    pub per_shard: bool,
}

/// The treatment of a stream's entries after the function failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
#[non_exhaustive]
pub enum FailurePolicy {
    /// Continue with the next entries.
    #[default]
    Continue,
    /// Stop reading the stream.
    Abort,
    /// Try the same entries again.
    Retry,
}

keyword!(FailurePolicy, "failure policy" {
    Continue = "continue",
    Abort = "abort",
    Retry = "retry",
});

/// Where a command runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Mode {
    /// On the server's main thread: the fastest mode, but it blocks every other client meanwhile.
    Sync,
    /// On a worker thread of the shard that received the call.
    #[default]
    AsyncLocal,
    /// On a worker thread of every shard.
    Async,
}

keyword!(Mode, "mode" {
    Sync = "sync",
    AsyncLocal = "async_local",
    Async = "async",
});
