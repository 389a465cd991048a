//! Words a program chooses from.

/// Gives an enum of words its traits. The case of a text that is read does not matter.
macro_rules! keyword {
    ($name:ident, $what:literal { $($variant:ident = $word:literal),* $(,)? }) => {
        impl $name {
            /// Every one of them.
            pub const ALL: &'static [$name] = &[$($name::$variant),*];

            /// The word the server uses.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $($name::$variant => $word,)*
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::keyword::KeywordError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                const WORDS: &[&str] = &[$($word),*];
                $(
                    if text.eq_ignore_ascii_case($word) {
                        return Ok($name::$variant);
                    }
                )*
                Err($crate::keyword::KeywordError::new($what, text, WORDS))
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text =
                    <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl redis::ToRedisArgs for $name {
            fn write_redis_args<W: redis::RedisWrite + ?Sized>(&self, out: &mut W) {
                out.write_arg(self.as_str().as_bytes());
            }
        }

        impl redis::ToSingleRedisArg for $name {}

        impl From<$name> for String {
            fn from(word: $name) -> Self {
                word.as_str().to_owned()
            }
        }
    };
}
pub(crate) use keyword;

/// What hands out the records of a chain.
///
/// ```
/// use redgrease_core::ReaderType;
///
/// assert_eq!("KeysReader".parse(), Ok(ReaderType::KeysReader));
/// assert_eq!(ReaderType::CommandReader.to_string(), "CommandReader");
/// assert!("TapeReader".parse::<ReaderType>().is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ReaderType {
    /// Keys and their values, or changes of keys.
    KeysReader,
    /// Names of keys.
    KeysOnlyReader,
    /// Entries of streams.
    StreamReader,
    /// What a Python function yields.
    PythonReader,
    /// The ids of the shards.
    ShardsIDReader,
    /// Calls of a command.
    CommandReader,
}

keyword!(ReaderType, "reader" {
    KeysReader = "KeysReader",
    KeysOnlyReader = "KeysOnlyReader",
    StreamReader = "StreamReader",
    PythonReader = "PythonReader",
    ShardsIDReader = "ShardsIDReader",
    CommandReader = "CommandReader",
});

/// What a key holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum KeyType {
    /// Text or bytes; HyperLogLogs and bitmaps are such.
    String,
    /// A hash.
    Hash,
    /// A list.
    List,
    /// A set.
    Set,
    /// A sorted set.
    ZSet,
    /// A stream.
    Stream,
    /// A type of a module.
    Module,
    /// Nothing: the key is gone by the time it is looked at.
    Empty,
}

keyword!(KeyType, "key type" {
    String = "string",
    Hash = "hash",
    List = "list",
    Set = "set",
    ZSet = "zset",
    Stream = "stream",
    Module = "module",
    Empty = "empty",
});

impl KeyType {
    /// Whether a record's `type` is this one. Servers call a stream `unknown`.
    ///
    /// ```
    /// use redgrease_core::KeyType;
    ///
    /// assert!(KeyType::Stream.matches("unknown") && KeyType::Hash.matches("hash"));
    /// ```
    pub fn matches(self, word: &str) -> bool {
        word == self.as_str() || (self == KeyType::Stream && word == "unknown")
    }
}

/// How important a line of the server's log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
#[non_exhaustive]
pub enum LogLevel {
    /// For who develops.
    Debug,
    /// Details.
    Verbose,
    /// Worth knowing: the default of servers.
    #[default]
    Notice,
    /// Something is wrong.
    Warning,
}

keyword!(LogLevel, "log level" {
    Debug = "debug",
    Verbose = "verbose",
    Notice = "notice",
    Warning = "warning",
});

/// The level of Rust's `log` that says the same.
impl From<LogLevel> for log::Level {
    fn from(level: LogLevel) -> Self {
        match level {
            LogLevel::Debug => log::Level::Trace,
            LogLevel::Verbose => log::Level::Debug,
            LogLevel::Notice => log::Level::Info,
            LogLevel::Warning => log::Level::Warn,
        }
    }
}

/// Whose part of an execution is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ExecLocality {
    /// That of the shard that is asked.
    Shard,
    /// That of every shard.
    Cluster,
}

keyword!(ExecLocality, "locality" {
    Shard = "SHARD",
    Cluster = "CLUSTER",
});
