//! Keywords that programs send.

/// Implements the traits of a keyword enum. Parsing ignores case.
macro_rules! keyword {
    ($name:ident, $what:literal { $($variant:ident = $word:literal),* $(,)? }) => {
        impl $name {
            /// All values.
            pub const ALL: &'static [$name] = &[$($name::$variant),*];

            /// The keyword as the server spells it.
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

/// The source of the records of a chain.
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
    /// Keys with their values, or keyspace events.
    KeysReader,
    /// Names of keys.
    KeysOnlyReader,
    /// Entries of streams.
    StreamReader,
    /// The values that a Python function yields.
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

/// Type of the value of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum KeyType {
    /// A string, which includes bitmaps and HyperLogLogs.
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
    /// A type that a module defines.
    Module,
    /// The key does not exist.
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
    /// Whether the `type` of a record means this type. Servers report the type of a stream as `unknown`.
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

/// Level of a line in the server's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
#[non_exhaustive]
pub enum LogLevel {
    /// Information for development.
    Debug,
    /// Detailed information.
    Verbose,
    /// Important information, the default level of servers.
    #[default]
    Notice,
    /// Problems.
    Warning,
}

keyword!(LogLevel, "log level" {
    Debug = "debug",
    Verbose = "verbose",
    Notice = "notice",
    Warning = "warning",
});

/// The equivalent level of the crate `log`.
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

/// The shards whose view of an execution is requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ExecLocality {
    /// The shard that receives the command.
    Shard,
    /// All shards of the cluster.
    Cluster,
}

keyword!(ExecLocality, "locality" {
    Shard = "SHARD",
    Cluster = "CLUSTER",
});
