//! Asks one server.

use super::report::Report;
use redis::{Cmd, Connection, FromRedisValue, RedisResult, Value};
use std::collections::{BTreeMap, BTreeSet};

/// A server that answers.
pub(super) struct Node {
    con: Connection,
    info: BTreeMap<String, String>,
    /// The commands that the user may not run.
    denied: BTreeSet<String>,
}

impl Node {
    pub(super) fn new(con: Connection) -> Self {
        let mut node = Node {
            con,
            info: BTreeMap::new(),
            denied: BTreeSet::new(),
        };
        let text: Option<String> = node.ask(redis::cmd("INFO").arg("everything"));
        node.info = fields(&text.unwrap_or_default());
        node
    }

    /// A field of `INFO`.
    pub(super) fn info(&self, field: &str) -> Option<&str> {
        self.info.get(field).map(String::as_str)
    }

    /// A number of `INFO`; 0 if it has no such field.
    pub(super) fn number(&self, field: &str) -> u64 {
        self.info(field)
            .and_then(|text| text.parse().ok())
            .unwrap_or_default()
    }

    /// A setting of the server.
    pub(super) fn setting(&mut self, name: &str) -> Option<String> {
        let pair: Vec<String> = self.ask(redis::cmd("CONFIG").arg("GET").arg(name))?;
        pair.into_iter().nth(1)
    }

    /// The reply; `None` if the command is refused.
    pub(super) fn ask<T: FromRedisValue>(&mut self, cmd: &Cmd) -> Option<T> {
        match cmd.query(&mut self.con) {
            Ok(reply) => Some(reply),
            Err(error) => {
                if error.code() == Some("NOPERM") {
                    let words = cmd.args_iter().take(2).filter_map(|word| match word {
                        redis::Arg::Simple(word) => {
                            Some(String::from_utf8_lossy(word).into_owned())
                        }
                        _ => None,
                    });
                    let words: Vec<String> = words.collect();
                    self.denied.insert(words.join(" "));
                }
                None
            }
        }
    }

    /// The reply or the error, as they are.
    pub(super) fn try_ask(&mut self, cmd: &Cmd) -> RedisResult<Value> {
        cmd.query(&mut self.con)
    }

    pub(super) fn connection(&mut self) -> &mut Connection {
        &mut self.con
    }

    /// Tells what could not be looked at.
    pub(super) fn tell_denied(self, report: &mut Report) {
        if !self.denied.is_empty() {
            let denied: Vec<String> = self.denied.into_iter().collect();
            report.warning(
                "not looked at",
                format!("the user has no right to {}", denied.join(", ")),
                "run the doctor as an administrator for the whole picture (--url redis://USER:PASSWORD@HOST)",
            );
        }
    }
}

/// The fields of `INFO`. Those of a module have its name in front.
fn fields(text: &str) -> BTreeMap<String, String> {
    let pairs = text.lines().filter_map(|line| line.split_once(':'));
    pairs
        .map(|(name, value)| (name.to_owned(), value.trim_end().to_owned()))
        .collect()
}
