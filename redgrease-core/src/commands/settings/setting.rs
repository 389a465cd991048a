//! Conversions between the values of settings and Rust types.

use super::super::types::{ConfigValue, text};
use redis::Value;
use std::time::Duration;

/// A Rust type that a setting can have.
pub(super) trait Setting: Sized {
    /// Description of the type for error messages.
    const KIND: &'static str;
    /// Converts a value; `None` if the value has another type.
    fn read(value: &ConfigValue) -> Option<Self>;
    /// Formats the value for `RG.CONFIGSET`.
    fn write(&self) -> String;
}

impl Setting for i64 {
    const KIND: &'static str = "a number";
    fn read(value: &ConfigValue) -> Option<Self> {
        value.as_int()
    }
    fn write(&self) -> String {
        self.to_string()
    }
}

impl Setting for u64 {
    const KIND: &'static str = "a non-negative number";
    fn read(value: &ConfigValue) -> Option<Self> {
        value.as_int()?.try_into().ok()
    }
    fn write(&self) -> String {
        self.to_string()
    }
}

impl Setting for bool {
    const KIND: &'static str = "0 or 1";
    fn read(value: &ConfigValue) -> Option<Self> {
        match value {
            ConfigValue::Int(number) => Some(*number != 0),
            other => match other.to_string().to_ascii_lowercase().as_str() {
                "1" | "yes" | "true" => Some(true),
                "0" | "no" | "false" => Some(false),
                _ => None,
            },
        }
    }
    fn write(&self) -> String {
        i32::from(*self).to_string()
    }
}

/// The server counts in milliseconds.
impl Setting for Duration {
    const KIND: &'static str = "a number of milliseconds";
    fn read(value: &ConfigValue) -> Option<Self> {
        Some(Duration::from_millis(value.as_int()?.try_into().ok()?))
    }
    fn write(&self) -> String {
        self.as_millis().to_string()
    }
}

impl Setting for String {
    const KIND: &'static str = "text";
    fn read(value: &ConfigValue) -> Option<Self> {
        match value {
            ConfigValue::Other(_) => None,
            other => Some(other.to_string()),
        }
    }
    fn write(&self) -> String {
        self.clone()
    }
}

impl Setting for Vec<String> {
    const KIND: &'static str = "a list of strings";
    fn read(value: &ConfigValue) -> Option<Self> {
        match value {
            ConfigValue::Other(Value::Array(items)) => items.iter().map(text).collect(),
            ConfigValue::Other(Value::Nil) => Some(Vec::new()),
            ConfigValue::Other(_) => None,
            one => Some(vec![one.to_string()]),
        }
    }
    fn write(&self) -> String {
        self.join(" ")
    }
}
