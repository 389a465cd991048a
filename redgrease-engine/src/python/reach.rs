//! Waiting for the interpreter for a bounded time.
//!
//! A thread that waits for the interpreter cannot give up. While it holds the server's lock, the server would be silent until the
//! C code of another gear ends. So another thread, the scout, waits in its place; when the scout has the interpreter, the C code
//! has ended, and the thread can take it.

use super::attach;
use pyo3::ffi;
use std::hint::spin_loop;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// The number of the newest question, and of the newest one that the scout has answered. The thread with the server's lock asks.
static ASKED: AtomicU64 = AtomicU64::new(0);
static ANSWERED: AtomicU64 = AtomicU64::new(0);
/// The newest question whose answer has reached its thread, which takes the interpreter now.
static TAKEN: AtomicU64 = AtomicU64::new(0);
static ASKING: Mutex<Option<Thread>> = Mutex::new(None);

/// Before Python 3.12, Python tells whether any thread has the interpreter.
static TELLS: AtomicBool = AtomicBool::new(false);
/// The number of threads of the engine that use the interpreter, besides the main thread.
static USERS: AtomicUsize = AtomicUsize::new(0);

pub(super) fn set_version(minor: u8) {
    TELLS.store(minor < 12, Ordering::Relaxed);
}

/// A thread of the engine that uses the interpreter, or has let go of it for a while.
#[derive(Debug)]
pub(super) struct Uses {
    on_drop: isize,
}

impl Uses {
    /// The thread uses the interpreter until the value is dropped.
    pub(super) fn begin() -> Uses {
        USERS.fetch_add(1, Ordering::Relaxed);
        Uses { on_drop: -1 }
    }

    /// The thread does without the interpreter until the value is dropped.
    pub(super) fn pause() -> Uses {
        USERS.fetch_sub(1, Ordering::Relaxed);
        Uses { on_drop: 1 }
    }
}

impl Drop for Uses {
    fn drop(&mut self) {
        if self.on_drop > 0 {
            USERS.fetch_add(1, Ordering::Relaxed);
        } else {
            USERS.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// `true` if no other thread is seen to use the interpreter.
fn is_free() -> bool {
    if TELLS.load(Ordering::Relaxed) {
        // SAFETY: reads one pointer, which any thread may do.
        unsafe { ffi::compat::PyThreadState_GetUnchecked().is_null() }
    } else {
        USERS.load(Ordering::Relaxed) == 0
    }
}

/// The answer of [`reach`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// The interpreter can be had at once, or nearly so.
    Free,
    /// It could not be had within the limit.
    TooLate,
    /// An earlier thread has waited in vain, and the interpreter has not been free since.
    StillTaken,
}

/// A machine that has no time for the server looks like C code that does not end. So the server must have worked for as long as the
/// limit, unless so many times the limit have passed.
const PATIENCE: u32 = 10;
/// How often the work of the server is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// Waits until this thread can have the interpreter. `limit` is the work of the server for which it waits. The thread holds the
/// server's lock.
#[inline]
pub(crate) fn reach(limit: Duration) -> Reach {
    // SAFETY: has no preconditions once the interpreter has been started.
    if attach::main_holds() || unsafe { ffi::PyGILState_Check() } == 1 || is_free() {
        return Reach::Free;
    }
    ask(limit)
}

#[cold]
fn ask(limit: Duration) -> Reach {
    let Some(scout) = scout() else {
        return Reach::Free;
    };
    let asked = ASKED.load(Ordering::Relaxed);
    if ANSWERED.load(Ordering::Acquire) != asked {
        return Reach::StillTaken;
    }
    *asking() = Some(thread::current());
    let question = asked + 1;
    ASKED.store(question, Ordering::Release);
    scout.unpark();
    let begun = Instant::now();
    let worked_before = work_of_process();
    while ANSWERED.load(Ordering::Acquire) != question {
        let elapsed = begun.elapsed();
        if let Some(left) = limit.checked_sub(elapsed).filter(|left| !left.is_zero()) {
            thread::park_timeout(left);
            continue;
        }
        let worked = work_of_process().saturating_sub(worked_before);
        if worked >= limit || elapsed >= limit * PATIENCE {
            return Reach::TooLate;
        }
        thread::park_timeout(LOOK);
    }
    TAKEN.store(question, Ordering::Release);
    Reach::Free
}

/// The time for which the threads of the process have worked.
fn work_of_process() -> Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the function writes the time to the value, which is a valid one.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    Duration::new(
        time.tv_sec.try_into().unwrap_or(0),
        time.tv_nsec.try_into().unwrap_or(0),
    )
}

fn asking() -> std::sync::MutexGuard<'static, Option<Thread>> {
    ASKING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The scout's thread. `None` if the system refuses it: then threads wait as long as it takes.
fn scout() -> Option<&'static Thread> {
    static SCOUT: OnceLock<Option<Thread>> = OnceLock::new();
    let started = SCOUT.get_or_init(|| {
        let started = thread::Builder::new().name("rg-scout".into()).spawn(|| {
            loop {
                look();
            }
        });
        started.ok().map(|handle| handle.thread().clone())
    });
    started.as_ref()
}

/// Answers one question.
fn look() {
    let question = ASKED.load(Ordering::Acquire);
    if ANSWERED.load(Ordering::Relaxed) == question {
        thread::park();
        return;
    }
    pyo3::Python::attach(|_| {
        ANSWERED.store(question, Ordering::Release);
        if let Some(thread) = asking().take() {
            thread.unpark();
        }
        // Keeps the interpreter until the thread waits for it, too: a gear that calls C code again and again would be faster.
        let begun = Instant::now();
        while TAKEN.load(Ordering::Acquire) != question && begun.elapsed() < LINGERS {
            spin_loop();
        }
        let begun = Instant::now();
        while begun.elapsed() < TAKES {
            spin_loop();
        }
    });
}

/// How long the scout keeps the interpreter for the thread at most, and how long that thread needs to get in line.
const LINGERS: Duration = Duration::from_millis(1);
const TAKES: Duration = Duration::from_micros(10);
