//! Shards that are lost while a run needs them: they were started again, have left the cluster, or give no sign of life.
//!
//! The servers tell each other every second that they live, however long a step takes. So silence means that a server does not
//! run, or that it cannot be reached.

use super::failure::lost;
use super::keys;
use super::runs::runs;
use crate::cluster::Hub;
use crate::cluster::topology::{self, Health, NodeId, Topology};
use crate::config;
use crate::redis::{Level, log};
use std::collections::HashMap;
use std::thread;
use std::time::{Duration, Instant};

/// The time between two looks.
const PAUSE: Duration = Duration::from_millis(100);

/// Watches the shards of all runs.
pub(super) fn start(hub: &'static Hub) {
    hub.on_lost(|id| {
        for part in runs().all() {
            if part.needs().contains(&id) {
                part.fail(&lost(id, why_lost(&topology::current(), id)));
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

const FAILED: &str = "it does not answer the others";

/// The reason why the messages of a server are dropped.
fn why_lost(topology: &Topology, id: NodeId) -> &'static str {
    match topology.node(id) {
        Some(node) if node.health == Health::Failed => FAILED,
        // It drops the messages for a server that has failed in its view, also if that is seen by none of the others.
        Some(_) => "it was started again, or took this server for failed",
        None => "it has left the cluster",
    }
}

/// A server that may be lost.
#[derive(Debug, PartialEq, Eq)]
struct Suspect {
    is_replica: bool,
    has_failed: bool,
    heard: Option<Instant>,
}

/// The servers that may be lost. This server heard what was sent until `listened`: it was held up itself since then.
fn suspects(
    topology: &Topology,
    heard: impl Fn(NodeId) -> Option<Instant>,
    listened: Instant,
    limit: Duration,
) -> HashMap<NodeId, Suspect> {
    let others = topology.nodes().iter().filter(|node| !node.is_myself);
    let suspects = others.filter_map(|node| {
        let suspect = Suspect {
            is_replica: node.master.is_some(),
            has_failed: node.health == Health::Failed,
            heard: heard(node.id),
        };
        let is_silent = suspect.was_silent(listened, limit);
        (suspect.is_replica || suspect.has_failed || is_silent).then_some((node.id, suspect))
    });
    suspects.collect()
}

impl Suspect {
    fn was_silent(&self, listened: Instant, limit: Duration) -> bool {
        self.heard
            .is_none_or(|heard| listened.saturating_duration_since(heard) >= limit)
    }

    /// The reason why the shard cannot end its part in a run that has needed it since `began`. A replica may have begun the run.
    fn why(
        &self,
        had_slots: bool,
        began: Instant,
        listened: Instant,
        limit: Duration,
    ) -> Option<String> {
        if self.is_replica && had_slots {
            Some("another server has taken its place".to_owned())
        } else if self.has_failed {
            Some(FAILED.to_owned())
        } else if self.was_silent(listened, limit)
            && listened.saturating_duration_since(began) >= limit
        {
            let limit = limit.as_millis();
            Some(match self.heard {
                Some(_) => format!("it was silent for {limit} ms"),
                None => format!(
                    "it has never said anything, for {limit} ms (see whether it has the engine)"
                ),
            })
        } else {
            None
        }
    }
}

/// Looks for shards that have been silent for too long, or are shards no longer. The hub tells of those that have left.
fn look(hub: &Hub) {
    let parts = runs().all();
    let Some(listened) = topology::listened().filter(|_| !parts.is_empty()) else {
        return;
    };
    let limit = config::get().longest_silence();
    let heard = |id| hub.last_heard(id);
    let suspects = suspects(&topology::current(), heard, listened, limit);
    if suspects.is_empty() {
        return;
    }
    for part in parts {
        let (Some(shards), Some(began)) = (part.shards(), part.began()) else {
            continue;
        };
        let lost_one = part.needs().into_iter().find_map(|id| {
            let suspect = suspects.get(&id)?;
            let number = shards.number(id)?;
            let why = suspect.why(shards.has_slots(number), began, listened, limit)?;
            Some(lost(id, &why))
        });
        if let Some(error) = lost_one {
            part.fail(&error);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::shards::tests::{id, topology};
    use super::*;

    const LIMIT: Duration = Duration::from_secs(3);

    #[test]
    fn a_server_that_was_held_up_itself_calls_no_other_silent() {
        let heard = Instant::now();
        let of = |listened| {
            let heard = |one| (one != id('d')).then_some(heard);
            suspects(&topology('b'), heard, listened, LIMIT)
        };
        let silent = heard + LIMIT;
        let mut known: Vec<NodeId> = of(silent).into_keys().collect();
        known.sort();
        assert_eq!(known, [id('a'), id('c'), id('d')]);
        // Nothing could be heard since then.
        assert_eq!(of(heard).into_keys().collect::<Vec<_>>(), [id('d')]);
    }

    #[test]
    fn a_shard_is_lost_for_a_reason() {
        let now = Instant::now();
        let of = |is_replica, has_failed, heard| Suspect {
            is_replica,
            has_failed,
            heard,
        };
        let late = now + LIMIT;
        let why = |suspect: Suspect, had_slots, began| suspect.why(had_slots, began, late, LIMIT);
        assert_eq!(why(of(false, false, Some(late)), true, now), None);
        assert_eq!(why(of(true, false, Some(late)), false, now), None);
        assert!(why(of(true, false, Some(late)), true, now).is_some());
        assert!(why(of(false, true, Some(late)), true, now).is_some());
        let silent = why(of(false, false, Some(now)), true, now);
        assert_eq!(silent.as_deref(), Some("it was silent for 3000 ms"));
        let unheard = why(of(false, false, None), true, now).unwrap();
        assert!(
            unheard.ends_with("(see whether it has the engine)"),
            "{unheard}"
        );
        assert_eq!(
            why(of(false, false, None), true, late),
            None,
            "it has begun"
        );
    }
}
