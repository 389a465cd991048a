//! The last minutes, for plots.

use super::view::View;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap, VecDeque};

/// Samples that are kept: ten minutes at one in a second.
const POINTS: usize = 600;
/// Rates of each registration that are kept.
const SPARKS: usize = 40;

#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct Point {
    /// Milliseconds since 1970.
    pub(crate) at: u64,
    pub(crate) rate: f64,
    pub(crate) failure_rate: f64,
    pub(crate) mean_ms: Option<f64>,
    pub(crate) slowest_ms: Option<f64>,
    pub(crate) lag_ms: Option<f64>,
    pub(crate) running: usize,
    pub(crate) waiting: u64,
    pub(crate) python_memory: u64,
}

#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct History(VecDeque<Point>);

impl History {
    pub(super) fn push(&mut self, view: &View) {
        if self.0.len() == POINTS {
            self.0.pop_front();
        }
        let totals = &view.totals;
        self.0.push_back(Point {
            at: view.at,
            rate: totals.rate,
            failure_rate: totals.failure_rate,
            mean_ms: totals.mean_ms,
            slowest_ms: totals.slowest_ms,
            lag_ms: totals.lag_ms,
            running: totals.running,
            waiting: totals.waiting,
            python_memory: totals.python_memory,
        });
    }

    /// The last `count` points, the oldest first.
    pub(crate) fn last(&self, count: usize) -> impl Iterator<Item = &Point> {
        self.0.iter().skip(self.0.len().saturating_sub(count))
    }
}

/// The last rates of each registration.
#[derive(Default)]
pub(super) struct Sparks(HashMap<String, VecDeque<f64>>);

impl Sparks {
    pub(super) fn push(&mut self, view: &View) {
        let mut next = HashMap::with_capacity(view.registrations.len());
        for row in &view.registrations {
            let mut rates = self.0.remove(&row.id).unwrap_or_default();
            if rates.len() == SPARKS {
                rates.pop_front();
            }
            rates.push_back((row.rate * 10.0).round() / 10.0);
            next.insert(row.id.clone(), rates);
        }
        self.0 = next;
    }

    pub(super) fn rows(&self) -> BTreeMap<String, Vec<f64>> {
        let busy = self
            .0
            .iter()
            .filter(|(_, rates)| rates.iter().any(|it| *it > 0.0));
        busy.map(|(id, rates)| (id.clone(), rates.iter().copied().collect()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_points_leave() {
        let mut history = History::default();
        for at in 0..POINTS as u64 + 5 {
            history.push(&View {
                at,
                ..View::default()
            });
        }
        let kept: Vec<u64> = history.last(usize::MAX).map(|it| it.at).collect();
        assert_eq!((kept.len(), kept[0]), (POINTS, 5));
        assert_eq!(history.last(2).count(), 2);
    }

    #[test]
    fn registrations_that_are_gone_have_no_rates() {
        let with = |id: &str, rate| View {
            registrations: vec![super::super::RegistrationView {
                id: id.to_owned(),
                rate,
                ..Default::default()
            }],
            ..View::default()
        };
        let mut sparks = Sparks::default();
        sparks.push(&with("a", 1.0));
        sparks.push(&with("a", 2.04));
        assert_eq!(sparks.rows()["a"], [1.0, 2.0]);
        sparks.push(&with("b", 0.0));
        assert!(sparks.rows().is_empty());
    }
}
