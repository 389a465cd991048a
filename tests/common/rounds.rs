//! Tests that repeat something at random moments: how often, and what came of it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// The rounds of such a test: those of the environment variable `ROUNDS`, or `few`.
pub(crate) fn rounds(few: usize) -> usize {
    let asked = std::env::var("ROUNDS").ok();
    asked.and_then(|text| text.parse().ok()).unwrap_or(few)
}

/// Counts the rounds by their outcome.
pub(crate) struct Tally {
    begun: Instant,
    counts: BTreeMap<String, (usize, Duration)>,
}

impl Tally {
    pub(crate) fn new() -> Tally {
        Tally {
            begun: Instant::now(),
            counts: BTreeMap::new(),
        }
    }

    pub(crate) fn add(&mut self, outcome: &str, took: Duration) {
        let (count, slowest) = self.counts.entry(outcome.to_owned()).or_default();
        *count += 1;
        *slowest = took.max(*slowest);
    }

    /// Prints the outcomes, each with its slowest round.
    pub(crate) fn print(&self, name: &str) {
        println!("{name}: in {:?}", self.begun.elapsed());
        for (outcome, (count, slowest)) in &self.counts {
            println!("{count:>6} {outcome}, the slowest {slowest:?}");
        }
    }
}
