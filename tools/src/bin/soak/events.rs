//! Numbered stream messages, and the check that each was handled.

use crate::gears::{ALL_STREAMS, Stream};
use redgrease_tools::{Client, Outcome};
use redis::Value;
use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

/// Time limit for a message to be handled, on a busy machine.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// The messages of one stream.
#[derive(Debug)]
pub(crate) struct Ledger {
    stream: Stream,
    next: u64,
    /// Messages that the server has confirmed.
    added: Vec<u64>,
    /// Messages that may or may not have been added, because the connection broke. Some are handled,
    /// possibly only after a check.
    unknown: Vec<u64>,
}

/// The result of [`Ledger::check`].
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Checked {
    pub(crate) messages: usize,
    /// Messages handled twice, because the server ended between handler and acknowledgement.
    pub(crate) again: usize,
}

impl Ledger {
    pub(crate) fn all() -> [Ledger; ALL_STREAMS.len()] {
        ALL_STREAMS.map(|stream| Ledger {
            stream,
            next: 0,
            added: Vec::new(),
            unknown: Vec::new(),
        })
    }

    /// Adds a message.
    pub(crate) fn add(&mut self, client: &mut Client) -> Outcome {
        let number = self.next;
        self.next += 1;
        let words = ["XADD", self.stream.name, "*", "n", &number.to_string()];
        match client.call(&words) {
            Ok(_) => {
                self.added.push(number);
                Ok(())
            }
            Err(error) => {
                self.unknown.push(number);
                Err(error)
            }
        }
    }

    /// Waits until every message is handled, and checks how often. Since the last check, the server
    /// has ended `ends` times; each time, one batch may be handled again.
    pub(crate) fn check(&mut self, client: &mut Client, ends: usize) -> Outcome<Checked> {
        let begun = Instant::now();
        let handled = loop {
            let handled = self.handled(client)?;
            let missing: Vec<u64> = self
                .added
                .iter()
                .copied()
                .filter(|number| !handled.contains_key(number))
                .collect();
            if missing.is_empty() && self.is_settled(client)? {
                break handled;
            }
            if begun.elapsed() > LONGEST_WAIT {
                return Err(self.lost(client, &missing));
            }
            thread::sleep(Duration::from_millis(20));
        };
        let mut again = 0;
        for (&number, &times) in &handled {
            let known = self.unknown.contains(&number) || self.added.binary_search(&number).is_ok();
            if !known {
                return Err(format!(
                    "{}: message {number} was handled but never added",
                    self.stream.name
                ));
            }
            again += usize::try_from(times.saturating_sub(1)).unwrap_or(usize::MAX);
        }
        if again > ends * self.stream.batch {
            let twice: Vec<_> = handled.iter().filter(|(_, times)| **times > 1).collect();
            return Err(format!(
                "{}: {again} messages were handled again, more than {ends} ends of the server \
                 explain (batch size {}): {twice:?}",
                self.stream.name, self.stream.batch
            ));
        }
        let checked = Checked {
            messages: handled.len(),
            again,
        };
        client.call(&["DEL", &format!("handled:{}", self.stream.name)])?;
        if !self.stream.trimmed {
            client.call(&["XTRIM", self.stream.name, "MAXLEN", "0"])?;
        }
        self.added.clear();
        Ok(checked)
    }

    /// How often each message was handled.
    fn handled(&self, client: &mut Client) -> Outcome<BTreeMap<u64, u64>> {
        let reply = client.call(&["HGETALL", &format!("handled:{}", self.stream.name)])?;
        redis::from_redis_value(reply).map_err(|error| format!("HGETALL: {error}"))
    }

    /// Whether every message is acknowledged, and removed if the reader removes messages.
    fn is_settled(&self, client: &mut Client) -> Outcome<bool> {
        let pending =
            match client.call(&["XPENDING", self.stream.name, "__gears_consumer_group__"])? {
                Value::Array(row) => row.first() != Some(&Value::Int(0)),
                other => return Err(format!("XPENDING: {other:?}")),
            };
        let kept =
            self.stream.trimmed && client.call(&["XLEN", self.stream.name])? != Value::Int(0);
        Ok(!pending && !kept)
    }

    fn lost(&self, client: &mut Client, missing: &[u64]) -> String {
        let shown: Vec<&u64> = missing.iter().take(20).collect();
        let pending = client.text(&["XPENDING", self.stream.name, "__gears_consumer_group__"]);
        let groups = client.text(&["XINFO", "GROUPS", self.stream.name]);
        let stream = client.text(&["XINFO", "STREAM", self.stream.name]);
        format!(
            "{}: {} of {} messages were not handled or removed within {LONGEST_WAIT:?}: {shown:?}..\n\
             pending {pending:?}\ngroups {groups:?}\nstream {stream:?}",
            self.stream.name,
            missing.len(),
            self.added.len()
        )
    }
}
