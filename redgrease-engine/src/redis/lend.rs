//! The server's lock, lent for a block of commands.
//!
//! The thread that has taken a mutex has to release it, and the thread of an `atomic()` block may be stuck in C code. So another
//! thread, the keeper, takes the server's lock and lends it. The borrower keeps the lock with [`keep`] for each command. When the
//! time of the loan is over, the keeper gives the lock back to the server, and `keep` finds nothing any more.
//!
//! Keeper and borrower spin for a moment before they sleep, because most blocks are short.

use super::hold::{self, Hold, Patience};
use super::lock::{self, LockGuard, NeverFree};
use std::cell::Cell;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// What the keeper does.
mod phase {
    /// Nothing.
    pub(super) const FREE: u32 = 0;
    /// A borrower writes its request.
    pub(super) const CLAIMED: u32 = 1;
    /// The keeper takes the server's lock for the borrower.
    pub(super) const ASKED: u32 = 2;
    /// The borrower no longer wants the lock.
    pub(super) const WITHDRAWN: u32 = 3;
    /// The lock is lent, or its time is over and the keeper gives it back.
    pub(super) const LENT: u32 = 4;
    /// The borrower has returned the lock.
    pub(super) const RETURNED: u32 = 5;
}

/// How often a thread looks before it sleeps: some microseconds.
const LOOKS: u32 = 400;
/// How long a borrower sleeps between two looks at its patience.
const NAP: Duration = Duration::from_millis(1);

static KEEPER: Keeper = Keeper {
    phase: AtomicU32::new(phase::FREE),
    request: Mutex::new(Request {
        number: 0,
        borrower: None,
        limit: None,
    }),
    loan: Mutex::new(0),
    waiting: AtomicUsize::new(0),
    queue: Mutex::new(()),
    is_free: Condvar::new(),
};

struct Keeper {
    phase: AtomicU32,
    request: Mutex<Request>,
    /// The number of the loan; 0 if there is none. Locked while the borrower uses the server's lock.
    loan: Mutex<u64>,
    /// The number of threads that wait for the keeper.
    waiting: AtomicUsize,
    queue: Mutex<()>,
    is_free: Condvar,
}

struct Request {
    /// The number that the loan will have.
    number: u64,
    borrower: Option<Thread>,
    limit: Option<Duration>,
}

thread_local! {
    /// The loan of this thread; 0 if it has none. The loan may have ended.
    static LOAN: Cell<u64> = const { Cell::new(0) };
}

/// The server's lock, lent to this thread. The thread gives it back when the value is dropped.
#[derive(Debug)]
pub(crate) struct Loan {
    number: u64,
    hold: Option<Hold>,
    /// The lock itself, if the system refuses the keeper's thread. Such a loan has no limit.
    own: Option<LockGuard>,
}

impl Loan {
    /// Borrows the lock, for no longer than `limit`. The caller holds neither the lock nor the interpreter.
    ///
    /// # Errors
    /// If the lock will never be free.
    pub(crate) fn borrow(limit: Option<Duration>) -> Result<Loan, NeverFree> {
        let mut patience = Patience::new();
        KEEPER.claim(&mut patience)?;
        let Some(thread) = keeper_thread() else {
            KEEPER.is_free_again();
            let own = Some(LockGuard::acquire_patiently()?);
            let hold = Some(Hold::begin());
            return Ok(Loan {
                number: 0,
                hold,
                own,
            });
        };
        let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
        *KEEPER.request() = Request {
            number,
            borrower: Some(thread::current()),
            limit,
        };
        KEEPER.phase.store(phase::ASKED, Ordering::Release);
        thread.unpark();
        KEEPER.wait_until_lent(&mut patience)?;
        LOAN.set(number);
        let hold = keep().map(|_kept| Hold::begin());
        Ok(Loan {
            number,
            hold,
            own: None,
        })
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        if self.own.is_some() {
            self.hold = None;
            return;
        }
        LOAN.set(0);
        let mut loan = KEEPER.loan();
        // Before the keeper can lend the lock again.
        self.hold = None;
        if *loan == self.number {
            *loan = 0;
            drop(loan);
            KEEPER.phase.store(phase::RETURNED, Ordering::Release);
            if let Some(thread) = THREAD.get() {
                thread.unpark();
            }
        }
    }
}

/// The server's lock, which this thread holds for as long as the value lives.
#[derive(Debug)]
pub(crate) struct Kept {
    /// `None` if the thread holds the lock for longer.
    loan: Option<MutexGuard<'static, u64>>,
}

/// Keeps the server's lock if this thread holds or has borrowed it. `None` if it does neither: then the caller must release the
/// interpreter before it takes the lock.
pub(crate) fn keep() -> Option<Kept> {
    if lock::is_locked() {
        return Some(Kept { loan: None });
    }
    let loan = borrowed()?;
    lock::set_current(true);
    Some(Kept { loan: Some(loan) })
}

