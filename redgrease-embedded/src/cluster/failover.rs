//! A replica takes the place of its master on request.

use super::{Cluster, ClusterNode, PAUSE};
use crate::answer::Answer;
use crate::{Error, ErrorKind, Result};
use std::thread;
use std::time::{Duration, Instant};

/// A server forgets a request for a failover after five seconds.
const FORGOTTEN: Duration = Duration::from_secs(5);
/// For how many times the timeout of nodes a server keeps the votes of its last election, and how long it keeps them at least. If
/// it asks to be elected within this time, it counts the old votes, becomes a master that no other server accepts, and the writes
/// that it takes are lost.
const VOTES_KEPT: u32 = 4;
const VOTES_KEPT_AT_LEAST: Duration = Duration::from_secs(4);
/// Servers check their elections ten times a second.
const VOTES_CHECKED: Duration = Duration::from_millis(200);

impl Cluster {
    /// Lets the first replica of a shard take the place of its master, and returns when all servers agree about that. A master
    /// that runs hands its clients over without a loss.
    ///
    /// A server can be elected again only after four times the [timeout of nodes](crate::ClusterBuilder::node_timeout), at least
    /// four seconds: until then this call waits.
    ///
    /// # Errors
    /// - `Cluster` if the shard has no replica, or its first replica does not run.
    /// - `TimedOut` if the replica does not become the master.
    ///
    /// # Panics
    /// If there is no shard of this number.
    pub fn failover(&self, shard: usize) -> Result<()> {
        let (master, replica) = {
            let table = self.table();
            (table[shard][0].clone(), table[shard].get(1).cloned())
        };
        let Some(replica) = replica.filter(ClusterNode::is_running) else {
            return Err(Error::new(
                ErrorKind::Cluster,
                format!(
                    "shard {shard} has no replica that runs and could replace its master: start the cluster with \
                     ClusterBuilder::replicas, or start the replica"
                ),
            ));
        };
        if let Some(elected) = replica.elected() {
            let kept = (self.node_timeout * VOTES_KEPT).max(VOTES_KEPT_AT_LEAST);
            let free = elected + kept + VOTES_CHECKED;
            thread::sleep(free.saturating_duration_since(Instant::now()));
        }
        let deadline = Instant::now() + self.node.patience();
        while self.shard(shard).id() != replica.id() {
            if Instant::now() >= deadline {
                return Err(Error::new(
                    ErrorKind::TimedOut,
                    format!(
                        "{} did not become the master of shard {shard}: most of the masters must run; look into its log {}",
                        replica.name(),
                        replica.log_path().display()
                    ),
                ));
            }
            elect(&master, &replica)?;
            // The other servers may refuse a master that has counted old votes. It is a replica again then.
            self.settle()?;
        }
        // Redis 6.2 would go on to make the clients wait that it has handed over: also those that come when it is a master again.
        if master.is_running() && is_of_redis_6(&master)? {
            master.order("CLIENT UNPAUSE")?;
        }
        Ok(())
    }
}

/// Asks a replica to take the place of its master. Returns when it says that it has, or when its server has forgotten the request.
fn elect(master: &ClusterNode, replica: &ClusterNode) -> Result<()> {
    let forgotten = Instant::now() + FORGOTTEN;
    if !is_master(replica)? {
        let how = if master.is_running() { "" } else { " FORCE" };
        replica.order(&format!("CLUSTER FAILOVER{how}"))?;
    }
    while !is_master(replica)? {
        if Instant::now() >= forgotten {
            return Ok(());
        }
        thread::sleep(PAUSE);
    }
    replica.set_elected(Instant::now());
    Ok(())
}

fn is_master(node: &ClusterNode) -> Result<bool> {
    let Answer::List(role) = node.ask(&[b"ROLE"])? else {
        return Ok(false);
    };
    Ok(matches!(role.first(), Some(Answer::Text(role)) if role == b"master"))
}

fn is_of_redis_6(node: &ClusterNode) -> Result<bool> {
    let info = node.text(&[b"INFO", b"server"])?;
    Ok(info.contains("redis_version:6."))
}
