//! Budgets for the memory that gears take.

use super::hold;
use super::ledger::Ledger;
use super::memory::{in_use, own};
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicPtr, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::Thread;

/// A request of at least this many bytes is refused when it exceeds a budget, as if the system had no memory left.
///
/// A smaller request is granted, and the execution is stopped a little later: Python handles a refused large request
/// everywhere, but not every refused small one.
const LARGE: i64 = 64 << 10;

/// The value of a budget without a limit.
const NO_LIMIT: i64 = i64::MAX;

thread_local! {
    /// The budget that is charged for the memory of this thread; null if there is no budget.
    static CHARGED: Cell<*const MemoryBudget> = const { Cell::new(std::ptr::null()) };
}

/// A limit for the memory that some Python code may take, with the memory that the engine and the server take for it.
///
/// The limit is approximate. Python takes memory for small objects one arena at a time, and the whole arena is charged
/// to the thread that happened to need it. Memory that another thread frees is not credited. So a budget is exceeded only
/// if the gears of the server together use as much.
#[derive(Debug)]
pub(crate) struct MemoryBudget {
    /// Bytes.
    limit: AtomicI64,
    spent: AtomicI64,
    /// The memory of the server that the commands of the code have taken.
    grown: AtomicI64,
    /// The memory that was taken past the allocators of Python, as far as it is known.
    elsewhere: AtomicI64,
    /// The memory of the server before the first of these commands.
    server_before: AtomicI64,
    exceeded: AtomicBool,
    /// The turn of the sync call or script that has the budget (see `hold.rs`); 0 for an execution.
    turn: AtomicU64,
    /// The ledger of the session, which the budget holds a count of; null if there is none.
    ledger: AtomicPtr<Ledger>,
}

impl Drop for MemoryBudget {
    fn drop(&mut self) {
        self.give_ledger(std::ptr::null_mut());
    }
}

impl Default for MemoryBudget {
    fn default() -> MemoryBudget {
        MemoryBudget::without_limit()
    }
}

impl MemoryBudget {
    pub(crate) const fn without_limit() -> MemoryBudget {
        MemoryBudget {
            limit: AtomicI64::new(NO_LIMIT),
            spent: AtomicI64::new(0),
            grown: AtomicI64::new(0),
            elsewhere: AtomicI64::new(0),
            server_before: AtomicI64::new(0),
            exceeded: AtomicBool::new(false),
            turn: AtomicU64::new(0),
            ledger: AtomicPtr::new(std::ptr::null_mut()),
        }
    }

    pub(crate) fn new(limit: Option<u64>) -> MemoryBudget {
        let budget = MemoryBudget::without_limit();
        budget.begin(limit);
        budget
    }

    /// The budget is that of a sync call or script from now on.
    pub(super) fn is_of_turn(&self, turn: u64) {
        self.turn.store(turn, Ordering::Relaxed);
    }

    /// The budget of a call of a session.
    pub(crate) fn of_session(limit: Option<u64>, ledger: Option<&Arc<Ledger>>) -> MemoryBudget {
        let budget = MemoryBudget::new(limit);
        budget.charge_session(ledger);
        budget
    }

    /// The memory that is taken under the budget belongs to a session from now on.
    #[inline]
    pub(super) fn charge_session(&self, ledger: Option<&Arc<Ledger>>) {
        let new = ledger.map_or(std::ptr::null(), Arc::as_ptr);
        // Most calls are of the same session as the one before.
        if self.ledger.load(Ordering::Relaxed).cast_const() != new {
            let new = ledger.map_or(std::ptr::null(), |ledger| Arc::into_raw(Arc::clone(ledger)));
            self.give_ledger(new.cast_mut());
        }
    }

    /// Takes over the count of `new`.
    fn give_ledger(&self, new: *mut Ledger) {
        let old = self.ledger.swap(new, Ordering::AcqRel);
        if !old.is_null() {
            // SAFETY: the pointer came from an `Arc` whose count it holds, and has been taken out.
            drop(unsafe { Arc::from_raw(old) });
        }
    }

    /// The ledger of the session that is charged.
    pub(super) fn ledger(&self) -> Option<Arc<Ledger>> {
        let ledger = self.ledger.load(Ordering::Acquire).cast_const();
        if ledger.is_null() {
            return None;
        }
        // SAFETY: the budget holds a count of the pointer. It is exchanged only while no other thread charges the budget: see
        // `hold.rs`.
        unsafe {
            Arc::increment_strong_count(ledger);
            Some(Arc::from_raw(ledger))
        }
    }

