//! The memory of the servers.

use redgrease_embedded::Cluster;
use redgrease_tools::{Outcome, resident_kib};
use std::time::{Duration, Instant};

const INTERVAL: Duration = Duration::from_secs(5);

/// The growth that is allowed after the first third of the time, in parts of a hundred.
const MOST: u64 = 15;

/// The memory of all servers together, in KiB.
#[derive(Debug, Default)]
pub(super) struct Growth {
    last: Option<Instant>,
    samples: Vec<u64>,
}

impl Growth {
    /// Takes a sample if it is time.
    pub(super) fn sample(&mut self, cluster: &Cluster) {
        if self.last.is_some_and(|at| at.elapsed() < INTERVAL) {
            return;
        }
        self.last = Some(Instant::now());
        let nodes = cluster.nodes();
        let sum = nodes.iter().filter_map(|node| node.pid().map(resident_kib));
        self.samples.push(sum.sum());
    }

    /// The samples in the middle of the second and of the last third.
    fn thirds(&self) -> Option<(u64, u64)> {
        let third = self.samples.len() / 3;
        let middle = |from: usize| {
            let mut part = self.samples.get(from..from + third)?.to_vec();
            part.sort_unstable();
            part.get(third / 2).copied()
        };
        Some((middle(third)?, middle(2 * third)?))
    }

    pub(super) fn table(&self) -> String {
        let step = (self.samples.len() / 12).max(1);
        let shown: Vec<String> = self
            .samples
            .iter()
            .step_by(step)
            .map(|kib| format!("{}", kib / 1024))
            .collect();
        format!("memory of all servers, MiB: {}", shown.join(" "))
    }

    /// Fails if the memory still grows in the last third.
    pub(super) fn check(&self) -> Outcome {
        let Some((middle, end)) = self.thirds().filter(|_| self.samples.len() >= 12) else {
            println!("memory: too short to say");
            return Ok(());
        };
        println!(
            "memory: {} MiB in the second third, {} MiB in the last one; the bound is {MOST} % more",
            middle / 1024,
            end / 1024
        );
        if end * 100 > middle * (100 + MOST) {
            return Err(format!(
                "memory grows: {middle} KiB in the second third, {end} KiB in the last one"
            ));
        }
        Ok(())
    }
}
