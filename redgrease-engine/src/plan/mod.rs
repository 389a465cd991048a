//! A gear function as plain data: a reader, the steps behind it, and the mode that it runs in.

mod message;
mod portable;
mod source;
mod words;

pub(crate) use message::{Message, Messages};
pub(crate) use source::{KeyEvent, KeysSource, Source};
pub(crate) use words::Words;

use crate::python::{Callback, Gil};
use crate::steps::Step;
use std::sync::{Arc, OnceLock};

/// The kind of source that the records of a plan have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reader {
    Keys,
    Command,
    Python,
    Stream,
    /// The reader of a name in old scripts, which can neither run nor register.
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

/// The shards and threads that run an execution.
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
    /// The plan without its source as bytes for other shards, once they were made.
    pub(crate) portable: OnceLock<Arc<[u8]>>,
}

impl Plan {
    pub(crate) fn new(reader: Reader, steps: Arc<[Step]>) -> Plan {
        Plan {
            reader,
            steps,
            portable: OnceLock::new(),
        }
    }

    /// A plan with copies of these steps.
    pub(crate) fn copied(py: Gil<'_>, reader: Reader, steps: &[Step]) -> Plan {
        let steps = steps.iter().map(|step| step.operation().copy(py));
        Plan::new(reader, steps.collect())
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
    use crate::steps::{Collect, GroupBy, Limit, Map};
    use crate::testing::{eval, function, with_python};

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

    fn steps() -> Vec<Step> {
        with_python(|py| {
            vec![
                Map(function(py, "lambda x: x + 1")).into(),
                GroupBy {
                    extractor: function(py, "lambda x: x"),
                    reducer: function(py, "lambda k, a, x: x"),
                    local: true,
                }
                .into(),
                Step::Limit(Limit {
                    length: 3,
                    start: 1,
                }),
                Collect.into(),
            ]
        })
    }

    #[test]
    fn a_plan_has_copies_of_its_steps() {
        let steps = steps();
        let plan = with_python(|py| Plan::copied(py, Reader::Stream, &steps));
        assert_eq!(plan.reader, Reader::Stream);
        assert_eq!(plan.steps.len(), 4);
        for (copy, original) in plan.steps.iter().zip(&steps) {
            assert_eq!(format!("{copy:?}"), format!("{original:?}"));
        }
        drop(steps);
        with_python(|py| {
            let map = plan.functions().next().unwrap();
            assert_eq!(map.call1(&eval(py, "1")).unwrap().to_string(), "2");
        });
    }

    /// A script may go on to extend the chain that it ran.
    #[test]
    fn a_plan_does_not_see_steps_that_are_added_later() {
        let mut steps = steps();
        let plan = with_python(|py| Plan::copied(py, Reader::Keys, &steps));
        steps.push(Collect.into());
        assert_eq!(plan.steps.len(), 4);
    }

    #[test]
    fn the_functions_of_a_plan_come_in_the_order_of_its_steps() {
        let plan = with_python(|py| Plan::copied(py, Reader::Keys, &steps()));
        let results = with_python(|py| {
            let (one, two, three) = (eval(py, "1"), eval(py, "2"), eval(py, "3"));
            let mut functions = plan.functions();
            let map = functions.next().unwrap().call1(&one);
            let extractor = functions.next().unwrap().call1(&one);
            let reducer = functions.next().unwrap().call3(&one, &two, &three);
            assert!(functions.next().is_none());
            [map, extractor, reducer].map(|result| result.unwrap().to_string())
        });
        assert_eq!(results, ["2", "1", "3"]);
    }
}
