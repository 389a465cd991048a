//! Options of `run` and `register`. The server decides about options that are not set.

use super::literal::py_literal;
use crate::gear::{FailurePolicy, Mode};
use std::time::Duration;

/// Options that become keyword arguments.
#[doc(hidden)]
pub trait Options {
    /// Names and Python values of the options that are set.
    fn keywords(&self) -> Vec<(&'static str, String)>;
}

/// The value of an option.
trait Keyword {
    fn python(&self) -> String;
}

macro_rules! literals {
    ($($type:ty),*) => {$(
        impl Keyword for $type {
            fn python(&self) -> String {
                // Text, numbers, booleans and lists of text always have a literal.
                py_literal(self).unwrap_or_default()
            }
        }
    )*};
}

literals!(String, Vec<String>, bool, u32);

impl Keyword for Mode {
    fn python(&self) -> String {
        super::literal::text(self.as_str())
    }
}

impl Keyword for FailurePolicy {
    fn python(&self) -> String {
        super::literal::text(self.as_str())
    }
}

/// The factor by which the pause before a retry grows, in thousandths, made of a number such as `2.0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[doc(hidden)]
pub struct Factor(u32);

impl From<f64> for Factor {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cast of a number that does not fit gives the nearest one that does, which the server refuses or takes"
    )]
    fn from(factor: f64) -> Self {
        Factor((factor * 1000.0).round() as u32)
    }
}

impl Keyword for Factor {
    fn python(&self) -> String {
        format!("{:?}", f64::from(self.0) / 1000.0)
    }
}

/// In milliseconds.
impl Keyword for Duration {
    fn python(&self) -> String {
        self.as_millis().to_string()
    }
}

