//! One connection.

use redgrease_embedded::Server;
use redis::{Connection, Value};
use std::time::Duration;

/// A call that takes longer hangs. It is far more than the slowest call on a slow machine needs.
const HANGING: Duration = Duration::from_secs(20);

pub(crate) struct Client(Connection);

impl Client {
    pub(crate) fn connect(server: &Server) -> Self {
        let connection = redis::Client::open(server.url())
            .unwrap()
            .get_connection()
            .unwrap();
        connection.set_read_timeout(Some(HANGING)).unwrap();
        Self(connection)
    }

    /// Sends a command. An error says which one.
    pub(crate) fn call(&mut self, words: &[&str]) -> Result<Value, String> {
        let mut command = redis::cmd(words[0]);
        command.arg(&words[1..]);
        command
            .query(&mut self.0)
            .map_err(|error| format!("{}: {error}", words.join(" ")))
    }

    /// A reply as text, of a command that must work.
    pub(crate) fn text(&mut self, words: &[&str]) -> String {
        text_of(&self.call(words).unwrap())
    }

    pub(crate) fn integer(&mut self, words: &[&str]) -> i64 {
        self.text(words).parse().unwrap()
    }

    /// How many executions have begun and not ended.
    pub(crate) fn running_executions(&mut self) -> usize {
        self.text(&["RG.DUMPEXECUTIONS"]).matches("running").count()
    }

    /// For every registered trigger: how often it was triggered, succeeded, failed, was aborted.
    pub(crate) fn statistics(&mut self) -> Vec<(String, [i64; 4])> {
        let rows = items(self.call(&["RG.DUMPREGISTRATIONS"]).unwrap());
        rows.into_iter()
            .map(|row| {
                let data = field(&items(row), "RegistrationData");
                let data = items(data);
                let count = |name| text_of(&field(&data, name)).parse().unwrap();
                let counts = ["numTriggered", "numSuccess", "numFailures", "numAborted"].map(count);
                let trigger = field(&items(field(&data, "args")), "trigger");
                (text_of(&trigger), counts)
            })
            .collect()
    }

    /// The ids of the registrations of a session.
    pub(crate) fn registrations(&mut self, session: &str) -> Result<Vec<String>, String> {
        let row = items(self.call(&["RG.PYDUMPSESSIONS", "SESSIONS", session])?).remove(0);
        Ok(items(field(&items(row), "registrations"))
            .iter()
            .map(text_of)
            .collect())
    }
}

/// A reply as text: a list in brackets, a missing value as nothing.
pub(crate) fn text_of(value: &Value) -> String {
    match value {
        Value::Nil => String::new(),
        Value::Int(number) => number.to_string(),
        Value::BulkString(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Value::SimpleString(text) => text.clone(),
        Value::Okay => "OK".to_owned(),
        Value::Array(items) => {
            format!(
                "[{}]",
                items.iter().map(text_of).collect::<Vec<_>>().join(", ")
            )
        }
        other => format!("{other:?}"),
    }
}

fn items(value: Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items,
        other => panic!("not a list: {other:?}"),
    }
}

/// The value after a name in a row of names and values.
fn field(row: &[Value], name: &str) -> Value {
    let at = row.iter().position(|item| text_of(item) == name);
    at.and_then(|at| row.get(at + 1))
        .unwrap_or_else(|| panic!("no {name} in {row:?}"))
        .clone()
}
