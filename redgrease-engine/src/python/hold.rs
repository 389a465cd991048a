//! Python that holds the server's lock, so that no client is served: a sync call, the body of a script, an `atomic()` block.
//!
//! One thread at a time holds the lock, so there is one record of it. It costs a few stores per call: the thread that watches
//! limits measures the time itself.

use super::errors::GearsError;
use super::interrupt::{Force, RunningThread, interrupt_attached};
use super::{Gil, Ledger, MemoryBudget, attached};
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU8, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What holds the lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holder {
    /// A sync call, or the body of a script. It has a budget of memory of its own.
    Call,
    /// The script of a stored session, which runs while the server loads.
    Restored,
    /// A part of an execution, which ends as the execution does.
    Execution,
}

/// A number that is odd while Python holds the lock, and another one each time.
static TURN: AtomicU64 = AtomicU64::new(0);
static HOLDER: AtomicU8 = AtomicU8::new(0);
static THREAD: RunningThread = RunningThread::new();
/// The turn that has exceeded its budget of memory, and the limit.
static OVER_MEMORY: AtomicU64 = AtomicU64::new(0);
static OVER_LIMIT: AtomicU64 = AtomicU64::new(0);
/// The turn that was stopped.
static STOPPED: AtomicU64 = AtomicU64::new(0);
/// The number of turns that were stopped since the server last looked at its clients: the calls of one pipeline, of one
/// transaction, or the handlers of one key event.
static STOPPED_IN_A_ROW: AtomicU32 = AtomicU32::new(0);
/// The limit that stopped it, as a text for the client.
static REASON: Mutex<Option<String>> = Mutex::new(None);
/// The holder runs on the server's main thread, which is the one that Python handles signals on.
static ON_MAIN: AtomicBool = AtomicBool::new(false);
/// `pthread_t` does not fit an atomic everywhere; the kernel's number of the thread does.
static MAIN_THREAD: AtomicI32 = AtomicI32::new(0);

thread_local! {
/// The turn that this thread has begun; 0 if none. It has ended if the thread has lost the server's lock and another one has
    /// begun a turn.
    static OWN_TURN: Cell<u64> = const { Cell::new(0) };
    /// The budget of the calls of this thread.
    static MEMORY: Cell<Option<Arc<MemoryBudget>>> = const { Cell::new(None) };
}

fn is_odd(turn: u64) -> bool {
    turn & 1 == 1
}

/// Begins a turn of this thread. Returns `false` if the thread is in a turn already, which goes on.
///
/// The thread holds the server's lock and the interpreter's.
pub(crate) fn begin_hold(py: Gil<'_>, holder: Holder) -> bool {
    if OWN_TURN.get() != 0 && OWN_TURN.get() == TURN.load(Ordering::Relaxed) {
        return false;
    }
    HOLDER.store(holder as u8, Ordering::Relaxed);
    ON_MAIN.store(super::attach::is_main(), Ordering::Relaxed);
    THREAD.enter(py);
    // Only threads with the server's lock store the number.
    let turn = TURN.load(Ordering::Relaxed);
    let turn = turn.wrapping_add(if is_odd(turn) { 2 } else { 1 });
    OWN_TURN.set(turn);
    TURN.store(turn, Ordering::Release);
    true
}

/// `true` if this thread has begun a turn.
pub(crate) fn holds() -> bool {
    OWN_TURN.get() != 0
}

/// Ends the turn of a thread that ends itself.
pub(crate) fn forget_hold() {
    end_own_turn();
}

/// Ends the turn that this thread has begun.
pub(crate) fn end_hold(py: Gil<'_>) {
    if end_own_turn() {
        THREAD.leave(py);
    }
}

/// Returns `false` if this thread has begun no turn, or if another thread has begun one since.
fn end_own_turn() -> bool {
    let turn = OWN_TURN.replace(0);
    let next = turn.wrapping_add(1);
    turn != 0
        && TURN
            .compare_exchange(turn, next, Ordering::Release, Ordering::Relaxed)
            .is_ok()
}

/// Runs `body` as a sync call, with a budget of so many bytes. Returns the limit that stopped it, as a text for the client:
/// `too_much` makes the one for the memory. What the call leaves behind belongs to `session`.
///
/// A call inside of another one belongs to the outer one.
pub(crate) fn hold<R>(
    py: Gil<'_>,
    holder: Holder,
    memory: Option<u64>,
    session: Option<&Arc<Ledger>>,
    too_much: fn(u64) -> String,
    body: impl FnOnce() -> R,
) -> (R, Option<String>) {
    struct End<'py>(Gil<'py>);
    impl Drop for End<'_> {
        fn drop(&mut self) {
            end_hold(self.0);
        }
    }
    if !begin_hold(py, holder) {
        return (body(), None);
    }
    let turn = TURN.load(Ordering::Relaxed);
    let end = End(py);
    let budget = budget(memory);
    budget.is_of_turn(turn);
    budget.charge_session(session);
    let outcome = budget.pay(body);
    drop(end);
    let stopped = STOPPED.load(Ordering::Acquire) == turn;
    let reason = stopped
        .then(|| REASON.lock().unwrap_or_else(PoisonError::into_inner).take())
        .flatten();
    let reason = reason.or_else(|| budget.exceeded().map(too_much));
    MEMORY.set(Some(budget));
    (outcome, reason)
}

