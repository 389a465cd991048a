//! Ids of executions and registrations.

use crate::error::{DecodeError, Error};
use redis::{RedisWrite, ToRedisArgs, ToSingleRedisArg};
use std::fmt;
use std::str::FromStr;

/// The id of an execution or a registration: the id of the shard that created it, and a sequence number.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub struct ExecId {
    /// Id of the shard, 40 characters; all zeros outside a cluster.
    pub shard: String,
    /// Sequence number within the shard.
    pub sequence: u64,
}

impl ExecId {
    /// The id with this sequence number on a server outside a cluster.
    pub fn new(sequence: u64) -> Self {
        ExecId {
            shard: "0".repeat(40),
            sequence,
        }
    }
}

impl fmt::Display for ExecId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.shard, self.sequence)
    }
}

impl FromStr for ExecId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let parts = text
            .rsplit_once('-')
            .and_then(|(shard, number)| Some((shard, number.parse().ok()?)));
        match parts {
            Some((shard, sequence)) if !shard.is_empty() => Ok(ExecId {
                shard: shard.to_owned(),
                sequence,
            }),
            _ => Err(DecodeError::new(format!("{text:?}"), "an id such as 0000..0000-12").into()),
        }
    }
}

impl ToRedisArgs for ExecId {
    fn write_redis_args<W: RedisWrite + ?Sized>(&self, out: &mut W) {
        out.write_arg_fmt(self);
    }
}

impl ToSingleRedisArg for ExecId {}

impl serde::Serialize for ExecId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for ExecId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <String as serde::Deserialize>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
