//! A cluster of servers for these tests.

use crate::common::{calls_of, eventually, plain_connection_to, untyped};
use redgrease_embedded::{Cluster, ClusterNode, Server};
use std::time::Duration;

/// Three primaries with a third of the slots each, and their replicas.
pub(crate) struct Shards {
    cluster: Cluster,
    /// The primaries, then the replicas.
    nodes: Vec<ClusterNode>,
    /// The ports of the primaries.
    pub(crate) ports: Vec<u16>,
}

impl Shards {
    /// Three primaries.
    pub(crate) fn start() -> Self {
        Shards::with_replicas(0)
    }

    /// Three primaries, and replicas of each.
    pub(crate) fn with_replicas(replicas: usize) -> Self {
        let cluster = Server::cluster()
            .replicas(replicas)
            .node_timeout(Duration::from_secs(1))
            .start()
            .unwrap();
        let primaries = (0..cluster.shards()).map(|at| cluster.shard(at));
        let followers = (0..replicas)
            .flat_map(|replica| (0..cluster.shards()).map(move |at| (at, replica)))
            .map(|(at, replica)| cluster.replica(at, replica));
        let shards = Shards {
            ports: primaries.clone().map(|node| node.port()).collect(),
            nodes: primaries.chain(followers).collect(),
            cluster,
        };
        shards.await_replicas();
        shards
    }

    /// Waits until all nodes list all replicas: those whose position in the stream of replication is not known are left out.
    fn await_replicas(&self) {
        for at in 0..self.count() {
            eventually("all nodes are listed", || {
                let slots = self.ask(at, &["CLUSTER", "SLOTS"]);
                self.nodes.iter().all(|node| slots.contains(node.id()))
            });
        }
    }

    /// A node. The first replica is that of the first primary.
    pub(crate) fn node(&self, at: usize) -> &ClusterNode {
        &self.nodes[at]
    }

    /// How many nodes there are.
    pub(crate) fn count(&self) -> usize {
        self.nodes.len()
    }

    /// The address of a node.
    pub(crate) fn url(&self, at: usize) -> &str {
        self.node(at).url()
    }

    /// A connection of redis-rs to one node.
    pub(crate) fn con(&self, at: usize) -> redis::Connection {
        plain_connection_to(self.url(at))
    }

    /// The answer of a node as text.
    pub(crate) fn ask(&self, at: usize, words: &[&str]) -> String {
        untyped(self.node(at), words)
    }

    /// How often a command was called on a node.
    pub(crate) fn calls(&self, at: usize, command: &str) -> u64 {
        calls_of(self.node(at), command)
    }

    /// Sends a command to a node, which answers OK.
    #[track_caller]
    pub(crate) fn ok(&self, at: usize, words: &[&str]) {
        assert_eq!(self.ask(at, words), "OK", "{words:?}");
    }

    /// The port of the primary that serves a key in a cluster whose slots have not moved.
    pub(crate) fn owner(&self, key: &str) -> u16 {
        let slot: usize = self.ask(0, &["CLUSTER", "KEYSLOT", key]).parse().unwrap();
        let ends = (1..=self.ports.len()).map(|shard| shard * 16_384 / self.ports.len());
        self.ports[ends.take_while(|end| *end <= slot).count()]
    }

    /// Waits until a replica has run everything that its primary has sent.
    pub(crate) fn caught_up(&self, primary: usize, replica: usize) {
        let number = |at, field: &str| -> u64 {
            let info = self.ask(at, &["INFO", "replication"]);
            let mut lines = info.lines();
            let value = lines.find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
            value.unwrap().trim().parse().unwrap()
        };
        let sent = number(primary, "master_repl_offset");
        eventually("the replica has caught up", || {
            number(replica, "slave_repl_offset") >= sent
        });
    }

    /// Kills a primary that has no replica, and waits until the others have given it up.
    pub(crate) fn lose(&self, at: usize) {
        self.node(at).kill().unwrap();
        for other in (0..self.count()).filter(|other| *other != at) {
            eventually("the node is given up", || {
                let info = self.ask(other, &["CLUSTER", "INFO"]);
                info.contains("cluster_state:fail")
            });
        }
    }

    /// Begins to move a slot between two primaries.
    pub(crate) fn begin_move(&self, slot: u16, from: usize, to: usize) {
        let slot = slot.to_string();
        let (source, target) = (self.node(from).id(), self.node(to).id());
        self.ok(to, &["CLUSTER", "SETSLOT", &slot, "IMPORTING", source]);
        self.ok(from, &["CLUSTER", "SETSLOT", &slot, "MIGRATING", target]);
    }

    /// Moves the keys of a slot that moves.
    pub(crate) fn move_keys(&self, slot: u16, from: usize, to: usize) {
        let slot = slot.to_string();
        let port = self.ports[to].to_string();
        let keys = self.ask(from, &["CLUSTER", "GETKEYSINSLOT", &slot, "1000"]);
        for key in keys.lines() {
            let words = ["MIGRATE", "127.0.0.1", &port, key, "0", "5000"];
            self.ok(from, &words);
        }
    }

    /// Moves a slot to a primary as a whole, or ends its move.
    pub(crate) fn move_slot(&self, slot: u16, to: usize) {
        self.cluster.move_slot(slot, to).unwrap();
    }
}
