//! The messages about the reading of keys. The initiator decides in `reading.rs`.

use super::begin::Reads;
use super::message::Message;
use super::part::Part;
use super::reading::{KeyReading, Picture};
use super::runs::runs;
use super::shards::Number;
use crate::cluster::topology::{self, Topology};
use crate::config;
use crate::plan::Source;
use crate::readers::Reading;
use crate::redis::{Context, locked};
use crate::slots::Report;
use std::sync::Arc;
use std::time::Instant;

impl Part {
    /// The reading of the source, which has not begun. The initiator gives tasks to all shards.
    pub(super) fn read_source(&self, source: &Source) -> Reading {
        let Some(shards) = self.shards().filter(|_| self.reads == Reads::Everywhere) else {
            return Reading::NotBegun;
        };
        if !matches!(source, Source::Keys(_) | Source::Stream { .. }) {
            self.goes_to_all(shards);
        }
        match source {
            Source::Keys(keys) => {
                if shards.is_initiator() {
                    *self.key_reading() = Some(KeyReading::new(keys, Instant::now()));
                    self.give_tasks(&topology::current());
                }
                Reading::Share(Arc::clone(&self.share))
            }
            // The other shards do not have the stream.
            Source::Stream { stream, .. } if shards.owner(stream) != shards.mine() => {
                Reading::Ended
            }
            // A replica, or a server without slots, begins a run for the shards, and is not one of them. Without movers, its own
            // records are all that is asked for.
            _ if !shards.has_slots(shards.mine()) && self.has_movers() => Reading::Ended,
            _ => Reading::NotBegun,
        }
    }

    /// Gives what is open to the shards that have it. Only the initiator has something to give.
    fn give_tasks(&self, topology: &Topology) {
        let Some(shards) = self.shards() else { return };
        let picture = Picture {
            topology,
            now: Instant::now(),
            age: topology::unchanged_for(),
        };
        let orders = match &mut *self.key_reading() {
            Some(reading) => reading.orders(picture, shards),
            None => return,
        };
        for (number, task) in orders.tasks {
            if number == shards.mine() {
                self.share.add(task);
                self.wake_reader();
            } else {
                self.send(number, &Message::Task(task));
            }
        }
        if orders.is_over {
            self.send_to_others(&Message::AllRead);
            self.share.end();
            self.wake_reader();
        }
    }

    /// This shard has done what it had to read.
    pub(super) fn has_read(&self, report: Report) {
        match self
            .shards()
            .map(|shards| (shards.is_initiator(), shards.mine()))
        {
            Some((true, mine)) => self.take_report(mine, report),
            Some((false, _)) => self.send(0, &Message::Read(report)),
            None => {}
        }
    }

    /// A shard has done what it had to read. What it gives back waits for another picture of the cluster, or a moment.
    pub(super) fn take_report(&self, from: Number, report: Report) {
        let Some(shards) = self.shards() else { return };
        let goes_on = match &mut *self.key_reading() {
            Some(reading) => reading.report(from, shards, report, Instant::now()),
            None => return,
        };
        if goes_on {
            self.give_tasks(&topology::current());
        }
    }

    fn waits_for_slots(&self) -> bool {
        self.key_reading().as_ref().is_some_and(KeyReading::waits)
    }

    /// The errors of slots that no server has.
    pub(super) fn unread_slots(&self) -> Option<String> {
        self.key_reading().as_ref()?.incomplete()
    }

    /// Tries again to give away what is open. If there is no hope, the run fails.
    fn give_again(&self, topology: &Topology) {
        let Some(shards) = self.shards() else { return };
        let limit = config::get().execution_max_idle_time();
        let stuck = |reading: &KeyReading| reading.stuck(Instant::now(), limit);
        let mut error = self.key_reading().as_ref().and_then(stuck);
        if error.is_none() {
            self.give_tasks(topology);
            let strange = |reading: &KeyReading| reading.has_strange_owner(topology, shards);
            error = self.key_reading().as_ref().and_then(strange);
        }
        if let Some(error) = error {
            self.fail(&error);
        }
    }
}

/// The cluster has changed: slots may be in one place again.
pub(super) fn on_change(_: &Context, _: &Topology, new: &Topology) {
    for part in runs().all() {
        if part.waits_for_slots() {
            part.give_again(new);
        }
    }
}

/// Looks after runs that wait for slots, now and then.
pub(super) fn look() {
    let waiting: Vec<_> = runs()
        .all()
        .into_iter()
        .filter(|part| part.waits_for_slots())
        .collect();
    if waiting.is_empty() {
        return;
    }
    locked(topology::refresh);
    let topology = topology::current();
    for part in waiting {
        part.give_again(&topology);
    }
}
