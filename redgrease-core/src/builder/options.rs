//! How chains are run and registered. What is not said is left to the server.

use super::literal::py_literal;
use crate::gear::{FailurePolicy, Mode};
use std::time::Duration;

/// Options that become keyword arguments.
#[doc(hidden)]
pub trait Options {
    /// Names and Python of what was set.
    fn keywords(&self) -> Vec<(&'static str, String)>;
}

/// A value of an option, as Python.
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

/// Milliseconds on the server.
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
    /// How [`KeysReader`](super::KeysReader) reads.
    KeysRun {
        /// `false` leaves the values out.
        read_value: bool = "readValue";
        /// `true` takes the pattern as the name of one key.
        no_scan: bool = "noScan";
        /// `false` gives the records of this shard only.
        collect: bool = "collect";
        /// Where the chain runs: on every shard unless it is `Mode::AsyncLocal`.
        mode: Mode = "mode";
    }

    /// Which changes of keys are reacted to.
    KeysRegister {
        /// A key, or the beginning of keys and `*`. Without it: the pattern of the reader.
        prefix: String = "prefix";
        /// Only these events: `set`, `hset`, `expired`, ..
        event_types: Vec<String> = "eventTypes";
        /// Only keys of these types: `string`, `hash`, `list`, ..
        key_types: Vec<String> = "keyTypes";
        /// Only changes these commands cause, and before their reply goes out.
        commands: Vec<String> = "commands";
        /// `false` leaves the values out.
        read_value: bool = "readValue";
        /// `false` leaves the records on the shard where they are.
        collect: bool = "collect";
        /// Where the chain runs.
        mode: Mode = "mode";
    }

    /// How [`StreamReader`](super::StreamReader) reads.
    StreamRun {
        /// The id behind which reading begins.
        from_id: String = "fromId";
        /// `false` gives the records of this shard only.
        collect: bool = "collect";
        /// Where the chain runs: on every shard unless it is `Mode::AsyncLocal`.
        mode: Mode = "mode";
    }

    /// Which streams are read, and how.
    StreamRegister {
        /// A key, or the beginning of keys and `*`. Without it: the pattern of the reader.
        prefix: String = "prefix";
        /// How many entries are processed together.
        batch: u32 = "batch";
        /// How long fewer entries wait for others. Without it: until there are enough.
        duration: Duration = "duration";
        /// What happens when the chain fails.
        on_failed: FailurePolicy = "onFailedPolicy";
        /// After how many seconds the same entries are tried again.
        retry_interval_s: u32 = "onFailedRetryInterval";
        /// `false` keeps the entries in the stream that were processed.
        trim: bool = "trimStream";
        /// `false` leaves the records on the shard where they are.
        collect: bool = "collect";
        /// Where the chain runs.
        mode: Mode = "mode";
    }

    /// What a chain is called by.
    CommandRegister {
        /// The name for `RG.TRIGGER`.
        trigger: String = "trigger";
        /// The command of Redis whose place it takes.
        hook: String = "hook";
        /// Only for keys that begin like this.
        key_prefix: String = "keyprefix";
        /// `false` answers with the records of this shard only.
        collect: bool = "collect";
        /// Where the chain runs.
        mode: Mode = "mode";
        /// `true` runs one call after the other.
        in_order: bool = "inorder";
    }

    /// How [`KeysOnlyReader`](super::KeysOnlyReader) reads.
    KeysOnlyRun {
        /// How many keys are asked for at a time.
        count: u32 = "count";
        /// `true` takes the pattern as the name of one key.
        no_scan: bool = "noScan";
        /// `false` gives the records of this shard only.
        collect: bool = "collect";
        /// Where the chain runs: on every shard unless it is `Mode::AsyncLocal`.
        mode: Mode = "mode";
    }

    /// How [`PythonReader`](super::PythonReader) and [`ShardsIDReader`](super::ShardsIDReader) read.
    PlainRun {
        /// `false` gives the records of this shard only.
        collect: bool = "collect";
        /// Where the chain runs: on every shard unless it is `Mode::AsyncLocal`.
        mode: Mode = "mode";
    }
}

macro_rules! plain {
    ($($name:ident)*) => {$(
        impl $name {
            /// What the server does by default.
            pub fn new() -> Self {
                Self::default()
            }
        }
    )*};
}

plain!(KeysRun KeysRegister StreamRun StreamRegister KeysOnlyRun PlainRun);

impl CommandRegister {
    /// A command of its own: `RG.TRIGGER trigger ..`.
    pub fn new(trigger: impl Into<String>) -> Self {
        Self::default().trigger(trigger)
    }

    /// In the place of a command of Redis.
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

/// The trigger.
impl From<&str> for CommandRegister {
    fn from(trigger: &str) -> Self {
        CommandRegister::new(trigger)
    }
}

/// The prefix.
impl From<&str> for KeysRegister {
    fn from(prefix: &str) -> Self {
        KeysRegister::new().prefix(prefix)
    }
}

/// The key, or the beginning of keys and `*`.
impl From<&str> for StreamRegister {
    fn from(prefix: &str) -> Self {
        StreamRegister::new().prefix(prefix)
    }
}
