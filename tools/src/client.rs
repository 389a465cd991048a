//! A client with a time limit for each call.

use crate::Outcome;
use redis::{Connection, Value};
use std::time::Duration;

/// A connection on which a call fails when it takes longer than a limit.
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
    /// If the server does not accept the connection.
    pub fn connect(url: &str, bound: Duration) -> Outcome<Self> {
        let connect = || {
            let connection = redis::Client::open(url)?.get_connection()?;
            connection.set_read_timeout(Some(bound))?;
            Ok::<_, redis::RedisError>(Client(connection))
        };
        connect().map_err(|error| format!("{url}: {error}"))
    }

    /// Sends a command. The error names the command.
    ///
    /// # Errors
    /// An error reply, a closed connection, or a reply that takes too long.
    pub fn call(&mut self, words: &[&str]) -> Outcome<Value> {
        let bytes: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
        self.send(&bytes)
            .map_err(|error| format!("{}: {error}", words.join(" ")))
    }

    /// Sends a command of arbitrary bytes.
    ///
    /// # Errors
    /// An error reply, a closed connection, or a reply that takes too long.
    pub fn send(&mut self, words: &[&[u8]]) -> Result<Value, redis::RedisError> {
        let mut command = redis::Cmd::new();
        for word in words {
            command.arg(*word);
        }
        command.query(&mut self.0)
    }

    /// Sends a command and returns the reply as text; see [`text_of`].
    ///
    /// # Errors
    /// As [`Client::call`].
    pub fn text(&mut self, words: &[&str]) -> Outcome<String> {
        self.call(words).map(|value| text_of(&value))
    }

    /// The underlying connection.
    pub fn connection(&mut self) -> &mut Connection {
        &mut self.0
    }
}

/// A reply as text: an array in brackets, nil as an empty text.
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
