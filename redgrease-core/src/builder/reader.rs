//! What a chain starts with.

use super::callback::{IntoCallback, Source};
use super::literal::text;
use super::open::{Any, Open};
use super::options::{
    CommandRegister, KeysOnlyRun, KeysRegister, KeysRun, Options, PlainRun, StreamRegister,
    StreamRun,
};
use crate::error::EncodeError;

/// The first part of a chain: what hands out the records.
pub trait Reader: Clone {
    /// Its name on the server.
    const NAME: &'static str;

    /// Its argument, as Python.
    #[doc(hidden)]
    fn argument(&self) -> Option<String> {
        None
    }

    /// The function in its argument or in its keywords.
    #[doc(hidden)]
    fn source(&self) -> Option<&Source> {
        None
    }

    /// What it adds to the arguments of `run`.
    #[doc(hidden)]
    fn run_keywords(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}

/// A reader that can read once, from beginning to end.
#[diagnostic::on_unimplemented(
    message = "a chain that starts with `{Self}` cannot `run`",
    label = "only reacts to events",
    note = "`CommandReader` has nothing to read in one go: end the chain with `.register(..)` and call the trigger"
)]
pub trait BatchReader: Reader {
    /// How it reads.
    type RunOptions: Default + Options;
}

/// A reader that reacts to what happens.
#[diagnostic::on_unimplemented(
    message = "a chain that starts with `{Self}` cannot `register`",
    label = "has no events to register for",
    note = "KeysReader, StreamReader and CommandReader have events; end this chain with `.run()`"
)]
pub trait EventReader: Reader {
    /// What it reacts to.
    type RegisterOptions: Options;

    /// What makes its registrations differ: a prefix or a trigger.
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
            /// A chain over the keys that match a pattern (`*`, `?`, `[ab]`).
            #[allow(clippy::new_ret_no_self, reason = "a reader is the beginning of a chain")]
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
    /// A chain over the names of the keys that match a pattern (`*`, `?`, `[ab]`).
    #[allow(
        clippy::new_ret_no_self,
        reason = "a reader is the beginning of a chain"
    )]
    pub fn new(pattern: impl Into<String>) -> Open<Self, Any> {
        Open::start(KeysOnlyReader {
            pattern: pattern.into(),
            generator: None,
        })
    }

    /// A chain over the keys of a pattern that each shard finds out for itself, when the chain runs.
    ///
    /// The function returns a tuple: the pattern, and whether it is the name of one key (`True`) or a pattern (`False`).
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
            #[allow(clippy::new_ret_no_self, reason = "a reader is the beginning of a chain")]
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
    /// Reacts to `RG.TRIGGER`, or stands in the place of a command of Redis.
    CommandReader;
    /// One record per shard of a cluster: its id; `1` for a server on its own.
    ShardsIDReader;
}

/// Reads what a Python function yields.
#[derive(Debug, Clone)]
pub struct PythonReader {
    source: Source,
}

impl PythonReader {
    /// A chain over what a generator function yields.
    #[allow(
        clippy::new_ret_no_self,
        reason = "a reader is the beginning of a chain"
    )]
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

/// Whether a key can be what a registration is for.
pub(super) fn checked_key(reader: &str, key: &str) -> Result<(), EncodeError> {
    if key.is_empty() {
        return Err(EncodeError::new(format!(
            "a registration of `{reader}` is for nothing: name what it reacts to, for example \
             `.register(\"name\")`"
        )));
    }
    Ok(())
}
