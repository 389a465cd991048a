//! A gear function as plain data: a reader, the steps behind it, and the mode that it runs in.

mod message;
mod source;
mod words;

pub(crate) use message::{Message, Messages};
pub(crate) use source::{KeyEvent, KeysSource, Source};
pub(crate) use words::Words;

use crate::python::{Callback, Gil};
use crate::steps::Step;
use std::sync::Arc;

/// Where records come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reader {
    Keys,
    Command,
    Python,
    Stream,
    /// A name that old scripts may use; it can neither run nor register.
    ShardId,
}

impl Reader {
    pub(crate) fn parse(name: &str) -> Option<Reader> {
        Some(match name {
            "KeysReader" => Reader::Keys,
            "CommandReader" => Reader::Command,
            "PythonReader" => Reader::Python,
            "StreamReader" => Reader::Stream,
            "ShardIDReader" => Reader::ShardId,
            _ => return None,
        })
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Reader::Keys => "KeysReader",
            Reader::Command => "CommandReader",
            Reader::Python => "PythonReader",
            Reader::Stream => "StreamReader",
            Reader::ShardId => "ShardIDReader",
        }
    }
}

/// Where an execution runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// On a worker thread of every shard.
    Async,
    /// On a worker thread of this shard.
    AsyncLocal,
    /// On the main thread, while the command or event that caused it waits.
    Sync,
}

impl Mode {
    pub(crate) fn parse(word: &str) -> Option<Mode> {
        Some(match word {
            "async" => Mode::Async,
            "async_local" => Mode::AsyncLocal,
            "sync" => Mode::Sync,
            _ => return None,
        })
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Mode::Async => "async",
            Mode::AsyncLocal => "async_local",
            Mode::Sync => "sync",
        }
    }
}

/// A reader and the steps behind it.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) reader: Reader,
    pub(crate) steps: Arc<[Step]>,
}

impl Plan {
    /// A plan with copies of these steps.
    pub(crate) fn copied(py: Gil<'_>, reader: Reader, steps: &[Step]) -> Plan {
        let steps = steps.iter().map(|step| step.operation().copy(py));
        Plan {
            reader,
            steps: steps.collect(),
        }
    }

    /// The Python functions that the steps call.
    pub(crate) fn functions(&self) -> impl Iterator<Item = &Callback> {
        self.steps
            .iter()
            .flat_map(|step| step.operation().functions())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_readers_and_modes_round_trip() {
        for name in [
            "KeysReader",
            "CommandReader",
            "PythonReader",
            "StreamReader",
            "ShardIDReader",
        ] {
            assert_eq!(Reader::parse(name).map(Reader::as_str), Some(name));
        }
        assert_eq!(Reader::parse("ShardsIDReader"), None);
        for word in ["async", "async_local", "sync"] {
            assert_eq!(Mode::parse(word).map(Mode::as_str), Some(word));
        }
        assert_eq!(Mode::parse("Sync"), None);
    }
}
