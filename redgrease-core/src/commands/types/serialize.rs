//! serde serialization of `redis::Value` and durations in the reply types.

use redis::Value;
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::time::Duration;

/// Serializes a value as plain data. Bytes that are not UTF-8 become a list of numbers.
struct Plain<'a>(&'a Value);

impl Serialize for Plain<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Nil => serializer.serialize_unit(),
            Value::Int(number) => serializer.serialize_i64(*number),
            Value::Double(number) => serializer.serialize_f64(*number),
            Value::Boolean(flag) => serializer.serialize_bool(*flag),
            Value::Okay => serializer.serialize_str("OK"),
            Value::SimpleString(text) | Value::VerbatimString { text, .. } => {
                serializer.serialize_str(text)
            }
            Value::BulkString(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => serializer.serialize_str(text),
                Err(_) => bytes.serialize(serializer),
            },
            Value::Array(items) | Value::Set(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(&Plain(item))?;
                }
                list.end()
            }
            Value::Map(pairs) => {
                let mut map = serializer.serialize_map(Some(pairs.len()))?;
                for (key, value) in pairs {
                    let key = super::fields::text(key).unwrap_or_else(|| format!("{key:?}"));
                    map.serialize_entry(&key, &Plain(value))?;
                }
                map.end()
            }
            other => serializer.serialize_str(&format!("{other:?}")),
        }
    }
}

pub(super) fn values<S: Serializer>(
    values: &BTreeMap<String, Value>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(values.iter().map(|(name, value)| (name, Plain(value))))
}

pub(super) fn millis<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX))
}
