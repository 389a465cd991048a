//! What `RG.CONFIGGET` and `RG.CONFIGSET` answer.

use super::fields::text;
use crate::error::{Error, Result};
use redis::Value;
use std::fmt;

/// The value of a setting.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ConfigValue {
    /// A number; switches are 0 and 1.
    Int(i64),
    /// A text.
    Text(String),
    /// Something with an inner structure, such as `Plugin`.
    Other(Value),
}

impl ConfigValue {
    fn read(value: Value) -> Result<Self> {
        // One entry of several: an error of its own must not hide the others.
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

    /// One entry per setting that was asked for.
    pub(crate) fn read_all(value: Value) -> Result<Vec<Result<Self>>> {
        match value {
            Value::Array(items) => Ok(items.into_iter().map(ConfigValue::read).collect()),
            other => other
                .extract_error()
                .map_err(Error::from)
                .map(|other| vec![ConfigValue::read(other)]),
        }
    }

    /// The number, if it is one.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            ConfigValue::Int(number) => Some(*number),
            ConfigValue::Text(text) => text.parse().ok(),
            ConfigValue::Other(_) => None,
        }
    }
}

/// The error of one entry, without the mark that servers put in front of it.
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
