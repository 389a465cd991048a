//! Replies of `RG.CONFIGGET` and `RG.CONFIGSET`.

use super::fields::{Fields, text};
use crate::error::{Error, Result};
use redis::Value;
use std::collections::BTreeMap;
use std::fmt;

/// A setting of all servers of a cluster.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct ClusterSetting {
    /// The name that was asked for.
    pub name: String,
    /// All servers have the same value.
    pub is_equal: bool,
    /// The values by the id of the server. `None` if the server has no such setting.
    pub values: BTreeMap<String, Option<ConfigValue>>,
    /// The errors about servers that have not answered: `values` lacks them.
    pub missing: Vec<String>,
}

impl ClusterSetting {
    pub(crate) fn read(row: Value) -> Result<Self> {
        let mut fields = Fields::from_row(row)?;
        let values = match fields.take("values") {
            Some(values) => Fields::from_row(values)?.rest(),
            None => BTreeMap::new(),
        };
        let value = |(server, value)| {
            let value = match value {
                Value::Nil => None,
                value => Some(ConfigValue::read(value)?),
            };
            Ok((server, value))
        };
        Ok(ClusterSetting {
            name: fields.text("name"),
            is_equal: fields.flag("equal"),
            values: values.into_iter().map(value).collect::<Result<_>>()?,
            missing: fields.texts("missing"),
        })
    }
}

/// The value of a setting.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ConfigValue {
    /// A number. Boolean settings are 0 or 1.
    Int(i64),
    /// A string.
    Text(String),
    /// A structured value, such as the one of `Plugin`.
    Other(Value),
}

impl ConfigValue {
    fn read(value: Value) -> Result<Self> {
        // The error of one entry must not hide the other entries.
        let value = value.extract_error().map_err(unsupported)?;
        Ok(match value {
            Value::Int(number) => ConfigValue::Int(number),
            other => match text(&other) {
                Some(text) if text.starts_with("(error) ") => {
                    return Err(Error::config(text[8..].to_owned()));
                }
                Some(text) => ConfigValue::Text(text),
                None => ConfigValue::Other(other),
            },
        })
    }

    /// Parses a reply with one entry per requested setting.
    pub(crate) fn read_all(value: Value) -> Result<Vec<Result<Self>>> {
        match value {
            Value::Array(items) => Ok(items.into_iter().map(ConfigValue::read).collect()),
            other => other
                .extract_error()
                .map_err(Error::from)
                .map(|other| vec![ConfigValue::read(other)]),
        }
    }

    /// The value as a number, if it is one.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            ConfigValue::Int(number) => Some(*number),
            ConfigValue::Text(text) => text.parse().ok(),
            ConfigValue::Other(_) => None,
        }
    }
}

/// The error of one entry, without the prefix `(error) ` that servers add.
fn unsupported(e: redis::RedisError) -> Error {
    let text = crate::error::full_text(&e);
    match text.strip_prefix("(error) ") {
        Some(text) => Error::config(text),
        None => Error::from(e),
    }
}

impl fmt::Display for ConfigValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConfigValue::Int(number) => number.fmt(f),
            ConfigValue::Text(text) => f.write_str(text),
            ConfigValue::Other(value) => write!(f, "{value:?}"),
        }
    }
}
