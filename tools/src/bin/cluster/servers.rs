//! The servers with the same keys: one that has all of them, a cluster, and as many single servers as the cluster has shards.

use crate::BOUND;
use redgrease_embedded::{Cluster, Server};
use redgrease_tools::batch::pieces;
use redgrease_tools::{Client, Outcome, cpu_time};
use redis::cluster::{ClusterClient, ClusterConnection, cluster_pipe};
use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

/// All servers of the comparison.
pub(crate) struct Servers {
    pub(crate) one: Server,
    pub(crate) cluster: Cluster,
    /// Each has the share of one shard, and knows nothing of the others.
    pub(crate) shares: Vec<Server>,
}

impl Servers {
    pub(crate) fn start(shards: usize) -> Outcome<Servers> {
        Ok(Servers {
            one: single()?,
            cluster: cluster(shards)?,
            shares: (0..shards).map(|_| single()).collect::<Outcome<_>>()?,
        })
    }

    /// Creates the keys.
    pub(crate) fn fill(&self, count: usize) -> Outcome {
        let mut one = Client::connect(self.one.url(), BOUND)?;
        let mut cluster = cluster_client(&self.cluster)?;
        let shares = self.shares.iter();
        let mut shares: Vec<Client> = shares
            .map(|server| Client::connect(server.url(), BOUND))
            .collect::<Outcome<_>>()?;
        for piece in pieces(count) {
            let mut to_cluster = cluster_pipe();
            let mut to_all = redis::pipe();
            let mut to_shares = vec![redis::pipe(); shares.len()];
            for (i, (key, value)) in piece.iter().enumerate() {
                to_cluster.set(key, value).ignore();
                to_all.set(key, value).ignore();
                let share = i % shares.len();
                to_shares[share].set(key, value).ignore();
            }
            let mut filled = || {
                to_cluster.exec(&mut cluster)?;
                to_all.exec(one.connection())?;
                let mut each = to_shares.iter().zip(&mut shares);
                each.try_for_each(|(pipe, client)| pipe.exec(client.connection()))
            };
            filled().map_err(|error| format!("creating the keys: {error}"))?;
        }
        Ok(())
    }

    /// The CPU time of the servers of the cluster.
    pub(crate) fn cpu_of_cluster(&self) -> Duration {
        let nodes = self.cluster.nodes();
        nodes
            .iter()
            .filter_map(|node| node.pid().map(cpu_time))
            .sum()
    }

    /// The CPU time of the servers with a share each.
    pub(crate) fn cpu_of_shares(&self) -> Duration {
        let shares = self.shares.iter();
        shares.map(|server| cpu_time(server.pid())).sum()
    }
}

/// A server on TCP, as most programs use it.
pub(crate) fn single() -> Outcome<Server> {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map_err(|error| format!("no free port on loopback: {error}"))?
        .port();
    let server = Server::builder().port(port).start();
    server.map_err(|error| error.to_string())
}

pub(crate) fn cluster(shards: usize) -> Outcome<Cluster> {
    let cluster = Server::cluster().shards(shards).start();
    cluster.map_err(|error| error.to_string())
}

/// A connection of redis-rs' cluster client.
pub(crate) fn cluster_client(cluster: &Cluster) -> Outcome<ClusterConnection> {
    let connect = || {
        let connection = ClusterClient::new(cluster.urls())?.get_connection()?;
        connection.set_read_timeout(Some(BOUND))?;
        Ok::<_, redis::RedisError>(connection)
    };
    connect().map_err(|error| format!("{}: {error}", cluster.url()))
}

/// The slots of a node in the reply of `CLUSTER NODES`.
pub(crate) fn slots_of(nodes: &str, id: &str) -> Vec<u16> {
    let line = nodes.lines().find(|line| line.starts_with(id));
    let ranges = line.into_iter().flat_map(|line| line.split(' ').skip(8));
    let ranges = ranges.filter_map(|range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        Some(first.parse::<u16>().ok()?..=last.parse().ok()?)
    });
    ranges.flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slots_of_a_node_are_read() {
        let nodes = "aa 127.0.0.1:1@2 myself,master - 0 0 1 connected 0-2 7 [9->-bb]\n\
            bb 127.0.0.1:3@4 master - 0 0 2 connected 3-6 8-16383\n";
        assert_eq!(slots_of(nodes, "aa"), [0, 1, 2, 7]);
        assert_eq!(slots_of(nodes, "bb").len(), 4 + 16376);
        assert!(slots_of(nodes, "cc").is_empty());
    }
}