/// The loan of this thread, which does not end while the guard lives.
pub(super) fn borrowed() -> Option<MutexGuard<'static, u64>> {
    let number = LOAN.get();
    if number == 0 {
        return None;
    }
    // The keeper holds the mutex for a moment only, so the thread may hold the interpreter.
    Some(KEEPER.loan()).filter(|loan| **loan == number)
}

impl Drop for Kept {
    fn drop(&mut self) {
        if self.loan.is_some() {
            lock::set_current(false);
        }
    }
}

/// The number of the next loan.
static NUMBERS: AtomicU64 = AtomicU64::new(1);
static THREAD: OnceLock<Thread> = OnceLock::new();

/// The keeper's thread, which lives as long as the process. Called by the one thread that has claimed the keeper. `None` if the
/// system refuses the thread.
fn keeper_thread() -> Option<&'static Thread> {
    if THREAD.get().is_none() {
        let started = thread::Builder::new().name("rg-keeper".into()).spawn(|| {
            loop {
                KEEPER.serve();
            }
        });
        if let Ok(handle) = started {
            let _ = THREAD.set(handle.thread().clone());
        }
    }
    THREAD.get()
}

/// Looks for a moment whether something is so.
fn looks(is_so: impl Fn() -> bool) -> bool {
    for _ in 0..LOOKS {
        if is_so() {
            return true;
        }
        std::hint::spin_loop();
    }
    false
}

impl Keeper {
    fn request(&self) -> MutexGuard<'_, Request> {
        self.request.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn loan(&self) -> MutexGuard<'_, u64> {
        self.loan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_in(&self, phase: u32) -> bool {
        self.phase.load(Ordering::Acquire) == phase
    }

    fn goes(&self, from: u32, to: u32) -> bool {
        self.phase
            .compare_exchange(from, to, Ordering::AcqRel, Ordering::Relaxed)
            .is_ok()
    }

    /// Waits until the keeper serves this thread next.
    fn claim(&self, patience: &mut Patience) -> Result<(), NeverFree> {
        if self.goes(phase::FREE, phase::CLAIMED) {
            return Ok(());
        }
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let outcome = loop {
            if self.goes(phase::FREE, phase::CLAIMED) {
                break Ok(());
            }
            if patience.is_at_its_end() {
                break Err(NeverFree);
            }
            let (woken, _) = self
                .is_free
                .wait_timeout(queue, NAP)
                .unwrap_or_else(PoisonError::into_inner);
            queue = woken;
        };
        drop(queue);
        self.waiting.fetch_sub(1, Ordering::SeqCst);
        outcome
    }

    fn wait_until_lent(&self, patience: &mut Patience) -> Result<(), NeverFree> {
        if looks(|| self.is_in(phase::LENT)) {
            return Ok(());
        }
        while !self.is_in(phase::LENT) {
            if patience.is_at_its_end() && self.goes(phase::ASKED, phase::WITHDRAWN) {
                return Err(NeverFree);
            }
            thread::park_timeout(NAP);
        }
        Ok(())
    }

    /// Lends the lock once, on the keeper's thread.
    fn serve(&self) {
        let is_asked = || self.is_in(phase::ASKED) || self.is_in(phase::WITHDRAWN);
        if !looks(is_asked) {
            while !is_asked() {
                thread::park();
            }
        }
        let guard = LockGuard::acquire();
        let (number, limit) = {
            let request = self.request();
            (request.number, request.limit)
        };
        *self.loan() = number;
        if self.goes(phase::ASKED, phase::LENT) {
            if let Some(borrower) = self.request().borrower.take() {
                borrower.unpark();
            }
            self.wait_for_return(number, limit);
        } else {
            *self.loan() = 0;
        }
        drop(guard);
        self.is_free_again();
    }

    fn is_free_again(&self) {
        self.phase.store(phase::FREE, Ordering::SeqCst);
        if self.waiting.load(Ordering::SeqCst) > 0 {
            drop(self.queue.lock().unwrap_or_else(PoisonError::into_inner));
            self.is_free.notify_one();
        }
    }

    /// Waits until the borrower has returned the lock, or until its time is over.
    fn wait_for_return(&self, number: u64, limit: Option<Duration>) {
        if looks(|| self.is_in(phase::RETURNED)) {
            return;
        }
        let until = limit.map(|limit| Instant::now() + limit);
        while !self.is_in(phase::RETURNED) {
            let Some(until) = until else {
                thread::park();
                continue;
            };
            let left = until.saturating_duration_since(Instant::now());
            if !left.is_zero() {
                thread::park_timeout(left);
                continue;
            }
            // Waits for the end of a command of the borrower.
            let mut loan = self.loan();
            if *loan == number {
                *loan = 0;
                hold::end_of_another();
                return;
            }
        }
    }
}
