//! Replies of one server, and of all shards of a cluster.

use redgrease_core::{Error, Result};
use redis::{ConnectionLike, FromRedisValue, Value};

/// What one shard answered.
#[derive(Debug, PartialEq)]
pub(super) struct OfShard {
    pub(super) shard: String,
    /// `Err` with the reason if the shard has not answered.
    pub(super) reply: Result<Value, String>,
}

/// Sends a command.
pub(super) fn ask(con: &mut impl ConnectionLike, words: &[&str]) -> Result<Value> {
    let mut cmd = redis::Cmd::new();
    cmd.arg(words);
    let reply = con.req_command(&cmd).map_err(Error::from)?;
    match reply {
        Value::ServerError(error) => Err(Error::from(redis::RedisError::from(error))),
        reply => Ok(reply),
    }
}

/// The rows of a listing.
pub(super) fn rows<T: FromRedisValue>(listing: Value) -> Result<Vec<T>> {
    let items = match listing {
        Value::Array(items) | Value::Set(items) => items,
        other => vec![other],
    };
    let read =
        |item| redis::from_redis_value(item).map_err(|e| Error::from(redis::RedisError::from(e)));
    items.into_iter().map(read).collect()
}

/// The replies of a command with the word `CLUSTER`: a row for each shard.
pub(super) fn of_shards(listing: Value) -> Vec<OfShard> {
    let rows: Vec<Vec<(String, Value)>> = match listing {
        Value::Array(items) => items.into_iter().map(fields).collect(),
        _ => Vec::new(),
    };
    rows.into_iter().map(shard).collect()
}

fn shard(fields: Vec<(String, Value)>) -> OfShard {
    let (mut shard, mut reply, mut error) = (String::new(), Value::Nil, None);
    for (name, value) in fields {
        match &*name {
            "shard_id" => shard = text(&value),
            "reply" => reply = value,
            "error" => error = Some(text(&value)),
            _ => {}
        }
    }
    let reply = match (reply, error) {
        (Value::Nil, error) => Err(error.unwrap_or_else(|| "it has not answered".to_owned())),
        (reply, _) => Ok(reply),
    };
    OfShard { shard, reply }
}

/// The fields of a row: names and values in turn.
fn fields(row: Value) -> Vec<(String, Value)> {
    match row {
        Value::Map(pairs) => pairs
            .into_iter()
            .map(|(name, value)| (text(&name), value))
            .collect(),
        Value::Array(items) => {
            let mut items = items.into_iter();
            let mut fields = Vec::new();
            while let (Some(name), Some(value)) = (items.next(), items.next()) {
                fields.push((text(&name), value));
            }
            fields
        }
        _ => Vec::new(),
    }
}

pub(super) fn text(value: &Value) -> String {
    match value {
        Value::BulkString(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Value::SimpleString(text) | Value::VerbatimString { text, .. } => text.clone(),
        Value::Int(number) => number.to_string(),
        Value::Double(number) => number.to_string(),
        Value::Okay => "OK".to_owned(),
        Value::ServerError(error) => error.details().unwrap_or(error.code()).to_owned(),
        _ => String::new(),
    }
}

/// A value of an argument or a field as a person reads it.
pub(super) fn readable(value: &Value) -> String {
    match value {
        Value::Nil => "-".to_owned(),
        Value::Array(items) | Value::Set(items) => {
            let items: Vec<String> = items.iter().map(readable).collect();
            items.join(", ")
        }
        other => text(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bulk(text: &str) -> Value {
        Value::BulkString(text.as_bytes().to_vec())
    }

    #[test]
    fn a_shard_without_an_answer_has_a_reason() {
        let row = |fields: &[(&str, Value)]| {
            let words = fields
                .iter()
                .flat_map(|(name, value)| [bulk(name), value.clone()]);
            Value::Array(words.collect())
        };
        let listing = Value::Array(vec![
            row(&[("shard_id", bulk("a")), ("reply", Value::Int(1))]),
            row(&[
                ("shard_id", bulk("b")),
                ("reply", Value::Nil),
                ("error", bulk("gone")),
            ]),
            row(&[("shard_id", bulk("c")), ("reply", Value::Nil)]),
        ]);
        let shards = of_shards(listing);
        let replies: Vec<_> = shards
            .iter()
            .map(|it| (&*it.shard, it.reply.clone()))
            .collect();
        assert_eq!(
            replies,
            [
                ("a", Ok(Value::Int(1))),
                ("b", Err("gone".to_owned())),
                ("c", Err("it has not answered".to_owned())),
            ]
        );
    }

    #[test]
    fn lists_are_readable() {
        let list = Value::Array(vec![bulk("set"), Value::Int(3), Value::Nil]);
        assert_eq!(readable(&list), "set, 3, -");
    }
}
