//! Shards that are lost while a run needs them: they were started again, have left the cluster, or give no sign of life.
//!
//! The servers tell each other every second that they live, however long a step takes. So silence means that a server does not
//! run, or that it cannot be reached.

use super::keys;
use super::part::lost;
use super::runs::runs;
use super::shards::Shards;
use crate::cluster::Hub;
use crate::cluster::topology::{self, Health, NodeId, Topology};
use crate::config;
use crate::redis::{Level, log};
use std::thread;
use std::time::{Duration, Instant};

/// The time between two looks.
const PAUSE: Duration = Duration::from_millis(100);
/// Heartbeats come every second: a shard that was silent for less is not lost.
const LEAST: Duration = Duration::from_secs(3);

/// Watches the shards of all runs.
pub(super) fn start(hub: &'static Hub) {
    hub.on_lost(|id| {
        for part in runs().all() {
            if part.needs().contains(&id) {
                part.fail(&lost(id, "it was started again or has left the cluster"));
            }
        }
    });
    let watch = move || {
        loop {
            thread::sleep(PAUSE);
            look(hub);
            keys::look();
        }
    };
    if let Err(error) = thread::Builder::new().name("rg-alive".into()).spawn(watch) {
        log(
            Level::Warning,
            &format!(
                "a run whose shard is lost may not end, because no thread could be started: {error}. Raise the limit of threads, and \
                 start the server again"
            ),
        );
    }
}

/// The reason why a shard cannot end its part. `None` if nothing is known against it. A replica may have begun the run.
fn is_gone(topology: &Topology, shards: &Shards, id: NodeId) -> Option<&'static str> {
    let had_slots = shards
        .number(id)
        .is_some_and(|number| shards.has_slots(number));
    // The hub tells of those that have left.
    let node = topology.node(id)?;
    if node.master.is_some() && had_slots {
        Some("another server has taken its place")
    } else if node.health == Health::Failed {
        Some("it does not answer the others")
    } else {
        None
    }
}

/// Looks for shards that have been silent for too long, or are shards no longer.
fn look(hub: &Hub) {
    let now = Instant::now();
    let limit = config::get().execution_max_idle_time().max(LEAST);
    let parts = runs().all();
    if parts.is_empty() {
        return;
    }
    let topology = topology::current();
    for part in parts {
        let Some(shards) = part.shards() else {
            continue;
        };
        let gone = |id: &NodeId| is_gone(&topology, shards, *id).map(|why| (*id, why));
        if let Some((id, why)) = part.needs().iter().find_map(gone) {
            part.fail(&lost(id, why));
            continue;
        }
        let is_silent = |id: &NodeId| {
            let heard = hub.last_heard(*id);
            let since = heard.map_or(part.began(), |heard| heard.max(part.began()));
            now.saturating_duration_since(since) >= limit
        };
        if let Some(id) = part.needs().into_iter().find(is_silent) {
            let why = format!("it was silent for {} ms", limit.as_millis());
            part.fail(&lost(id, &why));
        }
    }
}
