//! The jobs by a client that fetches the values, on one connection.

use super::{Counted, Job};
use crate::{Client, Outcome};
use redis::{ErrorKind, RedisError, RedisResult, Value};
use std::collections::HashMap;

/// Counted words.
#[derive(Debug, Default)]
pub struct Words(HashMap<Vec<u8>, u64>);

impl Words {
    /// Counts the words of values, as MGET or a pipeline of GET returns them.
    ///
    /// # Errors
    /// If one of them is no text.
    pub fn count(&mut self, values: &[Value]) -> RedisResult<()> {
        for value in values {
            let Value::BulkString(text) = value else {
                let error = (ErrorKind::UnexpectedReturnType, "a value is not a text");
                return Err(RedisError::from(error));
            };
            for word in text.split(|&byte| byte == b' ') {
                match self.0.get_mut(word) {
                    Some(count) => *count += 1,
                    None => drop(self.0.insert(word.to_vec(), 1)),
                }
            }
        }
        Ok(())
    }

    /// Adds other words.
    pub fn add(&mut self, other: Words) {
        for (word, count) in other.0 {
            *self.0.entry(word).or_default() += count;
        }
    }

    /// The number of different words, and of all words.
    #[must_use]
    pub fn counted(&self) -> Counted {
        (self.0.len() as u64, self.0.values().sum())
    }
}

/// Does a job on one server.
///
/// # Errors
/// If a command fails.
pub fn pull(job: Job, client: &mut Client) -> Outcome<Counted> {
    let connection = client.connection();
    let counted = match job {
        // SCAN returns the names.
        Job::Count | Job::Names => count(connection),
        Job::WordCount => words(connection),
    };
    counted.map_err(|error| format!("{} by redis-rs: {error}", job.name()))
}

fn count(connection: &mut redis::Connection) -> RedisResult<Counted> {
    let mut cursor = String::from("0");
    let mut count = 0;
    loop {
        let mut scan = redis::cmd("SCAN");
        scan.arg(&cursor).arg("COUNT").arg(1000);
        let (next, keys): (String, Vec<Vec<u8>>) = scan.query(connection)?;
        count += keys.len() as u64;
        if next == "0" {
            return Ok((1, count));
        }
        cursor = next;
    }
}

fn words(connection: &mut redis::Connection) -> RedisResult<Counted> {
    let mut words = Words::default();
    let mut cursor = Some(String::from("0"));
    let mut keys: Vec<Vec<u8>> = Vec::new();
    while cursor.is_some() || !keys.is_empty() {
        // One round trip fetches the values of the last batch of keys and the next batch.
        let mut pipe = redis::pipe();
        if !keys.is_empty() {
            pipe.cmd("MGET").arg(&keys);
        }
        if let Some(cursor) = &cursor {
            pipe.cmd("SCAN").arg(cursor).arg("COUNT").arg(1000);
        }
        let mut replies: Vec<Value> = pipe.query(connection)?;
        let next = cursor.take().and_then(|_| replies.pop());
        if let Some(Value::Array(values)) = replies.pop() {
            words.count(&values)?;
        }
        keys.clear();
        if let Some(reply) = next {
            let next: String;
            (next, keys) = redis::from_redis_value(reply)?;
            cursor = Some(next).filter(|next| next != "0");
        }
    }
    Ok(words.counted())
}
