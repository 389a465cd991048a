//! A gear function as plain data: a reader, the steps, and what it was asked to do.
//!
//! Python values appear here as opaque handles only; what a step does with them is in `steps`.

mod listing;

pub(crate) use listing::{Arg, ListedStep, listed};

use crate::python::Callback;
use crate::redis::{CallReply, ReplyKind};
use crate::registration::timers::TimeEvent;
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

/// One operation on records.
#[derive(Debug)]
pub(crate) enum Step {
    Map(Callback),
    Filter(Callback),
    FlatMap(Callback),
    ForEach(Callback),
    Accumulate(Callback),
    /// The keys of groups, and a fold per group; `local` on each shard for itself.
    GroupBy {
        extractor: Callback,
        reducer: Callback,
        local: bool,
    },
    BatchGroupBy {
        extractor: Callback,
        reducer: Callback,
    },
    /// Moves each record to the shard that a key belongs to.
    Repartition(Callback),
    /// A negative length is none.
    Limit {
        length: i64,
        start: i64,
    },
    Collect,
    Count,
    CountBy(Callback),
    /// `str(record)`: what `convertToStr` asks for.
    ToText,
}

impl Step {
    /// The functions it calls.
    pub(crate) fn callbacks(&self) -> impl Iterator<Item = &Callback> {
        let (first, second) = match self {
            Step::Map(f)
            | Step::Filter(f)
            | Step::FlatMap(f)
            | Step::ForEach(f)
            | Step::Accumulate(f)
            | Step::Repartition(f)
            | Step::CountBy(f) => (Some(f), None),
            Step::GroupBy {
                extractor, reducer, ..
            }
            | Step::BatchGroupBy { extractor, reducer } => (Some(extractor), Some(reducer)),
            Step::Limit { .. } | Step::Collect | Step::Count | Step::ToText => (None, None),
        };
        first.into_iter().chain(second)
    }
}

/// A reader and the steps behind it.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) reader: Reader,
    pub(crate) steps: Vec<Step>,
}

/// What a batch run reads.
#[derive(Debug)]
pub(crate) enum Source {
    Keys(KeysSource),
    /// Records a Python function makes.
    Python(Callback),
    /// The words of a command: its trigger and its arguments.
    Command(Words),
    /// One key to which something happened.
    Key(KeyEvent),
    /// The messages of a stream from an id on.
    Stream {
        stream: Vec<u8>,
        from: Vec<u8>,
    },
    /// These messages of a stream.
    Messages(Messages),
    /// Nothing: what there was to read was read before the execution was made.
    Nothing,
    /// A function whose time has come.
    Timer(Arc<TimeEvent>),
}

/// Messages of one stream.
#[derive(Debug)]
pub(crate) struct Messages {
    pub(crate) stream: Vec<u8>,
    pub(crate) messages: Vec<Message>,
}

/// One message of a stream.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) id: Vec<u8>,
    pub(crate) fields: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Message {
    /// From `[[id, [field, value..]]..]`, as the server lists messages. Those that were removed
    /// meanwhile have no fields, and are left out.
    pub(crate) fn read_all(list: &CallReply) -> Vec<Message> {
        let bytes = |reply: Option<CallReply>| reply.map(|one| one.bytes().to_vec());
        (0..list.len())
            .filter_map(|index| {
                let message = list.element(index)?;
                let id = bytes(message.element(0))?;
                let pairs = message
                    .element(1)
                    .filter(|pairs| pairs.kind() == ReplyKind::Array)?;
                let fields = (0..pairs.len())
                    .step_by(2)
                    .filter_map(|at| {
                        Some((bytes(pairs.element(at))?, bytes(pairs.element(at + 1))?))
                    })
                    .collect();
                Some(Message { id, fields })
            })
            .collect()
    }
}

/// Something happened to a key.
#[derive(Debug)]
pub(crate) struct KeyEvent {
    pub(crate) event: String,
    pub(crate) key: Vec<u8>,
    pub(crate) read_value: bool,
}

/// What a batch run over keys reads.
#[derive(Debug)]
pub(crate) struct KeysSource {
    /// A glob, or with `exact` the name of one key.
    pub(crate) pattern: Vec<u8>,
    pub(crate) exact: bool,
    pub(crate) read_value: bool,
}

/// The words of a command, in one piece of memory.
#[derive(Debug, Default, Clone)]
pub(crate) struct Words {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Words {
    pub(crate) fn push(&mut self, word: &[u8]) {
        self.bytes.extend_from_slice(word);
        self.ends.push(self.bytes.len());
    }

    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        (0..self.ends.len()).map(|index| {
            let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
            &self.bytes[start..self.ends[index]]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_back_as_they_went_in() {
        let mut words = Words::default();
        for word in [&b"trigger"[..], b"", b"\xff\0", b"x"] {
            words.push(word);
        }
        let back: Vec<&[u8]> = words.iter().collect();
        assert_eq!(back, [&b"trigger"[..], b"", b"\xff\0", b"x"]);
    }

    #[test]
    fn names_of_readers_and_modes_round_trip() {
        for name in [
            "KeysReader",
            "CommandReader",
            "PythonReader",
            "StreamReader",
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
