//! Reply of `RG.INFOCLUSTER`.

use super::fields::{Fields, text};
use super::serialize;
use crate::error::{DecodeError, Result};
use redis::Value;
use serde::Serialize;
use std::collections::BTreeMap;

/// The cluster that a server belongs to, as that server sees it.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[non_exhaustive]
pub struct ClusterInfo {
    /// Id of the shard that replied.
    pub my_id: String,
    /// Run id of that shard, which changes with each start.
    pub my_run_id: String,
    /// All shards of the cluster.
    pub shards: Vec<ShardInfo>,
}

/// A shard of a cluster.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[non_exhaustive]
pub struct ShardInfo {
    /// Id of the shard.
    pub id: String,
    /// IP address of the shard.
    pub ip: String,
    /// Port of the shard.
    pub port: u16,
    /// Unix socket of the shard, if it has one.
    pub unix_socket: Option<String>,
    /// Run id of the shard; `None` if the shard that replied has not heard from it.
    pub run_id: Option<String>,
    /// First hash slot of the shard.
    pub min_slot: u16,
    /// Last hash slot of the shard.
    pub max_slot: u16,
    /// Number of messages that wait to be sent to the shard.
    pub pending_messages: u64,
    /// All other fields of the reply.
    #[serde(serialize_with = "serialize::values")]
    pub extra: BTreeMap<String, Value>,
}

impl ClusterInfo {
    /// Parses the reply; `None` if the server does not belong to a cluster.
    pub(crate) fn read(value: Value) -> Result<Option<Self>> {
        let items = match value {
            Value::Array(items) => items,
            other => match text(&other) {
                Some(text) if text == "no cluster mode" => return Ok(None),
                _ => return Err(DecodeError::new("an unexpected reply", "a cluster").into()),
            },
        };
        let mut info = ClusterInfo::default();
        let mut items = items.into_iter();
        while let Some(item) = items.next() {
            match (item, text) {
                (Value::Array(shards), _) => {
                    for shard in shards {
                        info.shards.push(ShardInfo::read(shard)?);
                    }
                }
                (name, text) => {
                    let value = items
                        .next()
                        .and_then(|value| text(&value))
                        .unwrap_or_default();
                    match text(&name).unwrap_or_default().as_str() {
                        "MyId" => info.my_id = value,
                        "MyRunId" => info.my_run_id = value,
                        _ => {}
                    }
                }
            }
        }
        Ok(Some(info))
    }
}

impl ShardInfo {
    fn read(row: Value) -> Result<Self> {
        let mut fields = Fields::from_row(row)?;
        Ok(ShardInfo {
            id: fields.text("id"),
            ip: fields.text("ip"),
            port: fields.number("port"),
            unix_socket: fields
                .optional_text("unixSocket")
                .filter(|path| !path.is_empty() && path != "None"),
            run_id: fields.optional_text("runid"),
            min_slot: fields.number("minHslot"),
            max_slot: fields.number("maxHslot"),
            pending_messages: fields.number("pendingMessages"),
            extra: fields.rest(),
        })
    }
}
