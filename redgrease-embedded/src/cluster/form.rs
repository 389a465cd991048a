//! Servers become a cluster, and a cluster gets new servers.

use super::kept::Kept;
use super::{Cluster, ClusterNode, PAUSE, Shard};
use crate::{Builder, Error, ErrorKind, Result};
use std::ops::Range;
use std::path::PathBuf;
use std::thread;
use std::time::Instant;

pub(super) const SLOTS: usize = 16384;

/// The place of a server that starts.
pub(super) struct Place {
    /// `None` for a port that is free.
    port: Option<u16>,
    /// Keeps its data.
    dir: Option<PathBuf>,
}

/// The places of the servers with these numbers, whose first one has the first port.
pub(super) fn places(kept: Option<&Kept>, ports: &[u16], numbers: Range<usize>) -> Vec<Place> {
    let place = |(i, number)| Place {
        port: ports.get(i).copied(),
        dir: kept.map(|kept| kept.node(number)),
    };
    numbers.enumerate().map(place).collect()
}

/// Starts the servers of some shards, all at the same time.
pub(super) fn launch(builder: &Builder, places: Vec<Place>, replicas: usize) -> Result<Vec<Shard>> {
    let started: Vec<Result<ClusterNode>> = thread::scope(|scope| {
        let start = |Place { port, dir }| {
            let builder = match dir {
                Some(dir) => builder.clone().dir(dir),
                None => builder.clone(),
            };
            ClusterNode::launch(&builder, port)
        };
        let starting: Vec<_> = places
            .into_iter()
            .map(|place| scope.spawn(move || start(place)))
            .collect();
        starting
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| Err(panicked())))
            .collect()
    });
    let nodes = started.into_iter().collect::<Result<Vec<_>>>()?;
    Ok(nodes
        .chunks(1 + replicas)
        .map(<[ClusterNode]>::to_vec)
        .collect())
}

fn panicked() -> Error {
    Error::new(
        ErrorKind::Io,
        "the thread that starts a node panicked: see the message of the panic",
    )
}

impl Cluster {
    /// Makes a cluster of the servers that were just started.
    pub(super) fn form(&self) -> Result<()> {
        let shards = self.table().clone();
        for (i, node) in shards.iter().flatten().enumerate() {
            // Without epochs of their own, the nodes would have to find out which of them is right.
            node.order(&format!("CLUSTER SET-CONFIG-EPOCH {}", i + 1))?;
        }
        let count = shards.len();
        for (i, shard) in shards.iter().enumerate() {
            let slots = (i * SLOTS / count)..((i + 1) * SLOTS / count);
            let slots: Vec<String> = slots.map(|slot| slot.to_string()).collect();
            let mut words: Vec<&[u8]> = vec![b"CLUSTER", b"ADDSLOTS"];
            words.extend(slots.iter().map(String::as_bytes));
            shard[0].text(&words)?;
        }
        self.introduce(&shards)
    }

    /// Takes servers in that were just started. Returns the number of the first new shard.
    pub(super) fn join(&self, added: &[Shard]) -> Result<usize> {
        let first = {
            let mut table = self.table();
            table.extend(added.iter().cloned());
            table.len() - added.len()
        };
        self.introduce(added)?;
        Ok(first)
    }

    /// Lets new nodes meet all nodes, and the replicas among them find their masters.
    fn introduce(&self, new: &[Shard]) -> Result<()> {
        let all = self.running();
        let is_new = |node: &ClusterNode| new.iter().flatten().any(|other| other.id() == node.id());
        for (i, node) in all.iter().enumerate() {
            // News of a meeting travel slowly, so each pair meets.
            for other in all[..i]
                .iter()
                .filter(|other| is_new(node) || is_new(other))
            {
                node.order(&format!("CLUSTER MEET 127.0.0.1 {}", other.port()))?;
            }
        }
        self.wait_for_meetings(&all)?;
        for shard in new {
            for replica in &shard[1..] {
                replica.order(&format!("CLUSTER REPLICATE {}", shard[0].id()))?;
            }
        }
        self.settle()
    }

    fn wait_for_meetings(&self, nodes: &[ClusterNode]) -> Result<()> {
        let deadline = Instant::now() + self.node.patience();
        for node in nodes {
            loop {
                let view = node.view()?;
                let met = |other: &ClusterNode| view.get(other.id()).is_some_and(|it| it.is_known);
                let Some(missing) = nodes.iter().find(|other| !met(other)) else {
                    break;
                };
                if Instant::now() >= deadline {
                    return Err(Error::new(
                        ErrorKind::TimedOut,
                        format!(
                            "{} did not meet {} in time: look into its log {}; on a slow machine raise \
                             ClusterBuilder::start_timeout",
                            node.name(),
                            missing.name(),
                            node.log_path().display()
                        ),
                    ));
                }
                thread::sleep(PAUSE);
            }
        }
        Ok(())
    }
}
