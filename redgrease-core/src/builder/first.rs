//! Steps that belong to one reader: what its records consist of.

use super::callback::IntoCallback;
use super::chain::Arg;
use super::open::{Any, Open};
use super::reader::{CommandReader, KeysReader, StreamReader};
use crate::keyword::KeyType;

impl Open<KeysReader, Any> {
    /// Only keys of these types. A first step: what other steps have made of the records has no type.
    pub fn of_type(self, types: impl AsRef<[KeyType]>) -> Self {
        let mut words = Vec::new();
        for one in types.as_ref() {
            words.push(one.as_str());
            // What servers call streams.
            if *one == KeyType::Stream {
                words.push("unknown");
            }
        }
        self.kept_if("type", &words)
    }

    /// Only these events: `set`, `hset`, `expired`, .. A first step, for chains that are registered.
    pub fn on_event<S: AsRef<str>>(self, events: impl IntoIterator<Item = S>) -> Self {
        let events: Vec<S> = events.into_iter().collect();
        let words: Vec<&str> = events.iter().map(AsRef::as_ref).collect();
        self.kept_if("event", &words)
    }
}

impl<T> Open<KeysReader, T> {
    /// Objects with the attributes `key`, `event`, `type` and `value`, which are dicts of the same names, too.
    pub fn records(self) -> Open<KeysReader, Any> {
        self.records_with("_key_record()")
    }

    /// The names of the keys.
    pub fn keys(self) -> Open<KeysReader, String> {
        self.step("map", vec![Arg::Raw("lambda r: r['key']")])
    }

    /// The values of the keys: text, bytes, dicts, lists; `None` for other types.
    pub fn values(self) -> Open<KeysReader, Any> {
        self.step("map", vec![Arg::Raw("lambda r: r['value']")])
    }
}

impl<T> Open<StreamReader, T> {
    /// Objects with the attributes `key`, `id`, `ms`, `seq` and `value`, which are dicts of the same names, too.
    pub fn records(self) -> Open<StreamReader, Any> {
        self.records_with("_stream_record()")
    }

    /// The names of the streams.
    pub fn keys(self) -> Open<StreamReader, String> {
        self.step("map", vec![Arg::Raw("lambda r: r['key']")])
    }

    /// The fields of the entries: dicts.
    pub fn values(self) -> Open<StreamReader, Any> {
        self.step("map", vec![Arg::Raw("lambda r: r['value']")])
    }
}

impl<T> Open<CommandReader, T> {
    /// The arguments, as a list.
    pub fn args(self) -> Open<CommandReader, Any> {
        self.step("map", vec![Arg::Raw("lambda r: r[1:]")])
    }

    /// At most so many arguments, as a list; what is behind them is left out.
    pub fn args_at_most(self, count: u32) -> Open<CommandReader, Any> {
        self.step_written(&format!(".map(lambda r: r[1:{}])", u64::from(count) + 1))
    }

    /// Calls a function with the arguments of the command.
    pub fn apply<const N: usize>(self, function: impl IntoCallback<N>) -> Open<CommandReader, Any> {
        self.step_applied(function.into_source())
    }
}
