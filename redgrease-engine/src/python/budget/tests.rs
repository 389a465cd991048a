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
    let budget = Arc::new(MemoryBudget::new(Some(4 * MEGABYTE)));
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
    let budget = Arc::new(MemoryBudget::new(Some(16 * MEGABYTE)));
    with_python(|py| budget.pay(|| megabytes(py, 8).map(drop).unwrap()));
    assert_eq!(budget.exceeded(), None);
}

#[test]
fn freed_memory_can_be_taken_again() {
    let budget = Arc::new(MemoryBudget::new(Some(16 * MEGABYTE)));
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
    let budget = Arc::new(MemoryBudget::new(Some(16 * MEGABYTE)));
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
    let _used = with_python(|py| megabytes(py, 4).unwrap().unbind());
    let budget = Arc::new(MemoryBudget::new(Some(10)));
    assert!(budget.take(10));
    assert_eq!(budget.exceeded(), None);
    assert!(budget.take(LARGE - 1));
    assert_eq!(budget.exceeded(), Some(10));
    assert!(!budget.take(LARGE));
}

#[test]
fn a_budget_without_a_limit_is_never_exceeded() {
    let budget = Arc::new(MemoryBudget::new(None));
    budget.pay(|| {
        assert!(CHARGED.get().is_null());
        assert!(may_grow(usize::MAX));
    });
    assert!(budget.take(i64::MAX));
    assert_eq!(budget.exceeded(), None);
}

#[test]
fn a_limit_beyond_the_largest_number_is_none() {
    let budget = Arc::new(MemoryBudget::new(Some(u64::MAX)));
    assert_eq!(budget.limit(), None);
}

#[test]
fn the_inner_budget_is_charged_alone() {
    let outer = Arc::new(MemoryBudget::new(Some(MEGABYTE)));
    let inner = Arc::new(MemoryBudget::new(Some(MEGABYTE)));
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
    let _used = with_python(|py| megabytes(py, 4).unwrap().unbind());
    let budget = Arc::new(MemoryBudget::new(Some(1)));
    budget.pay(|| {
        std::thread::scope(|scope| {
            scope.spawn(|| assert!(may_grow(usize::MAX)));
        });
        assert!(!may_grow(3 << 20));
    });
    assert!(may_grow(usize::MAX));
}

#[test]
fn memory_that_others_have_freed_is_no_reason_to_stop() {
    let budget = Arc::new(MemoryBudget::new(Some(1 << 40)));
    // More than all gears use together.
    for _ in 0..4 {
        assert!(budget.take(1 << 39));
    }
    assert_eq!(budget.exceeded(), None);
}

#[test]
fn memory_that_commands_leave_in_the_server_counts() {
    let budget = Arc::new(MemoryBudget::new(Some(1000)));
    budget.pay(|| {
        server_grew(5_000, 5_900, 0);
        assert_eq!(over_budget(0), None);
        server_grew(5_900, 6_100, 200);
        assert_eq!(over_budget(0), None, "a reply is freed soon");
        server_grew(6_000, 5_000, 0);
        server_grew(5_000, 5_900, 0);
        assert_eq!(over_budget(0), None, "what was deleted is credited");
        server_grew(5_900, 6_100, 0);
        assert_eq!(over_budget(0), Some(1000));
    });
}

#[test]
fn memory_of_the_server_that_comes_and_goes_does_not_count() {
    let budget = Arc::new(MemoryBudget::new(Some(1000)));
    budget.pay(|| {
        // The server frees the buffer of the AOF between the commands.
        for _ in 0..10 {
            server_grew(5_000, 5_900, 0);
        }
        assert_eq!(over_budget(0), None);
    });
}

#[test]
fn a_large_request_is_refused_before_it_is_made() {
    let budget = Arc::new(MemoryBudget::new(Some(MEGABYTE)));
    assert_eq!(over_budget(usize::MAX), None, "no budget");
    // Memory that all gears together use.
    let _used = with_python(|py| megabytes(py, 4).unwrap().unbind());
    budget.pay(|| {
        assert_eq!(over_budget(1000), None);
        assert_eq!(over_budget(3 << 20), Some(MEGABYTE));
    });
}

#[test]
fn a_panic_ends_the_payment() {
    let budget = Arc::new(MemoryBudget::new(Some(1)));
    let panicked = std::panic::catch_unwind(|| budget.pay(|| panic!("on purpose")));
    assert!(panicked.is_err());
    assert!(CHARGED.get().is_null());
}
