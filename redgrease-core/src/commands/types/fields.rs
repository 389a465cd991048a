//! Rows of named fields: a flat list of alternating names and values, or a RESP3 map.

use crate::error::{DecodeError, Result};
use redis::Value;
use std::collections::BTreeMap;

/// The fields of one row. Reading a field removes it; the remaining fields become `extra`.
#[derive(Debug, Default)]
pub(crate) struct Fields(BTreeMap<String, Value>);

impl Fields {
    pub(crate) fn from_row(row: Value) -> Result<Self> {
        let pairs: Vec<(Value, Value)> = match row {
            Value::Map(pairs) => pairs,
            Value::Array(items) => {
                let mut items = items.into_iter();
                let mut pairs = Vec::new();
                while let (Some(name), Some(value)) = (items.next(), items.next()) {
                    pairs.push((name, value));
                }
                pairs
            }
            _ => return Err(DecodeError::new("a single value", "a row of fields").into()),
        };
        Ok(Fields(
            pairs
                .into_iter()
                .filter_map(|(name, value)| Some((text(&name)?, value)))
                .collect(),
        ))
    }

    pub(crate) fn take(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name).filter(|value| *value != Value::Nil)
    }

    /// Takes a field as text; empty if it is missing.
    pub(crate) fn text(&mut self, name: &str) -> String {
        self.optional_text(name).unwrap_or_default()
    }

    pub(crate) fn optional_text(&mut self, name: &str) -> Option<String> {
        text(&self.take(name)?)
    }

    /// Takes a field as a number; the default if it is missing or not a number.
    pub(crate) fn number<T: std::str::FromStr + Default>(&mut self, name: &str) -> T {
        self.optional_text(name)
            .and_then(|text| text.parse().ok())
            .unwrap_or_default()
    }

    /// Takes a field as a boolean, in any of the spellings that servers use.
    pub(crate) fn flag(&mut self, name: &str) -> bool {
        matches!(self.text(name).as_str(), "1" | "yes" | "true")
    }

    /// Takes a field as a list of strings.
    pub(crate) fn texts(&mut self, name: &str) -> Vec<String> {
        self.list(name).iter().filter_map(text).collect()
    }

    pub(crate) fn list(&mut self, name: &str) -> Vec<Value> {
        match self.take(name) {
            Some(Value::Array(items) | Value::Set(items)) => items,
            _ => Vec::new(),
        }
    }

    pub(crate) fn rest(self) -> BTreeMap<String, Value> {
        self.0
    }
}

/// Parses a list of rows.
pub(crate) fn rows<T>(value: Value, read: impl Fn(Value) -> Result<T>) -> Result<Vec<T>> {
    match value {
        Value::Array(items) => items.into_iter().map(read).collect(),
        _ => Err(DecodeError::new("a single value", "a list of rows").into()),
    }
}

/// A scalar as text; `None` for other values.
pub(crate) fn text(value: &Value) -> Option<String> {
    Some(match value {
        Value::BulkString(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Value::SimpleString(text) | Value::VerbatimString { text, .. } => text.clone(),
        Value::Int(number) => number.to_string(),
        Value::Double(number) => number.to_string(),
        Value::Boolean(flag) => flag.to_string(),
        Value::Okay => "OK".to_owned(),
        _ => return None,
    })
}
