//! What happened between two samples.

use super::sample::Sample;
use super::view::{RegistrationView, View};
use std::collections::HashMap;
use std::time::Instant;

/// The counts of the sample before.
#[derive(Default)]
pub(super) struct Rates {
    taken: Option<Instant>,
    counts: HashMap<String, Counts>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Counts {
    runs: u64,
    failed: u64,
    total_ms: u64,
}

impl Counts {
    fn of(row: &RegistrationView) -> Self {
        Counts {
            runs: row.succeeded + row.failed,
            failed: row.failed,
            total_ms: row.total_ms,
        }
    }

    /// What was added since. After the statistics were cleared, everything was.
    fn since(self, before: Counts) -> Self {
        let is_reset = self.runs < before.runs
            || self.failed < before.failed
            || self.total_ms < before.total_ms;
        if is_reset {
            return self;
        }
        Counts {
            runs: self.runs - before.runs,
            failed: self.failed - before.failed,
            total_ms: self.total_ms - before.total_ms,
        }
    }

    fn mean(self) -> Option<f64> {
        (self.runs > 0).then(|| float(self.total_ms) / float(self.runs))
    }
}

#[allow(clippy::cast_precision_loss, reason = "rates are not exact")]
fn float(number: u64) -> f64 {
    number as f64
}

impl Rates {
    /// Fills the rates of a view in. Registrations that are new have none.
    pub(super) fn fill(&mut self, sample: &Sample, view: &mut View) {
        let before = self.taken.replace(sample.taken);
        let seconds = before.map_or(0.0, |before| {
            sample.taken.duration_since(before).as_secs_f64()
        });
        self.fill_within(seconds, view);
    }

    fn fill_within(&mut self, seconds: f64, view: &mut View) {
        let mut counts = HashMap::with_capacity(view.registrations.len());
        let mut sum = Counts::default();
        let mut by_session: HashMap<String, f64> = HashMap::new();
        for row in &mut view.registrations {
            let now = Counts::of(row);
            counts.insert(row.id.clone(), now);
            let Some(before) = self.counts.get(&row.id).filter(|_| seconds > 0.0) else {
                continue;
            };
            let new = now.since(*before);
            row.rate = float(new.runs) / seconds;
            row.failure_rate = float(new.failed) / seconds;
            row.recent_ms = new.mean();
            sum.runs += new.runs;
            sum.failed += new.failed;
            sum.total_ms += new.total_ms;
            if let Some(session) = &row.session {
                *by_session.entry(session.clone()).or_default() += row.rate;
            }
        }
        self.counts = counts;
        if seconds > 0.0 {
            view.totals.rate = float(sum.runs) / seconds;
            view.totals.failure_rate = float(sum.failed) / seconds;
        }
        view.totals.mean_ms = sum.mean();
        view.totals.slowest_ms = view
            .registrations
            .iter()
            .filter_map(|it| it.recent_ms)
            .reduce(f64::max);
        for session in &mut view.sessions {
            session.rate = by_session.get(&session.id).copied().unwrap_or_default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(succeeded: u64, failed: u64, total_ms: u64) -> View {
        let row = RegistrationView {
            id: "a".to_owned(),
            session: Some("s".to_owned()),
            succeeded,
            failed,
            total_ms,
            ..RegistrationView::default()
        };
        let session = super::super::SessionView {
            id: "s".to_owned(),
            ..Default::default()
        };
        View {
            registrations: vec![row],
            sessions: vec![session],
            ..View::default()
        }
    }

    fn figures(view: &View) -> (f64, f64, Option<f64>, f64) {
        let row = &view.registrations[0];
        (
            row.rate,
            row.failure_rate,
            row.recent_ms,
            view.sessions[0].rate,
        )
    }

    #[test]
    fn rates_follow_from_two_samples() {
        let mut rates = Rates::default();
        let mut first = view(100, 10, 5000);
        rates.fill_within(0.0, &mut first);
        assert_eq!(figures(&first), (0.0, 0.0, None, 0.0));
        let mut second = view(116, 14, 5400);
        rates.fill_within(2.0, &mut second);
        assert_eq!(figures(&second), (10.0, 2.0, Some(20.0), 10.0));
        assert_eq!(
            (second.totals.rate, second.totals.mean_ms),
            (10.0, Some(20.0))
        );
        let mut third = view(116, 14, 5400);
        rates.fill_within(2.0, &mut third);
        assert_eq!(figures(&third), (0.0, 0.0, None, 0.0));
    }

    #[test]
    fn cleared_statistics_are_no_negative_rates() {
        let mut rates = Rates::default();
        rates.fill_within(0.0, &mut view(100, 10, 5000));
        let mut cleared = view(3, 1, 8);
        rates.fill_within(2.0, &mut cleared);
        assert_eq!(figures(&cleared), (2.0, 0.5, Some(2.0), 2.0));
    }
}
