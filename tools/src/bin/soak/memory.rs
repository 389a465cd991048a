//! What a server holds in memory, once a minute.

use redgrease_tools::resident_kib;
use std::time::{Duration, Instant};

const INTERVAL: Duration = Duration::from_mins(1);

/// The first minutes fill caches and pools: they say nothing about a leak.
const WARM_UP: usize = 3;

#[derive(Debug)]
pub(crate) struct Curve {
    begun: Instant,
    next: Duration,
    /// Minutes, and KiB.
    samples: Vec<(f64, f64)>,
}

impl Curve {
    pub(crate) fn new() -> Self {
        println!("{:>8} {:>12} {:>10}", "minute", "RSS, KiB", "change");
        Curve {
            begun: Instant::now(),
            next: Duration::ZERO,
            samples: Vec::new(),
        }
    }

    /// Adds a row if it is time.
    #[allow(clippy::cast_precision_loss, reason = "KiB, for a table")]
    pub(crate) fn sample(&mut self, pid: u32) {
        let now = self.begun.elapsed();
        if now < self.next {
            return;
        }
        self.next += INTERVAL;
        let kib = resident_kib(pid) as f64;
        let change = self.samples.last().map_or(0.0, |(_, last)| kib - last);
        let minute = now.as_secs_f64() / 60.0;
        println!("{minute:>8.1} {kib:>12.0} {change:>+10.0}");
        self.samples.push((minute, kib));
    }

    /// How fast it grows after the warm-up, in KiB a minute: the line that fits best.
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