    /// The memory that the code has taken and not given back, in bytes, as far as it is known.
    pub(crate) fn spent(&self) -> i64 {
        self.spent.load(Ordering::Relaxed).max(0)
    }

    /// Begins anew, with this limit.
    pub(super) fn begin(&self, limit: Option<u64>) {
        let limit = limit.map_or(NO_LIMIT, |bytes| i64::try_from(bytes).unwrap_or(NO_LIMIT));
        self.limit.store(limit, Ordering::Relaxed);
        self.spent.store(0, Ordering::Relaxed);
        self.grown.store(0, Ordering::Relaxed);
        self.elsewhere.store(0, Ordering::Relaxed);
        self.server_before.store(0, Ordering::Relaxed);
        self.exceeded.store(false, Ordering::Relaxed);
    }

    fn limit(&self) -> Option<i64> {
        Some(self.limit.load(Ordering::Relaxed)).filter(|&limit| limit != NO_LIMIT)
    }

    /// The limit, if it was exceeded.
    pub(crate) fn exceeded(&self) -> Option<u64> {
        if !self.exceeded.load(Ordering::Relaxed) {
            return None;
        }
        self.limit().map(|limit| u64::try_from(limit).unwrap_or(0))
    }

    /// Runs `body`, and charges this budget for the memory that this thread takes meanwhile.
    #[inline]
    pub(crate) fn pay<R>(self: &Arc<Self>, body: impl FnOnce() -> R) -> R {
        if self.limit().is_none() {
            return body();
        }
        charging(Arc::as_ptr(self), body)
    }

    /// So much memory was taken past the allocators of Python, in bytes.
    pub(crate) fn took_elsewhere(&self, bytes: i64) {
        self.elsewhere.store(bytes, Ordering::Relaxed);
        if bytes > 0 {
            self.is_over(self.spent.load(Ordering::Relaxed), 0);
        }
    }

    /// Charges the budget. `false` if the request must be refused.
    fn take(&self, bytes: i64) -> bool {
        let spent = self.spent.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if !self.is_over(spent, bytes) || bytes < LARGE {
            return true;
        }
        self.spent.fetch_sub(bytes, Ordering::Relaxed);
        false
    }

    /// The memory that the session uses, or all gears if there is no session.
    fn in_use(&self) -> i64 {
        let ledger = self.ledger.load(Ordering::Acquire).cast_const();
        // SAFETY: as in `ledger`.
        match unsafe { ledger.as_ref() } {
            Some(ledger) => ledger.balance().saturating_add(own()),
            None => in_use(),
        }
    }

    /// `true` if the code may take so many bytes more.
    fn has_room_for(&self, more: i64) -> bool {
        let Some(limit) = self.limit() else {
            return true;
        };
        let grown = self.grown.load(Ordering::Relaxed) + self.elsewhere.load(Ordering::Relaxed);
        let used = self.spent.load(Ordering::Relaxed).min(self.in_use());
        used.saturating_add(grown).saturating_add(more) <= limit
    }

    /// `true` if the code takes too much memory. Remembers that, and wakes the thread that stops it. `pending` bytes of what it
    /// has spent have not been taken yet.
    fn is_over(&self, spent: i64, pending: i64) -> bool {
        let Some(limit) = self.limit() else {
            return false;
        };
        let grown = self.grown.load(Ordering::Relaxed) + self.elsewhere.load(Ordering::Relaxed);
        let used = spent.min(self.in_use().saturating_add(pending));
        if spent.saturating_add(grown) <= limit || used.saturating_add(grown) <= limit {
            return false;
        }
        if !self.exceeded.swap(true, Ordering::Relaxed) {
            hold::over_memory(
                self.turn.load(Ordering::Relaxed),
                u64::try_from(limit).unwrap_or(0),
            );
            EXCEEDED.store(true, Ordering::Relaxed);
            if let Some(watching) = WATCHING.get() {
                // Takes no memory and no lock: this may run inside of an allocation.
                watching.unpark();
            }
        }
        true
    }
}

/// Runs `body`, and charges the budget meanwhile, or none if the pointer is null.
#[inline]
fn charging<R>(budget: *const MemoryBudget, body: impl FnOnce() -> R) -> R {
    struct Restore(*const MemoryBudget);
    impl Drop for Restore {
        fn drop(&mut self) {
            CHARGED.set(self.0);
        }
    }
    let _restore = Restore(CHARGED.replace(budget));
    body()
}

