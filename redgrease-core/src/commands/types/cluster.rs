//! Clusters, as `RG.INFOCLUSTER` describes them.

use super::fields::{Fields, text};
use super::serialize;
use crate::error::{DecodeError, Result};
use redis::Value;
use serde::Serialize;
use std::collections::BTreeMap;

/// The cluster a server belongs to, as that server sees it.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[non_exhaustive]
pub struct ClusterInfo {
    /// Id of the shard that answered.
    pub my_id: String,
    /// The id of its run, which changes with each start.
    pub my_run_id: String,
    /// The shards.
    pub shards: Vec<ShardInfo>,
}

/// A shard of a cluster.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[non_exhaustive]
pub struct ShardInfo {
    /// Its id.
    pub id: String,
    /// Where it is.
    pub ip: String,
    /// And on which port.
    pub port: u16,
    /// Its unix socket, if it has one.
    pub unix_socket: Option<String>,
    /// The id of its run; `None` if the shard that answered has not heard from it.
    pub run_id: Option<String>,
    /// The first of its slots.
    pub min_slot: u16,
    /// The last of its slots.
    pub max_slot: u16,
    /// How many messages wait to be sent to it.
    pub pending_messages: u64,
    /// What the server says beyond that.
    #[serde(serialize_with = "serialize::values")]
    pub extra: BTreeMap<String, Value>,
}

impl ClusterInfo {
    /// `None` if the server is in no cluster.
    pub(crate) fn read(value: Value) -> Result<Option<Self>> {
        let items = match value {
            Value::Array(items) => items,
            other => match text(&other) {
                Some(text) if text == "no cluster mode" => return Ok(None),
                _ => return Err(DecodeError::new("another reply", "a cluster").into()),
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
        let mut fields = Fields::of(row)?;
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
