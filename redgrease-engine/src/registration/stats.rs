//! The statistics of a registration: the number of its runs, their durations and errors.

use crate::redis::Context;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Runs of all registrations that failed, since the server began. It never goes down, so that monitors can compute rates.
static FAILED: AtomicU64 = AtomicU64::new(0);
/// Runs of all registrations that were aborted.
static ABORTED: AtomicU64 = AtomicU64::new(0);

/// The number of runs that failed, of all registrations, with those that do not exist any longer.
pub(crate) fn failed_runs() -> u64 {
    FAILED.load(Ordering::Relaxed)
}

/// The number of runs that were aborted, in the same way.
pub(crate) fn aborted_runs() -> u64 {
    ABORTED.load(Ordering::Relaxed)
}

/// The counters of a registration. They have no lock, because every call changes them.
#[derive(Debug, Default)]
pub(crate) struct Stats {
    triggered: LockedCounter,
    sync_succeeded: LockedCounter,
    sync_micros: LockedCounter,
    succeeded: AtomicU64,
    failed: AtomicU64,
    aborted: AtomicU64,
    last_micros: AtomicU64,
    total_micros: AtomicU64,
    has_error: AtomicBool,
    last_error: Mutex<Option<String>>,
}

/// The values of [`Stats`] at one moment.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Snapshot {
    pub(crate) triggered: u64,
    pub(crate) succeeded: u64,
    pub(crate) failed: u64,
    pub(crate) aborted: u64,
    pub(crate) last_millis: u64,
    pub(crate) total_millis: u64,
    pub(crate) average_millis: f64,
    pub(crate) last_error: Option<String>,
}

/// A counter that only threads with the server's lock change. It is loaded and stored instead of added to atomically: an
/// atomic addition would be a good part of the duration of a sync call.
#[derive(Debug, Default)]
struct LockedCounter(AtomicU64);

impl LockedCounter {
    fn add(&self, _: &Context, by: u64) {
        let sum = self.0.load(Ordering::Relaxed).wrapping_add(by);
        self.0.store(sum, Ordering::Relaxed);
    }

