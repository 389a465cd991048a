//! Steps for the records of one reader.

use super::callback::IntoCallback;
use super::chain::Arg;
use super::open::{Any, Open};
use super::reader::{CommandReader, KeysReader, StreamReader};
use crate::keyword::KeyType;

impl Open<KeysReader, Any> {
    /// Keeps the keys of these types. It has to be the first step: only the records of the reader have a type.
    pub fn of_type(self, types: impl AsRef<[KeyType]>) -> Self {
        let mut words = Vec::new();
        for one in types.as_ref() {
            words.push(one.as_str());
            // Servers report `unknown` for streams.
            if *one == KeyType::Stream {
                words.push("unknown");
            }
        }
        self.kept_if("type", &words)
    }

    /// Keeps these events: `set`, `hset`, `expired`, .. It has to be the first step of a registered chain.
    pub fn on_event<S: AsRef<str>>(self, events: impl IntoIterator<Item = S>) -> Self {
        let events: Vec<S> = events.into_iter().collect();
        let words: Vec<&str> = events.iter().map(AsRef::as_ref).collect();
        self.kept_if("event", &words)
    }
}

impl<T> Open<KeysReader, T> {
    /// Converts the records into objects with the attributes `key`, `event`, `type` and `value`. The objects are also
    /// dicts with these keys.
    pub fn records(self) -> Open<KeysReader, Any> {
        self.records_with("_key_record()")
    }

    /// Takes the name of the key.
    pub fn keys(self) -> Open<KeysReader, String> {
        self.step("map", vec![Arg::Raw("lambda r: r['key']")])
    }

    /// Takes the value of the key: text, bytes, a dict or a list; `None` for other types.
    pub fn values(self) -> Open<KeysReader, Any> {
        self.step("map", vec![Arg::Raw("lambda r: r['value']")])
    }
}

impl<T> Open<StreamReader, T> {
    /// Converts the records into objects with the attributes `key`, `id`, `ms`, `seq` and `value`. The objects are also
    /// dicts with these keys.
    pub fn records(self) -> Open<StreamReader, Any> {
        self.records_with("_stream_record()")
    }

    /// Takes the name of the stream.
    pub fn keys(self) -> Open<StreamReader, String> {
        self.step("map", vec![Arg::Raw("lambda r: r['key']")])
    }

    /// Takes the fields of the entry, a dict.
    pub fn values(self) -> Open<StreamReader, Any> {
        self.step("map", vec![Arg::Raw("lambda r: r['value']")])
    }
}

impl<T> Open<CommandReader, T> {
    /// Takes the arguments of the command, a list.
    pub fn args(self) -> Open<CommandReader, Any> {
        self.step("map", vec![Arg::Raw("lambda r: r[1:]")])
    }

    /// Takes the first `count` arguments of the command, a list.
    pub fn args_at_most(self, count: u32) -> Open<CommandReader, Any> {
        self.step_written(&format!(".map(lambda r: r[1:{}])", u64::from(count) + 1))
    }

    /// Calls a function with the arguments of the command.
    pub fn apply<const N: usize>(self, function: impl IntoCallback<N>) -> Open<CommandReader, Any> {
        self.step_applied(function.into_source())
    }
}
