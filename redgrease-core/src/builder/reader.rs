//! Readers, which begin a chain.

use super::callback::{IntoCallback, Source};
use super::literal::text;
use super::open::{Any, Open};
use super::options::{
    CommandRegister, KeysOnlyRun, KeysRegister, KeysRun, Options, PlainRun, StreamRegister,
    StreamRun,
};
use crate::error::EncodeError;

/// The first part of a chain. It produces the records.
pub trait Reader: Clone {
    /// Name on the server.
    const NAME: &'static str;

    /// The Python argument of the reader.
    #[doc(hidden)]
    fn argument(&self) -> Option<String> {
        None
    }

    /// The Python function in the argument or the keyword arguments.
    #[doc(hidden)]
    fn source(&self) -> Option<&Source> {
        None
    }

    /// The keyword arguments that the reader adds to `run`.
    #[doc(hidden)]
    fn run_keywords(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}

/// A reader that can `run`: it reads once, from beginning to end.
#[diagnostic::on_unimplemented(
    message = "a chain that starts with `{Self}` cannot `run`",
    label = "only reacts to events",
    note = "`CommandReader` has nothing to read in one go: end the chain with `.register(..)` and call the trigger"
)]
pub trait BatchReader: Reader {
    /// Options of `run`.
    type RunOptions: Default + Options;
}

/// A reader that can `register`: it reacts to events.
#[diagnostic::on_unimplemented(
    message = "a chain that starts with `{Self}` cannot `register`",
    label = "has no events to register for",
    note = "KeysReader, StreamReader and CommandReader have events; end this chain with `.run()`"
)]
pub trait EventReader: Reader {
    /// Options of `register`.
    type RegisterOptions: Options;

    /// The prefix or trigger, which distinguishes registrations.
    #[doc(hidden)]
    fn key(&self, options: &Self::RegisterOptions) -> String;
}

macro_rules! pattern_readers {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub struct $name {
            pattern: String,
        }

        impl $name {
            /// Begins a chain with the keys that match a pattern (`*`, `?`, `[ab]`).
            #[allow(clippy::new_ret_no_self, reason = "a reader begins a chain")]
            pub fn new(pattern: impl Into<String>) -> Open<Self, Any> {
                Open::start($name { pattern: pattern.into() })
            }
        }

        impl Reader for $name {
            const NAME: &'static str = stringify!($name);
            fn argument(&self) -> Option<String> {
                Some(text(&self.pattern))
            }
        }
    )*};
}

pattern_readers! {
    /// Reads keys with their values, or reacts to changes of keys.
    KeysReader;
    /// Reads the entries of streams, or reacts to new ones.
    StreamReader;
}

/// Reads the names of keys, without their values.
#[derive(Debug, Clone)]
pub struct KeysOnlyReader {
    pattern: String,
    generator: Option<Source>,
}

impl KeysOnlyReader {
    /// Begins a chain with the names of the keys that match a pattern (`*`, `?`, `[ab]`).
    #[allow(clippy::new_ret_no_self, reason = "a reader begins a chain")]
    pub fn new(pattern: impl Into<String>) -> Open<Self, Any> {
        Open::start(KeysOnlyReader {
            pattern: pattern.into(),
            generator: None,
        })
    }

    /// Begins a chain with the names of keys. Each shard calls the function for its own pattern when the chain runs.
    ///
    /// The function returns a tuple: a text, and whether the text is the name of one key (`True`) or a pattern (`False`).
    ///
    /// ```
    /// use redgrease_core::{Callback, KeysOnlyReader};
    ///
    /// let pattern = Callback::<0>::new("lambda: ('{%s}:*' % hashtag(), False)", file!(), line!(), vec![]);
    /// assert!(KeysOnlyReader::of_shard(pattern).count().run().to_string().contains("patternGenerator="));
    /// ```
    pub fn of_shard(pattern: impl IntoCallback<0>) -> Open<Self, Any> {
        Open::start(KeysOnlyReader {
            pattern: "*".to_owned(),
            generator: Some(pattern.into_source()),
        })
    }
}

impl Reader for KeysOnlyReader {
    const NAME: &'static str = "KeysOnlyReader";
    fn argument(&self) -> Option<String> {
        Some(text(&self.pattern))
    }
    fn source(&self) -> Option<&Source> {
        self.generator.as_ref()
    }
    fn run_keywords(&self) -> Vec<(&'static str, String)> {
        let generator = self.generator.iter();
        generator
            .map(|source| ("patternGenerator", source.python()))
            .collect()
    }
}

macro_rules! plain_readers {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub struct $name(());

        impl $name {
            /// Begins a chain.
            #[allow(clippy::new_ret_no_self, reason = "a reader begins a chain")]
            pub fn new() -> Open<Self, Any> {
                Open::start($name(()))
            }
        }

        impl Reader for $name {
            const NAME: &'static str = stringify!($name);
        }
    )*};
}

plain_readers! {
    /// Reacts to `RG.TRIGGER`, or replaces a command of Redis.
    CommandReader;
    /// One record per shard of a cluster: the id of the shard. `1` for a single server.
    ShardsIDReader;
}

/// Reads the items of a Python generator.
#[derive(Debug, Clone)]
pub struct PythonReader {
    source: Source,
}

impl PythonReader {
    /// Begins a chain with the items that a generator function yields.
    #[allow(clippy::new_ret_no_self, reason = "a reader begins a chain")]
    pub fn new(function: impl IntoCallback<0>) -> Open<Self, Any> {
        Open::start(PythonReader {
            source: function.into_source(),
        })
    }
}

impl Reader for PythonReader {
    const NAME: &'static str = "PythonReader";
    fn argument(&self) -> Option<String> {
        Some(self.source.python())
    }
    fn source(&self) -> Option<&Source> {
        Some(&self.source)
    }
}

impl BatchReader for KeysReader {
    type RunOptions = KeysRun;
}

impl BatchReader for StreamReader {
    type RunOptions = StreamRun;
}

impl BatchReader for KeysOnlyReader {
    type RunOptions = KeysOnlyRun;
}

impl BatchReader for PythonReader {
    type RunOptions = PlainRun;
}

impl BatchReader for ShardsIDReader {
    type RunOptions = PlainRun;
}

impl EventReader for KeysReader {
    type RegisterOptions = KeysRegister;
    fn key(&self, options: &KeysRegister) -> String {
        options
            .prefix
            .clone()
            .unwrap_or_else(|| self.pattern.clone())
    }
}

impl EventReader for StreamReader {
    type RegisterOptions = StreamRegister;
    fn key(&self, options: &StreamRegister) -> String {
        options
            .prefix
            .clone()
            .unwrap_or_else(|| self.pattern.clone())
    }
}

impl EventReader for CommandReader {
    type RegisterOptions = CommandRegister;
    fn key(&self, options: &CommandRegister) -> String {
        options.name().to_owned()
    }
}

/// Fails for an empty prefix or trigger.
pub(super) fn checked_key(reader: &str, key: &str) -> Result<(), EncodeError> {
    if key.is_empty() {
        return Err(EncodeError::new(format!(
            "a registration of `{reader}` has no prefix or trigger: name one, for example `.register(\"name\")`"
        )));
    }
    Ok(())
}
