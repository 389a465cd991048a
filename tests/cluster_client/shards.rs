//! A cluster of servers for these tests.

use crate::common::{eventually, free_port, untyped};
use redgrease_embedded::Server;

/// Primaries with a third of the slots each, and replicas of the first of them.
pub(crate) struct Shards {
    pub(crate) servers: Vec<Server>,
    pub(crate) ports: Vec<u16>,
}

/// First and last slot of each primary.
const SLOTS: [(&str, &str); 3] = [("0", "5460"), ("5461", "10922"), ("10923", "16383")];

impl Shards {
    /// Three primaries.
    pub(crate) fn start() -> Self {
        Shards::with_replicas(0)
    }

    /// Three primaries, and replicas of the first one.
    pub(crate) fn with_replicas(replicas: usize) -> Self {
        let count = SLOTS.len() + replicas;
        let bus = free_port();
        let mut servers = vec![node(bus)];
        servers.extend((1..count).map(|_| node(free_port())));
        let (servers, ports) = servers.into_iter().unzip();
        let shards = Shards { servers, ports };
        for (at, (first, last)) in SLOTS.iter().enumerate() {
            shards.ok(at, &["CLUSTER", "ADDSLOTSRANGE", first, last]);
        }
        for at in 1..count {
            let (port, bus) = (shards.ports[0].to_string(), bus.to_string());
            shards.ok(at, &["CLUSTER", "MEET", "127.0.0.1", &port, &bus]);
        }
        shards.await_agreement(count);
        for at in SLOTS.len()..count {
            let id = shards.id(0);
            shards.ok(at, &["CLUSTER", "REPLICATE", &id]);
            eventually("the replica follows", || {
                untyped(&shards.servers[at], &["INFO", "replication"])
                    .contains("master_link_status:up")
            });
            let replica = shards.id(at);
            for server in &shards.servers {
                eventually("all nodes know the replica", || {
                    untyped(server, &["CLUSTER", "SLOTS"]).contains(&replica)
                });
            }
        }
        shards
    }

    /// Waits until all nodes know all nodes and serve all slots.
    fn await_agreement(&self, count: usize) {
        let known = format!("cluster_known_nodes:{count}");
        for server in &self.servers {
            eventually("all nodes agree", || {
                let info = untyped(server, &["CLUSTER", "INFO"]);
                info.contains("cluster_state:ok")
                    && info.contains("cluster_slots_ok:16384")
                    && info.contains(&known)
            });
        }
    }

    /// The address of a node.
    pub(crate) fn url(&self, at: usize) -> String {
        format!("redis://127.0.0.1:{}/", self.ports[at])
    }

    /// The id of a node.
    pub(crate) fn id(&self, at: usize) -> String {
        untyped(&self.servers[at], &["CLUSTER", "MYID"])
    }

    /// Sends a command to a node, which answers OK.
    #[track_caller]
    pub(crate) fn ok(&self, at: usize, words: &[&str]) {
        assert_eq!(untyped(&self.servers[at], words), "OK", "{words:?}");
    }

    /// Begins to move a slot between two primaries.
    pub(crate) fn begin_move(&self, slot: u16, from: usize, to: usize) {
        let slot = slot.to_string();
        let (source, target) = (self.id(from), self.id(to));
        self.ok(to, &["CLUSTER", "SETSLOT", &slot, "IMPORTING", &source]);
        self.ok(from, &["CLUSTER", "SETSLOT", &slot, "MIGRATING", &target]);
    }

    /// Moves the keys of a slot that moves.
    pub(crate) fn move_keys(&self, slot: u16, from: usize, to: usize) {
        let slot = slot.to_string();
        let port = self.ports[to].to_string();
        let keys = untyped(
            &self.servers[from],
            &["CLUSTER", "GETKEYSINSLOT", &slot, "1000"],
        );
        for key in keys.lines() {
            let words = ["MIGRATE", "127.0.0.1", &port, key, "0", "5000"];
            self.ok(from, &words);
        }
    }

    /// Ends the move of a slot: the two primaries know it at once, the others later.
    pub(crate) fn end_move(&self, slot: u16, from: usize, to: usize) {
        let (slot, target) = (slot.to_string(), self.id(to));
        self.ok(to, &["CLUSTER", "SETSLOT", &slot, "NODE", &target]);
        self.ok(from, &["CLUSTER", "SETSLOT", &slot, "NODE", &target]);
    }

    /// Moves a slot as a whole.
    pub(crate) fn move_slot(&self, slot: u16, from: usize, to: usize) {
        self.begin_move(slot, from, to);
        self.move_keys(slot, from, to);
        self.end_move(slot, from, to);
    }
}

/// A node that listens for other nodes on this port.
fn node(bus: u16) -> (Server, u16) {
    let port = free_port();
    let server = Server::builder()
        .port(port)
        .server_arg("cluster-enabled", "yes")
        // The usual one, 10000 above, may be above the largest.
        .server_arg("cluster-port", bus.to_string())
        .server_arg("cluster-node-timeout", "1000")
        .server_arg("repl-diskless-sync-delay", "0")
        .start()
        .unwrap();
    (server, port)
}
