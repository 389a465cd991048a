//! Messages for runs that have not begun here. They may come before the beginning, because that comes from another shard.

use super::run_id::RunId;
use crate::cluster::Content;
use crate::cluster::topology::NodeId;
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// The bytes of all messages that wait.
const MOST: usize = 64 << 20;
/// What a message costs besides its bytes.
const COST: usize = 256;
/// A run whose beginning has not come after so long does not begin any more.
const PATIENCE: Duration = Duration::from_mins(2);
/// The number of runs for which messages wait, or were dropped, before those are forgotten whose beginning is late.
const REMEMBERED: usize = 4096;

#[derive(Debug, Default)]
pub(super) struct Waiting {
    by_run: HashMap<RunId, Early>,
    cost: usize,
}

#[derive(Debug)]
struct Early {
    since: Instant,
    messages: Vec<(NodeId, Content)>,
    cost: usize,
    /// There was no place for all messages.
    is_incomplete: bool,
}

fn cost(content: &Content) -> usize {
    content.bytes().len() + COST
}

impl Waiting {
    pub(super) fn add(&mut self, run: RunId, from: NodeId, content: Content, now: Instant) {
        if !self.by_run.contains_key(&run) {
            self.drop_old(now);
        }
        let has_place = self.cost + cost(&content) <= MOST;
        let early = self.by_run.entry(run).or_insert_with(|| Early {
            since: now,
            messages: Vec::new(),
            cost: 0,
            is_incomplete: false,
        });
        if early.is_incomplete || !has_place {
            early.is_incomplete = true;
            self.cost -= std::mem::take(&mut early.cost);
            early.messages = Vec::new();
            return;
        }
        early.cost += cost(&content);
        self.cost += cost(&content);
        early.messages.push((from, content));
    }

    /// Drops the messages of runs whose beginning is late. If it comes, the run is refused: it would lack those messages.
    fn drop_old(&mut self, now: Instant) {
        let waited = |early: &Early| now.saturating_duration_since(early.since);
        for early in self.by_run.values_mut() {
            if waited(early) >= PATIENCE {
                self.cost -= std::mem::take(&mut early.cost);
                early.messages = Vec::new();
                early.is_incomplete = true;
            }
        }
        if self.by_run.len() > REMEMBERED {
            self.by_run.retain(|_, early| waited(early) < PATIENCE);
        }
    }

    /// The messages for a run, the first ones first.
    ///
    /// # Errors
    /// If there was no place for all of them.
    pub(super) fn take(&mut self, run: RunId) -> Result<Vec<(NodeId, Content)>, ()> {
        let Some(early) = self.by_run.remove(&run) else {
            return Ok(Vec::new());
        };
        self.cost -= early.cost;
        if early.is_incomplete {
            Err(())
        } else {
            Ok(early.messages)
        }
    }
}
