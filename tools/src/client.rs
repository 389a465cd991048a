//! One connection.

use crate::Outcome;
use redis::{Connection, Value};
use std::time::Duration;

/// A connection on which no call may take longer than a bound.
pub struct Client(Connection);

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Client")
    }
}

impl Client {
    /// Connects; a call that takes longer than `bound` fails.
    ///
    /// # Errors
    /// If there is no such server.
    pub fn connect(url: &str, bound: Duration) -> Outcome<Self> {
        let connect = || {
            let connection = redis::Client::open(url)?.get_connection()?;
            connection.set_read_timeout(Some(bound))?;
            Ok::<_, redis::RedisError>(Client(connection))
        };
        connect().map_err(|error| format!("{url}: {error}"))
    }

    /// Sends a command. An error says which one.
    ///
    /// # Errors
    /// What the server answered, or that it did not.
    pub fn call(&mut self, words: &[&str]) -> Outcome<Value> {
        let bytes: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
        self.send(&bytes)
            .map_err(|error| format!("{}: {error}", words.join(" ")))
    }

    /// Sends a command of any bytes.
    ///
    /// # Errors
    /// What the server answered, or that it did not.
    pub fn send(&mut self, words: &[&[u8]]) -> Result<Value, redis::RedisError> {
        let mut command = redis::Cmd::new();
        for word in words {
            command.arg(*word);
        }
        command.query(&mut self.0)
    }

    /// A reply as text.
    ///
    /// # Errors
    /// As [`Client::call`].
    pub fn text(&mut self, words: &[&str]) -> Outcome<String> {
        self.call(words).map(|value| text_of(&value))
    }

    /// The connection itself.
    pub fn connection(&mut self) -> &mut Connection {
        &mut self.0
    }
}

/// A reply as text: a list in brackets, a missing value as nothing.
#[must_use]
pub fn text_of(value: &Value) -> String {
    match value {
        Value::Nil => String::new(),
        Value::Int(number) => number.to_string(),
        Value::BulkString(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Value::SimpleString(text) => text.clone(),
        Value::Okay => "OK".to_owned(),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(text_of).collect();
            format!("[{}]", items.join(", "))
        }
        other => format!("{other:?}"),
    }
}
