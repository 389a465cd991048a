//! Budgets for the memory of Python code.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

/// A request of at least this many bytes is refused when it exceeds a budget, as if the system had no memory left.
///
/// A smaller request is granted, and the execution is stopped a little later: Python handles a refused large request
/// everywhere, but not every refused small one.
const LARGE: i64 = 1 << 20;

thread_local! {
    /// The budget that is charged for the memory of this thread; null if there is no budget.
    static CHARGED: Cell<*const MemoryBudget> = const { Cell::new(std::ptr::null()) };
}

/// A limit for the memory that some Python code may take.
///
/// The limit is approximate. Python takes memory for small objects one arena at a time, and the whole arena is charged
/// to the thread that happened to need it.
#[derive(Debug, Default)]
pub(crate) struct MemoryBudget {
    /// Bytes; `None` is no limit.
    limit: Option<i64>,
    spent: AtomicI64,
    exceeded: AtomicBool,
}

impl MemoryBudget {
    pub(crate) fn new(limit: Option<u64>) -> MemoryBudget {
        MemoryBudget {
            limit: limit.map(|bytes| i64::try_from(bytes).unwrap_or(i64::MAX)),
            ..MemoryBudget::default()
        }
    }

    /// The limit, if it was exceeded.
    pub(crate) fn exceeded(&self) -> Option<u64> {
        let limit = self.limit?;
        self.exceeded
            .load(Ordering::Relaxed)
            .then(|| u64::try_from(limit).unwrap_or(0))
    }

    /// Runs `body`, and charges this budget for the memory that this thread takes meanwhile.
    pub(crate) fn pay<R>(&self, body: impl FnOnce() -> R) -> R {
        struct Restore(*const MemoryBudget);
        impl Drop for Restore {
            fn drop(&mut self) {
                CHARGED.set(self.0);
            }
        }
        if self.limit.is_none() {
            return body();
        }
        let _restore = Restore(CHARGED.replace(self));
        body()
    }

    /// Charges the budget. `false` if the request must be refused.
    fn take(&self, bytes: i64) -> bool {
        let Some(limit) = self.limit else { return true };
        let spent = self.spent.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if spent <= limit {
            return true;
        }
        self.exceeded.store(true, Ordering::Relaxed);
        if bytes < LARGE {
            return true;
        }
        self.spent.fetch_sub(bytes, Ordering::Relaxed);
        false
    }
}

/// Charges the budget of this thread for a request. `false` if the request must be refused.
pub(super) fn may_grow(bytes: usize) -> bool {
    let budget = CHARGED.get();
    // SAFETY: `pay` borrows the budget for as long as the pointer is set, and the pointer belongs to this thread.
    budget.is_null() || unsafe { (*budget).take(i64::try_from(bytes).unwrap_or(i64::MAX)) }
}

/// Credits the budget of this thread with memory that was freed.
pub(super) fn gave_back(bytes: usize) {
    let budget = CHARGED.get();
    if !budget.is_null() {
        // SAFETY: as in `may_grow`.
        let budget = unsafe { &*budget };
        budget
            .spent
            .fetch_sub(bytes.cast_signed() as i64, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::python::{Gil, Raised};
    use crate::testing::with_python;
    use pyo3::prelude::*;
    use pyo3::types::PyByteArray;

    const MEGABYTE: u64 = 1 << 20;

    /// Takes this many megabytes in one piece.
    fn megabytes(py: Gil<'_>, count: u64) -> Result<Bound<'_, PyAny>, Raised> {
        py.get_type::<PyByteArray>().call1((count * MEGABYTE,))
    }

    #[test]
    fn a_large_request_over_the_limit_is_refused() {
        let budget = MemoryBudget::new(Some(4 * MEGABYTE));
        with_python(|py| {
            let refused = budget.pay(|| megabytes(py, 8).unwrap_err());
            assert_eq!(
                refused.get_type(py).name().unwrap().to_string(),
                "MemoryError"
            );
        });
        assert_eq!(budget.exceeded(), Some(4 * MEGABYTE));
    }

    #[test]
    fn a_request_within_the_limit_is_granted() {
        let budget = MemoryBudget::new(Some(16 * MEGABYTE));
        with_python(|py| budget.pay(|| megabytes(py, 8).map(drop).unwrap()));
        assert_eq!(budget.exceeded(), None);
    }

    #[test]
    fn freed_memory_can_be_taken_again() {
        let budget = MemoryBudget::new(Some(16 * MEGABYTE));
        with_python(|py| {
            budget.pay(|| {
                for _ in 0..20 {
                    megabytes(py, 8).map(drop).unwrap();
                }
            });
        });
        assert_eq!(budget.exceeded(), None);
    }

    #[test]
    fn a_refused_request_is_not_charged() {
        let budget = MemoryBudget::new(Some(16 * MEGABYTE));
        with_python(|py| {
            budget.pay(|| {
                assert!(megabytes(py, 64).is_err());
                assert!(megabytes(py, 8).is_ok());
            });
        });
        assert!(budget.spent.load(Ordering::Relaxed) < 9 << 20);
    }

    #[test]
    fn a_small_request_over_the_limit_is_granted_and_noted() {
        let budget = MemoryBudget::new(Some(10));
        assert!(budget.take(10));
        assert_eq!(budget.exceeded(), None);
        assert!(budget.take(LARGE - 1));
        assert_eq!(budget.exceeded(), Some(10));
        assert!(!budget.take(LARGE));
    }

    #[test]
    fn a_budget_without_a_limit_is_never_exceeded() {
        let budget = MemoryBudget::new(None);
        budget.pay(|| {
            assert!(CHARGED.get().is_null());
            assert!(may_grow(usize::MAX));
        });
        assert!(budget.take(i64::MAX));
        assert_eq!(budget.exceeded(), None);
    }

    #[test]
    fn a_limit_beyond_the_largest_number_is_the_largest_number() {
        let budget = MemoryBudget::new(Some(u64::MAX));
        assert_eq!(budget.limit, Some(i64::MAX));
    }

    #[test]
    fn the_inner_budget_is_charged_alone() {
        let outer = MemoryBudget::new(Some(MEGABYTE));
        let inner = MemoryBudget::new(Some(MEGABYTE));
        outer.pay(|| {
            assert!(may_grow(100));
            inner.pay(|| assert!(may_grow(1000)));
            gave_back(30);
        });
        assert_eq!(outer.spent.load(Ordering::Relaxed), 70);
        assert_eq!(inner.spent.load(Ordering::Relaxed), 1000);
    }

    #[test]
    fn a_thread_without_a_budget_is_not_limited() {
        let budget = MemoryBudget::new(Some(1));
        budget.pay(|| {
            std::thread::scope(|scope| {
                scope.spawn(|| assert!(may_grow(usize::MAX)));
            });
            assert!(!may_grow(usize::MAX));
        });
        assert!(may_grow(usize::MAX));
    }

    #[test]
    fn a_panic_ends_the_payment() {
        let budget = MemoryBudget::new(Some(1));
        let panicked = std::panic::catch_unwind(|| budget.pay(|| panic!("on purpose")));
        assert!(panicked.is_err());
        assert!(CHARGED.get().is_null());
    }
}
