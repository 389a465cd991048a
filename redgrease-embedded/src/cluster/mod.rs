//! [`Cluster`]: several servers that share the slots.
//!
//! - `builder`: the options; `kept`: the directory of a cluster that keeps its data
//! - `form`: servers become a cluster, and a cluster gets new servers
//! - `agreement`: waiting until all servers see the same cluster
//! - `slots`: moving slots; `failover`: a replica takes the place of its master
//! - `node`: one server; `view`: the cluster as one server sees it; `ports`: free ports

mod agreement;
mod builder;
mod failover;
mod form;
mod kept;
mod node;
mod ports;
mod slots;
mod view;

pub use builder::ClusterBuilder;
pub use node::ClusterNode;

use crate::{Builder, Result};
use kept::Kept;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// Pause between two looks at the cluster.
const PAUSE: Duration = Duration::from_millis(10);

/// The servers of one shard, its master first.
type Shard = Vec<ClusterNode>;

/// A cluster of private servers on ports of loopback, which end when this value is dropped. Their data are removed, unless
/// [`ClusterBuilder::dir`] keeps them.
///
/// ```no_run
/// use redgrease_embedded::Server;
///
/// let cluster = Server::cluster().shards(3).replicas(1).start()?;
/// println!("connect to any of {:?}", cluster.urls());
///
/// cluster.move_slot(12182, 0)?; // with its keys, such as "foo"
/// cluster.shard(1).kill()?;
/// cluster.settle()?; // a replica has taken over
/// println!("shard 1 is served by {}", cluster.shard(1).url());
/// # Ok::<(), redgrease_embedded::Error>(())
/// ```
///
/// Shards and replicas have numbers from 0 on.
#[derive(Debug)]
#[must_use = "the servers end when this is dropped"]
pub struct Cluster {
    url: String,
    node: Builder,
    first_port: Option<u16>,
    replicas: usize,
    node_timeout: Duration,
    kept: Option<Kept>,
    shards: Mutex<Vec<Shard>>,
}

impl Cluster {
    fn start(
        node: Builder,
        first_port: Option<u16>,
        shards: usize,
        replicas: usize,
        node_timeout: Duration,
        dir: Option<&Path>,
    ) -> Result<Self> {
        let kept = dir.map(Kept::new).transpose()?;
        let layout = match &kept {
            Some(kept) => kept.layout(shards, replicas, first_port)?,
            None => None,
        };
        let count = shards * (1 + replicas);
        let ports = match (&layout, first_port) {
            (Some(layout), _) => ports::these(&layout.ports)?,
            (None, Some(first)) => ports::row(first, count)?,
            (None, None) => Vec::new(),
        };
        let places = form::places(kept.as_ref(), &ports, 0..count);
        let cluster = Cluster {
            shards: Mutex::new(form::launch(&node, places, replicas)?),
            url: String::new(),
            node,
            first_port,
            replicas,
            node_timeout,
            kept,
        };
        if layout.is_some() {
            cluster.settle()?;
        } else {
            cluster.form()?;
            cluster.keep()?;
        }
        let url = cluster.shard(0).url().to_owned();
        // The struct has a destructor, so its field is changed in place.
        let mut cluster = cluster;
        cluster.url = url;
        Ok(cluster)
    }

    /// The URL of the server that began as master of the first shard. Clients of clusters find the other servers through it.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The URLs of all servers: first the masters by the number of their shard, then the replicas.
    #[must_use]
    pub fn urls(&self) -> Vec<String> {
        let shards = self.table();
        let masters = shards.iter().filter_map(|shard| shard.first());
        let replicas = shards.iter().flat_map(|shard| shard.iter().skip(1));
        masters
            .chain(replicas)
            .map(|node| node.url().to_owned())
            .collect()
    }

    /// The number of shards.
    #[must_use]
    pub fn shards(&self) -> usize {
        self.table().len()
    }

    /// The master of a shard. After a replica was promoted, it is the new master as soon as [`failover`](Cluster::failover) or
    /// [`settle`](Cluster::settle) has returned.
    ///
    /// # Panics
    /// If there is no shard of this number.
    #[must_use]
    pub fn shard(&self, shard: usize) -> ClusterNode {
        self.table()[shard][0].clone()
    }

    /// A replica of a shard. A master that was replaced is the first replica.
    ///
    /// # Panics
    /// If there is no shard of this number, or it has no replica of this number.
    #[must_use]
    pub fn replica(&self, shard: usize, replica: usize) -> ClusterNode {
        self.table()[shard][1 + replica].clone()
    }

    /// All servers, shard by shard, each master in front of its replicas.
    #[must_use]
    pub fn nodes(&self) -> Vec<ClusterNode> {
        self.table().iter().flatten().cloned().collect()
    }

    /// Adds a shard without slots, with as many replicas as the others have. Returns its number for
    /// [`move_slot`](Cluster::move_slot).
    ///
    /// # Errors
    /// The same as [`ClusterBuilder::start`].
    pub fn add_shard(&self) -> Result<usize> {
        let (count, more) = (self.nodes().len(), 1 + self.replicas);
        let after = |first: u16| u16::try_from(usize::from(first) + count).unwrap_or(u16::MAX);
        let ports = match self.first_port.map(after) {
            Some(first) => ports::row(first, more)?,
            None => Vec::new(),
        };
        let places = form::places(self.kept.as_ref(), &ports, count..count + more);
        let added = form::launch(&self.node, places, self.replicas)?;
        let number = self.join(&added)?;
        self.keep()?;
        Ok(number)
    }

    fn table(&self) -> MutexGuard<'_, Vec<Shard>> {
        self.shards.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn running(&self) -> Vec<ClusterNode> {
        let mut nodes = self.nodes();
        nodes.retain(ClusterNode::is_running);
        nodes
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let shards = self.table();
        let (masters, replicas): (Vec<_>, Vec<_>) = shards
            .iter()
            .flat_map(|shard| shard.iter().enumerate())
            .partition(|&(i, _)| i == 0);
        // A master that ends waits for its replicas.
        for nodes in [replicas, masters] {
            thread::scope(|scope| {
                for (_, node) in nodes {
                    scope.spawn(|| node.end());
                }
            });
        }
    }
}
