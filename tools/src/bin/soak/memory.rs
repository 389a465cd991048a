//! Prints the memory of a server once a minute.

use redgrease_tools::{Client, Outcome, resident_kib};
use std::time::{Duration, Instant};

const INTERVAL: Duration = Duration::from_mins(1);

/// Number of first samples to skip: growing caches and pools look like a leak.
const WARM_UP: usize = 3;

#[derive(Debug)]
pub(crate) struct Curve {
    begun: Instant,
    next: Duration,
    /// Minutes since the start, and KiB.
    samples: Vec<(f64, f64)>,
}

impl Curve {
    pub(crate) fn new() -> Self {
        println!(
            "{:>8} {:>12} {:>10} {:>12} {:>16}",
            "minute", "RSS, KiB", "change", "server, KiB", "Python, objects"
        );
        Curve {
            begun: Instant::now(),
            next: Duration::ZERO,
            samples: Vec::new(),
        }
    }

    /// Prints a row if a minute has passed: the memory of the process, the part allocated by the
    /// server (keys, clients, its log), and the number of blocks allocated by Python.
    #[allow(clippy::cast_precision_loss, reason = "KiB, for a table")]
    pub(crate) fn sample(&mut self, pid: u32, client: &mut Client) -> Outcome {
        let now = self.begun.elapsed();
        if now < self.next {
            return Ok(());
        }
        self.next += INTERVAL;
        let kib = resident_kib(pid) as f64;
        let change = self.samples.last().map_or(0.0, |(_, last)| kib - last);
        let minute = now.as_secs_f64() / 60.0;
        let server = used_kib(&client.text(&["INFO", "memory"])?);
        let blocks = client.text(&["RG.TRIGGER", "blocks"])?;
        let blocks = blocks.trim_matches(['[', ']']);
        println!("{minute:>8.1} {kib:>12.0} {change:>+10.0} {server:>12} {blocks:>16}");
        self.samples.push((minute, kib));
        Ok(())
    }

    /// The growth after the warm-up in KiB per minute, by linear regression.
    pub(crate) fn slope(&self) -> Option<f64> {
        let samples = self.samples.get(WARM_UP..).filter(|rest| rest.len() > 1)?;
        #[allow(clippy::cast_precision_loss, reason = "a few dozen")]
        let count = samples.len() as f64;
        let mean_x = samples.iter().map(|(x, _)| x).sum::<f64>() / count;
        let mean_y = samples.iter().map(|(_, y)| y).sum::<f64>() / count;
        let covariance: f64 = samples
            .iter()
            .map(|(x, y)| (x - mean_x) * (y - mean_y))
            .sum();
        let variance: f64 = samples.iter().map(|(x, _)| (x - mean_x).powi(2)).sum();
        Some(covariance / variance)
    }
}

/// The field `used_memory` of `INFO memory` in KiB; 0 if it is missing.
fn used_kib(info: &str) -> u64 {
    info.lines()
        .find_map(|line| line.strip_prefix("used_memory:"))
        .and_then(|bytes| bytes.trim().parse::<u64>().ok())
        .map_or(0, |bytes| bytes / 1024)
}