/// A budget for a call. That of the last call is used again, unless a thread that the call has started goes on with it.
fn budget(limit: Option<u64>) -> Arc<MemoryBudget> {
    match MEMORY.take() {
        Some(budget) if Arc::strong_count(&budget) == 1 => {
            budget.begin(limit);
            budget
        }
        _ => Arc::new(MemoryBudget::new(limit)),
    }
}

/// The budget of a turn was exceeded. Takes no memory and no lock.
pub(super) fn over_memory(turn: u64, limit: u64) {
    // The budget may be that of a thread which a call has left behind.
    if turn != 0 && turn == TURN.load(Ordering::Relaxed) {
        OVER_LIMIT.store(limit, Ordering::Relaxed);
        OVER_MEMORY.store(turn, Ordering::Release);
    }
}

/// The number of turns that were stopped in a row, while the server could not look at its clients.
#[inline]
pub(crate) fn stopped_in_a_row() -> u32 {
    STOPPED_IN_A_ROW.load(Ordering::Relaxed)
}

/// The server looks at its clients.
pub(super) fn row_ends() {
    if stopped_in_a_row() != 0 {
        STOPPED_IN_A_ROW.store(0, Ordering::Relaxed);
    }
}

/// A turn, as the watching thread sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Turn {
    number: u64,
    pub(crate) holder: Holder,
}

impl Turn {
    /// The turn of this moment.
    pub(crate) fn current() -> Option<Turn> {
        let number = TURN.load(Ordering::Acquire);
        let holder = match HOLDER.load(Ordering::Relaxed) {
            0 => Holder::Call,
            1 => Holder::Restored,
            _ => Holder::Execution,
        };
        is_odd(number).then_some(Turn { number, holder })
    }

    /// `true` if the turn has not ended.
    pub(crate) fn goes_on(self) -> bool {
        TURN.load(Ordering::Acquire) == self.number
    }

    /// The number that the operating system has for the thread, if the turn goes on.
    pub(crate) fn thread(self) -> Option<i32> {
        THREAD.number().filter(|_| self.goes_on())
    }

    /// The call has taken more memory than this limit.
    pub(crate) fn exceed_memory(self, limit: u64) {
        over_memory(self.number, limit);
    }

    /// The limit of memory that the call has exceeded.
    pub(crate) fn over_memory(self) -> Option<u64> {
        let is_over = OVER_MEMORY.load(Ordering::Acquire) == self.number;
        is_over.then(|| OVER_LIMIT.load(Ordering::Relaxed))
    }

    /// `true` if `other` runs on the thread of the turn.
    pub(crate) fn is_of(self, other: &RunningThread) -> bool {
        THREAD.is_on_thread_of(other) && self.goes_on()
    }

    /// Remembers the limit that stops the turn. [`Turn::interrupt`] interrupts it.
    pub(crate) fn stop(self, reason: String) {
        *REASON.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason);
        STOPPED.store(self.number, Ordering::Release);
        if super::attach::turn_of_loop().is_some() {
            STOPPED_IN_A_ROW.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Raises `gears.forcestopped` in the thread. Returns `false` if the turn has ended. Waits for the interpreter's lock.
    pub(crate) fn interrupt(self, force: Force) -> bool {
        attached(|py| self.goes_on() && interrupt_attached(py, &THREAD, force))
    }

    /// Wakes the thread if it waits inside of a system call, or runs C code that looks for signals. Needs no lock. Does
    /// nothing on other threads than the main thread: Python handles signals there only.
    pub(crate) fn wake(self) {
        let main = MAIN_THREAD.load(Ordering::Relaxed);
        if main != 0 && ON_MAIN.load(Ordering::Relaxed) && self.goes_on() {
            // SAFETY: the main thread lives as long as the process, and the process handles the signal. A signal that comes
            // too late does nothing: see `woken`.
            unsafe { signal_thread(main) };
        }
    }
}

/// The signal that wakes the main thread. Its default is to be ignored, neither the servers nor Python use it.
const SIGNAL: i32 = libc::SIGURG;

/// Allows [`Turn::wake`] to wake this thread, which is the main thread. Returns the number of the signal for that.
pub(super) fn wake_with_signals() -> i32 {
    #[cfg(target_os = "linux")]
    // SAFETY: has no preconditions.
    MAIN_THREAD.store(unsafe { libc::gettid() }, Ordering::Relaxed);
    SIGNAL
}

/// # Safety
/// `thread` is a live thread of this process.
#[cfg(target_os = "linux")]
unsafe fn signal_thread(thread: i32) {
    // SAFETY: as the caller's.
    unsafe { libc::syscall(libc::SYS_tgkill, libc::getpid(), thread, SIGNAL) };
}

#[cfg(not(target_os = "linux"))]
unsafe fn signal_thread(_thread: i32) {}

/// The handler of the signal that wakes the main thread. Raises `gears.forcestopped` if the turn of this thread was stopped.
#[pyfunction]
#[pyo3(signature = (*arguments))]
pub(crate) fn woken(arguments: &Bound<'_, PyTuple>) -> PyResult<()> {
    if holds() && STOPPED.load(Ordering::Acquire) == OWN_TURN.get() {
        let stopped = GearsError::force_stopped(arguments.py());
        return Err(PyErr::from_type(stopped, ()));
    }
    Ok(())
}