    fn clear(&self, _: &Context) {
        self.0.store(0, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Stats {
    /// Counts an event that the registration waits for.
    pub(crate) fn record_trigger(&self, context: &Context) {
        self.triggered.add(context, 1);
    }

    /// Records a sync call that succeeded.
    pub(crate) fn record_sync(&self, context: &Context, duration: Duration) {
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        self.last_micros.store(micros, Ordering::Relaxed);
        self.sync_micros.add(context, micros);
        self.sync_succeeded.add(context, 1);
        self.forget_error();
    }

    /// Records a run that ended by itself. `failure` is its first error.
    pub(crate) fn record(&self, duration: Duration, failure: Option<String>) {
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        self.last_micros.store(micros, Ordering::Relaxed);
        self.total_micros.fetch_add(micros, Ordering::Relaxed);
        match failure {
            None => {
                self.succeeded.fetch_add(1, Ordering::Relaxed);
                self.forget_error();
            }
            Some(error) => {
                self.failed.fetch_add(1, Ordering::Relaxed);
                FAILED.fetch_add(1, Ordering::Relaxed);
                self.set_error(Some(error));
                self.has_error.store(true, Ordering::Relaxed);
            }
        }
    }

    /// Records a run that was stopped. `reason` is the limit that stopped it; `None` if a client did.
    pub(crate) fn record_abort(&self, reason: Option<String>) {
        self.aborted.fetch_add(1, Ordering::Relaxed);
        ABORTED.fetch_add(1, Ordering::Relaxed);
        if let Some(reason) = reason {
            self.set_error(Some(reason));
            self.has_error.store(true, Ordering::Relaxed);
        }
    }

    /// Shows the reason why the registration does not run, as its last error. Nothing is counted.
    pub(crate) fn record_hindrance(&self, reason: String) {
        self.set_error(Some(reason));
        self.has_error.store(true, Ordering::Relaxed);
    }

    /// Resets all statistics.
    pub(crate) fn clear(&self, context: &Context) {
        for counter in [&self.triggered, &self.sync_succeeded, &self.sync_micros] {
            counter.clear(context);
        }
        let counters = [
            &self.succeeded,
            &self.failed,
            &self.aborted,
            &self.last_micros,
            &self.total_micros,
        ];
        for counter in counters {
            counter.store(0, Ordering::Relaxed);
        }
        self.has_error.store(false, Ordering::Relaxed);
        self.set_error(None);
    }

    /// Clears the error after a success. Most registrations have no error, and a load costs less than a swap.
    fn forget_error(&self) {
        if self.has_error.load(Ordering::Relaxed) && self.has_error.swap(false, Ordering::Relaxed) {
            self.set_error(None);
        }
    }

    fn set_error(&self, error: Option<String>) {
        *self
            .last_error
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = error;
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        let succeeded = self.succeeded.load(Ordering::Relaxed) + self.sync_succeeded.get();
        let failed = self.failed.load(Ordering::Relaxed);
        let micros = self.total_micros.load(Ordering::Relaxed) + self.sync_micros.get();
        let total_millis = micros / 1000;
        let runs = succeeded + failed;
        #[allow(clippy::cast_precision_loss, reason = "an average in milliseconds")]
        let average_millis = if runs == 0 {
            0.0
        } else {
            total_millis as f64 / runs as f64
        };
        Snapshot {
            triggered: self.triggered.get(),
            succeeded,
            failed,
            aborted: self.aborted.load(Ordering::Relaxed),
            last_millis: self.last_micros.load(Ordering::Relaxed) / 1000,
            total_millis,
            average_millis,
            last_error: self
                .last_error
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redis::locked;

    #[test]
    fn a_success_clears_the_last_error() {
        let stats = Stats::default();
        stats.record(Duration::from_millis(30), Some("boom".into()));
        assert_eq!(stats.snapshot().last_error.as_deref(), Some("boom"));
        stats.record(Duration::from_millis(10), None);
        let now = stats.snapshot();
        assert_eq!((now.succeeded, now.failed), (1, 1));
        assert_eq!((now.last_millis, now.total_millis), (10, 40));
        assert!((now.average_millis - 20.0).abs() < f64::EPSILON);
        assert_eq!(now.last_error, None);
    }

    #[test]
    fn sync_calls_count_as_successes() {
        let stats = Stats::default();
        stats.record(Duration::from_millis(30), Some("boom".into()));
        locked(|context| {
            stats.record_trigger(context);
            stats.record_trigger(context);
            stats.record_sync(context, Duration::from_millis(10));
        });
        let now = stats.snapshot();
        assert_eq!((now.triggered, now.succeeded, now.failed), (2, 1, 1));
        assert_eq!((now.last_millis, now.total_millis), (10, 40));
        assert!((now.average_millis - 20.0).abs() < f64::EPSILON);
        assert_eq!(now.last_error, None);
    }

    #[test]
    fn an_abort_counts_apart_and_only_a_limit_is_an_error() {
        let stats = Stats::default();
        stats.record_abort(None);
        assert_eq!(stats.snapshot().last_error, None);
        stats.record_abort(Some("too slow".into()));
        let now = stats.snapshot();
        assert_eq!((now.succeeded, now.failed, now.aborted), (0, 0, 2));
        assert_eq!(now.last_error.as_deref(), Some("too slow"));
        assert!(
            now.average_millis.abs() < f64::EPSILON,
            "nothing ran to its end"
        );
        stats.record(Duration::ZERO, None);
        assert_eq!(stats.snapshot().last_error, None);
    }

    #[test]
    fn milliseconds_are_rounded_down_once() {
        let stats = Stats::default();
        for _ in 0..3 {
            stats.record(Duration::from_micros(600), None);
        }
        let now = stats.snapshot();
        assert_eq!((now.last_millis, now.total_millis), (0, 1));
        stats.record(Duration::MAX, None);
        assert_eq!(stats.snapshot().last_millis, u64::MAX / 1000);
    }

    #[test]
    fn cleared_statistics_are_those_of_a_new_registration() {
        let stats = Stats::default();
        locked(|context| {
            stats.record_trigger(context);
            stats.record_sync(context, Duration::from_millis(10));
            stats.record(Duration::from_millis(30), Some("boom".into()));
            stats.record_abort(None);
            stats.clear(context);
        });
        assert_eq!(stats.snapshot(), Stats::default().snapshot());
    }
}
