//! The memory of the servers.

use redgrease_embedded::{Cluster, ClusterNode};
use redgrease_tools::{Outcome, resident_kib};
use std::fmt::Write;
use std::time::{Duration, Instant};

const INTERVAL: Duration = Duration::from_secs(5);

/// The growth that is allowed after the first third of the time, in parts of a hundred.
const MOST: u64 = 15;

/// The memory of each server.
pub(super) struct Growth {
    last: Option<Instant>,
    servers: Vec<Curve>,
}

struct Curve {
    node: ClusterNode,
    shard: usize,
    /// Process ids and KiB.
    samples: Vec<(u32, u64)>,
}

impl Curve {
    /// The samples in the middle of each third of the time, in KiB.
    fn thirds(&self) -> Option<[u64; 3]> {
        let third = self.samples.len() / 3;
        let middle = |place: usize| {
            let part = self.samples.get(place * third..(place + 1) * third)?;
            let mut part: Vec<u64> = part.iter().map(|(_, kib)| *kib).collect();
            part.sort_unstable();
            part.get(third / 2).copied()
        };
        Some([middle(0)?, middle(1)?, middle(2)?])
    }

    /// How often the server was started again.
    fn restarts(&self) -> usize {
        let pairs = self.samples.windows(2);
        pairs.filter(|two| two[0].0 != two[1].0).count()
    }
}

impl Growth {
    pub(super) fn new(cluster: &Cluster) -> Growth {
        let nodes = cluster.nodes();
        let of_shard = nodes.len() / cluster.shards();
        let curve = |(place, node)| Curve {
            node,
            shard: place / of_shard,
            samples: Vec::new(),
        };
        Growth {
            last: None,
            servers: nodes.into_iter().enumerate().map(curve).collect(),
        }
    }

    /// Takes a sample if it is time.
    pub(super) fn sample(&mut self) {
        if self.last.is_some_and(|at| at.elapsed() < INTERVAL) {
            return;
        }
        self.last = Some(Instant::now());
        for server in &mut self.servers {
            // A server that starts again has none for a moment.
            if let Some(pid) = server.node.pid() {
                server.samples.push((pid, resident_kib(pid)));
            }
        }
    }

    pub(super) fn table(&self) -> String {
        let mut table = "memory of each server, MiB, from the start to the end:\n".to_owned();
        for server in &self.servers {
            let step = (server.samples.len() / 12).max(1);
            let shown = server
                .samples
                .iter()
                .step_by(step)
                .chain(server.samples.last());
            let shown: Vec<String> = shown.map(|(_, kib)| format!("{}", kib / 1024)).collect();
            let (shard, port) = (server.shard, server.node.port());
            let _ = write!(table, "shard {shard}, port {port}: {}", shown.join(" "));
            let _ = match server.restarts() {
                0 => writeln!(table),
                times => writeln!(table, " (started again {times} times)"),
            };
        }
        table
    }

    /// Fails if the memory of a server still grows in the last third. A server that was started again is left out.
    pub(super) fn check(&self) -> Outcome {
        for server in self.servers.iter().filter(|server| server.restarts() == 0) {
            let port = server.node.port();
            let Some([first, middle, end]) = server.thirds().filter(|_| server.samples.len() >= 12)
            else {
                println!("memory at port {port}: too short to say");
                continue;
            };
            println!(
                "memory at port {port}: {} MiB in the first third, {} MiB in the second one, {} MiB in the last one; \
                 the bound is {MOST} % more than in the second one",
                first / 1024,
                middle / 1024,
                end / 1024
            );
            if end * 100 > middle * (100 + MOST) {
                return Err(format!(
                    "memory at port {port} grows: {middle} KiB in the second third, {end} KiB in the last one"
                ));
            }
        }
        Ok(())
    }
}
