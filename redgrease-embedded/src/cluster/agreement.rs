//! Waiting until all servers see the same cluster.

use super::form::SLOTS;
use super::view::{self, Seen, View};
use super::{Cluster, ClusterNode, PAUSE};
use crate::answer::Answer;
use crate::{Error, ErrorKind, Result};
use std::thread;
use std::time::Instant;

impl Cluster {
    /// Waits until all servers that run agree: about masters, replicas and slots, that all of them are reachable, that each
    /// replica is connected to its master, and that replicas have taken the place of masters that do not run.
    ///
    /// Call it after a server was killed, stopped, paused, resumed or started. Servers that do not run are left out: slots of
    /// a shard without a running server stay unserved.
    ///
    /// # Errors
    /// `TimedOut` if the servers do not agree in time ([`start_timeout`](crate::ClusterBuilder::start_timeout)); the error
    /// names what is missing.
    pub fn settle(&self) -> Result<()> {
        self.wait_until(|| self.disagreement())
    }

    /// Waits until nothing is missing any more.
    pub(super) fn wait_until(&self, missing: impl Fn() -> Result<Option<String>>) -> Result<()> {
        let deadline = Instant::now() + self.node.patience();
        loop {
            let missing = match missing() {
                Ok(None) => return Ok(()),
                Ok(Some(missing)) => missing,
                // A server that has just started again may not answer yet.
                Err(e) => e.to_string(),
            };
            if Instant::now() >= deadline {
                return Err(Error::new(
                    ErrorKind::TimedOut,
                    format!(
                        "the nodes of the cluster did not agree within {:?}: {missing}; look into their logs, and on a slow \
                         machine raise ClusterBuilder::start_timeout",
                        self.node.patience()
                    ),
                ));
            }
            thread::sleep(PAUSE);
        }
    }

    /// What the servers do not agree about; nothing if they agree. The table of shards then has the masters in front.
    fn disagreement(&self) -> Result<Option<String>> {
        let running = self.running();
        let Some(first) = running.first() else {
            return Ok(None);
        };
        let view = first.view()?;
        for node in &running {
            let other = node.view()?;
            if !is_same(&view, &other) {
                return Ok(Some(format!(
                    "{} and {} see different clusters",
                    first.name(),
                    node.name()
                )));
            }
            let unwell = |it: &&ClusterNode| !other.get(it.id()).is_some_and(|it| it.is_well);
            if let Some(unwell) = running.iter().find(unwell) {
                return Ok(Some(format!(
                    "{} does not reach {}",
                    node.name(),
                    unwell.name()
                )));
            }
        }
        if let Some(shard) = self.without_master(&view, &running) {
            return Ok(Some(format!("shard {shard} has no master that runs")));
        }
        let all_served = view::served(&view) == SLOTS
            && view
                .iter()
                .filter(|(_, seen)| !seen.slots.is_empty())
                .all(|(id, _)| running.iter().any(|node| node.id() == id));
        for node in &running {
            let is_up = match view.get(node.id()).and_then(|seen| seen.master.as_ref()) {
                Some(master) if running.iter().any(|node| node.id() == master) => is_linked(node)?,
                _ => true,
            };
            if !is_up {
                return Ok(Some(format!(
                    "{} is not connected to its master",
                    node.name()
                )));
            }
            if all_served
                && !node
                    .text(&[b"CLUSTER", b"INFO"])?
                    .contains("cluster_state:ok")
            {
                return Ok(Some(format!("{} says that the cluster fails", node.name())));
            }
        }
        self.put_masters_first(&view);
        Ok(None)
    }

    /// A shard with a server that runs, and whose master does not.
    fn without_master(&self, view: &View, running: &[ClusterNode]) -> Option<usize> {
        let runs = |node: &&ClusterNode| running.iter().any(|other| other.id() == node.id());
        self.table().iter().position(|shard| {
            let mut alive = shard.iter().filter(runs).peekable();
            alive.peek().is_some() && !alive.any(|node| is_master(view, node))
        })
    }

    fn put_masters_first(&self, view: &View) {
        for shard in self.table().iter_mut() {
            let is_new = |node: &ClusterNode| node.is_running() && is_master(view, node);
            if let Some(i) = shard.iter().position(is_new) {
                shard[..=i].rotate_right(1);
            }
        }
    }
}

fn is_master(view: &View, node: &ClusterNode) -> bool {
    view.get(node.id())
        .is_some_and(|seen| seen.master.is_none())
}

/// Whether two nodes see the same nodes, roles and slots, and the same version of them. With an older version, a message that is
/// late could undo what a node knows.
fn is_same(one: &View, other: &View) -> bool {
    let is_seen_by_other = |(id, seen): (&String, &Seen)| {
        other.get(id).is_some_and(|it| {
            let is_outdated = seen.master.is_none() && seen.is_well && seen.epoch != it.epoch;
            it.master == seen.master && it.slots == seen.slots && !is_outdated
        })
    };
    one.len() == other.len() && one.iter().all(is_seen_by_other)
}

/// Whether a replica is connected to its master and has its data.
fn is_linked(replica: &ClusterNode) -> Result<bool> {
    // "slave", the address and the port of the master, the state of the connection, an offset
    let Answer::List(role) = replica.ask(&[b"ROLE"])? else {
        return Ok(false);
    };
    Ok(matches!(role.get(3), Some(Answer::Text(state)) if state == b"connected"))
}