macro_rules! options {
    ($(
        $(#[$doc:meta])*
        $name:ident {$(
            $(#[$field_doc:meta])*
            $field:ident: $type:ty = $keyword:literal;
        )*}
    )*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct $name {$(
            pub(super) $field: Option<$type>,
        )*}

        impl $name {
            $(
                $(#[$field_doc])*
                #[must_use]
                pub fn $field(mut self, value: impl Into<$type>) -> Self {
                    self.$field = Some(value.into());
                    self
                }
            )*
        }

        impl Options for $name {
            fn keywords(&self) -> Vec<(&'static str, String)> {
                let mut keywords = Vec::new();
                $(
                    if let Some(value) = &self.$field {
                        keywords.push(($keyword, value.python()));
                    }
                )*
                keywords
            }
        }
    )*};
}

options! {
    /// Options of `run` for [`KeysReader`](super::KeysReader).
    KeysRun {
        /// Whether records have values. `true` by default.
        read_value: bool = "readValue";
        /// Whether the pattern is the name of one key. `false` by default.
        no_scan: bool = "noScan";
        /// Whether the records of all shards are collected. `true` by default; `false` returns those of this shard.
        collect: bool = "collect";
        /// Where the chain runs: on every shard, or with `Mode::AsyncLocal` on this shard only.
        mode: Mode = "mode";
    }

    /// Options of `register` for [`KeysReader`](super::KeysReader).
    KeysRegister {
        /// A key, or a prefix of keys followed by `*`. The default is the pattern of the reader.
        prefix: String = "prefix";
        /// Only these events: `set`, `hset`, `expired`, ..
        event_types: Vec<String> = "eventTypes";
        /// Only keys of these types: `string`, `hash`, `list`, ..
        key_types: Vec<String> = "keyTypes";
        /// Only changes by these commands. The chain runs before the command replies.
        commands: Vec<String> = "commands";
        /// Whether records have values. `true` by default.
        read_value: bool = "readValue";
        /// Whether the records of all shards are collected. `false` leaves each record on its shard.
        collect: bool = "collect";
        /// Where the chain runs.
        mode: Mode = "mode";
    }

    /// Options of `run` for [`StreamReader`](super::StreamReader).
    StreamRun {
        /// The id of the entry after which reading begins.
        from_id: String = "fromId";
        /// Whether the records of all shards are collected. `true` by default; `false` returns those of this shard.
        collect: bool = "collect";
        /// Where the chain runs: on every shard, or with `Mode::AsyncLocal` on this shard only.
        mode: Mode = "mode";
    }

    /// Options of `register` for [`StreamReader`](super::StreamReader).
    StreamRegister {
        /// A key, or a prefix of keys followed by `*`. The default is the pattern of the reader.
        prefix: String = "prefix";
        /// The number of entries that are processed together.
        batch: u32 = "batch";
        /// The longest time that an incomplete batch waits for more entries. Without a limit it waits until it is full.
        duration: Duration = "duration";
        /// The treatment of the entries after the chain failed.
        on_failed: FailurePolicy = "onFailedPolicy";
        /// The time in seconds before the same entries are tried again.
        retry_interval_s: u32 = "onFailedRetryInterval";
        /// How often an entry that fails is tried again. Without a limit it is tried for ever. Needs
        /// [`FailurePolicy::Retry`], and the engine of this project.
        max_retries: u32 = "maxRetries";
        /// The stream that gets the entries which are given up, with the error and the traceback. Needs `max_retries`, or
        /// [`FailurePolicy::Continue`], and the engine of this project.
        dead_letter: String = "deadLetter";
        /// The factor by which the time before a retry grows, such as `2.0`. Needs the engine of this project.
        backoff: Factor = "retryBackoff";
        /// The longest time in seconds before the same entries are tried again. Needs `backoff`.
        max_interval_s: u32 = "maxRetryInterval";
        /// **Whether processed entries are removed from the stream: `true` by default.** With `false` they stay, acknowledged, and are
        /// not processed again.
        trim: bool = "trimStream";
        /// Whether the records of all shards are collected. `false` leaves each record on its shard.
        collect: bool = "collect";
        /// Where the chain runs.
        mode: Mode = "mode";
    }

    /// Options of `register` for [`CommandReader`](super::CommandReader).
    CommandRegister {
        /// The name for `RG.TRIGGER`.
        trigger: String = "trigger";
        /// The command of Redis that the chain replaces.
        hook: String = "hook";
        /// Replaces the command only for keys with this prefix.
        key_prefix: String = "keyprefix";
        /// Whether the records of all shards are collected. `true` by default; `false` returns those of this shard.
        collect: bool = "collect";
        /// Where the chain runs.
        mode: Mode = "mode";
        /// Whether calls run one after the other. `false` by default.
        in_order: bool = "inorder";
    }

    /// Options of `run` for [`KeysOnlyReader`](super::KeysOnlyReader).
    KeysOnlyRun {
        /// The number of keys per `SCAN`.
        count: u32 = "count";
        /// Whether the pattern is the name of one key. `false` by default.
        no_scan: bool = "noScan";
        /// Whether the records of all shards are collected. `true` by default; `false` returns those of this shard.
        collect: bool = "collect";
        /// Where the chain runs: on every shard, or with `Mode::AsyncLocal` on this shard only.
        mode: Mode = "mode";
    }

    /// Options of `run` for [`PythonReader`](super::PythonReader) and [`ShardsIDReader`](super::ShardsIDReader).
    PlainRun {
        /// Whether the records of all shards are collected. `true` by default; `false` returns those of this shard.
        collect: bool = "collect";
        /// Where the chain runs: on every shard, or with `Mode::AsyncLocal` on this shard only.
        mode: Mode = "mode";
    }
}

macro_rules! plain {
    ($($name:ident)*) => {$(
        impl $name {
            /// The defaults of the server.
            pub fn new() -> Self {
                Self::default()
            }
        }
    )*};
}

plain!(KeysRun KeysRegister StreamRun StreamRegister KeysOnlyRun PlainRun);

impl CommandRegister {
    /// A command with a trigger: `RG.TRIGGER trigger ..`.
    pub fn new(trigger: impl Into<String>) -> Self {
        Self::default().trigger(trigger)
    }

    /// A hook that replaces a command of Redis.
    pub fn instead_of(command: impl Into<String>) -> Self {
        Self::default().hook(command)
    }

    pub(super) fn name(&self) -> &str {
        self.trigger
            .as_deref()
            .or(self.hook.as_deref())
            .unwrap_or_default()
    }
}

/// A command with this trigger.
impl From<&str> for CommandRegister {
    fn from(trigger: &str) -> Self {
        CommandRegister::new(trigger)
    }
}

/// Changes of keys with this prefix.
impl From<&str> for KeysRegister {
    fn from(prefix: &str) -> Self {
        KeysRegister::new().prefix(prefix)
    }
}

/// The key of a stream, or a prefix of keys followed by `*`.
impl From<&str> for StreamRegister {
    fn from(prefix: &str) -> Self {
        StreamRegister::new().prefix(prefix)
    }
}