/// Runs `body` without a budget: what it does is for others, too.
pub(super) fn without_budget<R>(body: impl FnOnce() -> R) -> R {
    charging(std::ptr::null(), body)
}

/// The budget of this thread, for a thread or coroutine that goes on with the work.
pub(super) fn shared() -> Option<Arc<MemoryBudget>> {
    let budget = CHARGED.get();
    if budget.is_null() {
        return None;
    }
    // SAFETY: the pointer is that of an `Arc`, which `pay` borrows for as long as the pointer is set. The count is increased
    // for the value that is made here.
    Some(unsafe {
        Arc::increment_strong_count(budget);
        Arc::from_raw(budget)
    })
}

/// A budget was exceeded since the last look.
static EXCEEDED: AtomicBool = AtomicBool::new(false);

/// `true` if a budget was exceeded since the last call.
pub(crate) fn budgets_were_exceeded() -> bool {
    EXCEEDED.swap(false, Ordering::Relaxed)
}

/// The thread that stops code that has exceeded its budget.
static WATCHING: OnceLock<Thread> = OnceLock::new();

/// This thread is unparked from now on when a budget is exceeded.
pub(crate) fn watch_budgets() {
    let _ = WATCHING.set(std::thread::current());
}

/// The budget of this thread.
fn charged() -> Option<&'static MemoryBudget> {
    let budget = CHARGED.get();
    // SAFETY: `pay` borrows the budget for as long as the pointer is set, and the pointer belongs to this thread. The
    // reference is used by the functions of this file only, which do not keep it.
    (!budget.is_null()).then(|| unsafe { &*budget })
}

/// The session that this thread takes memory for.
pub(super) fn owner() -> Option<Arc<Ledger>> {
    charged()?.ledger()
}

/// What this thread takes belongs to a session from now on. No other thread may have the budget of this thread.
pub(crate) fn charge_session(ledger: &Arc<Ledger>) {
    if let Some(budget) = charged() {
        budget.charge_session(Some(ledger));
    }
}

/// Charges the budget of this thread for a request. `false` if the request must be refused.
pub(super) fn may_grow(bytes: usize) -> bool {
    charged().is_none_or(|budget| budget.take(i64::try_from(bytes).unwrap_or(i64::MAX)))
}

/// Charges the budget of this thread for memory that it has taken already, or credits it.
pub(super) fn charge(bytes: isize) {
    if let Some(budget) = charged() {
        let bytes = bytes as i64;
        let spent = budget.spent.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if bytes > 0 {
            budget.is_over(spent, 0);
        }
    }
}

/// Credits the budget of this thread with memory that was freed.
pub(super) fn gave_back(bytes: usize) {
    charge(-bytes.cast_signed());
}

/// The error for code that has exceeded the budget of this thread, or that would with `more` bytes. `None` if it may go on.
pub(crate) fn over_budget(more: usize) -> Option<u64> {
    let budget = charged()?;
    let more = i64::try_from(more).unwrap_or(i64::MAX);
    if more >= LARGE {
        let spent = budget.spent.load(Ordering::Relaxed);
        budget.is_over(spent.saturating_add(more), more);
    }
    budget.exceeded()
}

/// `true` if the budget of this thread has room for so many bytes more.
pub(crate) fn may_take(more: usize) -> bool {
    let more = i64::try_from(more).unwrap_or(i64::MAX);
    charged().is_none_or(|budget| budget.has_room_for(more))
}

/// Charges the budget of this thread for the memory that a command has left in the server. `before` and `after` are the
/// memory of the server, and `passing` bytes of the difference are freed soon.
pub(crate) fn server_grew(before: usize, after: usize, passing: usize) {
    let Some(budget) = charged() else { return };
    let before = before.cast_signed() as i64;
    let after = after.cast_signed() as i64;
    let first = budget
        .server_before
        .compare_exchange(0, before, Ordering::Relaxed, Ordering::Relaxed)
        .unwrap_or_else(|first| first);
    let first = if first == 0 { before } else { first };
    let growth = after - before - passing.cast_signed() as i64;
    // Memory that comes and goes, such as the buffer for the AOF, is in the sum but not in the memory of the server.
    let sum = budget.grown.load(Ordering::Relaxed) + growth;
    let sum = sum.min(after - first).max(0);
    budget.grown.store(sum, Ordering::Relaxed);
    if growth > 0 {
        budget.is_over(budget.spent.load(Ordering::Relaxed), 0);
    }
}

#[cfg(test)]
mod tests;
