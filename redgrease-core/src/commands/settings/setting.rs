//! What the value of a setting is in Rust.

use super::super::types::{ConfigValue, text};
use redis::Value;
use std::time::Duration;

/// A type of settings.
pub(super) trait Setting: Sized {
    /// What it is called in errors.
    const KIND: &'static str;
    /// `None` if it is something else.
    fn read(value: &ConfigValue) -> Option<Self>;
    /// As servers take it.
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
    const KIND: &'static str = "a number that is not negative";
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

/// Milliseconds on the server.
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
    const KIND: &'static str = "a text";
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
    const KIND: &'static str = "a list of texts";
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
