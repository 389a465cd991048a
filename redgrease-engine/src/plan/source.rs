//! The source of an execution: the records that it reads.

use super::{Messages, Words};
use crate::python::Callback;
use std::sync::Arc;

/// The records of one execution.
#[derive(Debug)]
pub(crate) enum Source {
    /// Many keys, or one by its name.
    Keys(KeysSource),
    /// The items of the iterator that a Python function returns.
    Python(Callback),
    /// The same. A function that returns another value is called again for each record: the plan has a limit, which ends
    /// the reading.
    Repeated(Callback),
    /// The words of a command: its name or trigger, and its arguments.
    Command(Words),
    /// The key of an event.
    Key(KeyEvent),
    /// The messages of a stream from an id on.
    Stream { stream: Vec<u8>, from: Vec<u8> },
    /// These messages of a stream.
    Messages(Arc<Messages>),
    /// A function that is called once and gives no record.
    Call(Arc<Callback>),
    /// Nothing: all records were read before the execution was made.
    Nothing,
}

impl Source {
    /// The Python function that gives the records.
    pub(crate) fn function(&self) -> Option<&Callback> {
        match self {
            Source::Python(function) | Source::Repeated(function) => Some(function),
            _ => None,
        }
    }
}

/// An event that happened to a key.
#[derive(Debug)]
pub(crate) struct KeyEvent {
    pub(crate) event: String,
    pub(crate) key: Vec<u8>,
    pub(crate) read_value: bool,
}

/// The keys of a batch run.
#[derive(Debug)]
pub(crate) struct KeysSource {
    /// A glob, or with `exact` the name of one key.
    pub(crate) pattern: Vec<u8>,
    pub(crate) exact: bool,
    pub(crate) read_value: bool,
}
