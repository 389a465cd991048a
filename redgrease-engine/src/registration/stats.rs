//! How often a registration ran, how long and how well.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Counted without a lock, because every call counts; read now and then.
#[derive(Debug, Default)]
pub(crate) struct Stats {
    triggered: AtomicU64,
    succeeded: AtomicU64,
    failed: AtomicU64,
    aborted: AtomicU64,
    last_micros: AtomicU64,
    total_micros: AtomicU64,
    has_error: AtomicBool,
    last_error: Mutex<Option<String>>,
}

/// The numbers at one moment.
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

impl Stats {
    pub(crate) fn record_trigger(&self) {
        self.triggered.fetch_add(1, Ordering::Relaxed);
    }

    /// One run that ended by itself; `failure` is its first error.
    pub(crate) fn record(&self, duration: Duration, failure: Option<String>) {
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        self.last_micros.store(micros, Ordering::Relaxed);
        self.total_micros.fetch_add(micros, Ordering::Relaxed);
        match failure {
            None => {
                self.succeeded.fetch_add(1, Ordering::Relaxed);
                if self.has_error.swap(false, Ordering::Relaxed) {
                    self.set_error(None);
                }
            }
            Some(error) => {
                self.failed.fetch_add(1, Ordering::Relaxed);
                self.set_error(Some(error));
                self.has_error.store(true, Ordering::Relaxed);
            }
        }
    }

    /// One run that was stopped; by a limit, if there is a reason.
    pub(crate) fn record_abort(&self, reason: Option<String>) {
        self.aborted.fetch_add(1, Ordering::Relaxed);
        if let Some(reason) = reason {
            self.set_error(Some(reason));
            self.has_error.store(true, Ordering::Relaxed);
        }
    }

    /// Everything as if it had never run.
    pub(crate) fn clear(&self) {
        let counters = [
            &self.triggered,
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

    fn set_error(&self, error: Option<String>) {
        *self
            .last_error
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = error;
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        let succeeded = self.succeeded.load(Ordering::Relaxed);
        let failed = self.failed.load(Ordering::Relaxed);
        let total_millis = self.total_micros.load(Ordering::Relaxed) / 1000;
        let runs = succeeded + failed;
        #[allow(clippy::cast_precision_loss, reason = "an average in milliseconds")]
        let average_millis = if runs == 0 {
            0.0
        } else {
            total_millis as f64 / runs as f64
        };
        Snapshot {
            triggered: self.triggered.load(Ordering::Relaxed),
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

    #[test]
    fn a_success_clears_the_last_error() {
        let stats = Stats::default();
        stats.record_trigger();
        stats.record(Duration::from_millis(30), Some("boom".into()));
        assert_eq!(stats.snapshot().last_error.as_deref(), Some("boom"));
        stats.record_trigger();
        stats.record(Duration::from_millis(10), None);
        let now = stats.snapshot();
        assert_eq!((now.triggered, now.succeeded, now.failed), (2, 1, 1));
        assert_eq!((now.last_millis, now.total_millis), (10, 40));
        assert!((now.average_millis - 20.0).abs() < f64::EPSILON);
        assert_eq!(now.last_error, None);
    }
}
