//! The signals of a child process that a gear makes with `os.fork()`.
//!
//! The server handles the signals that end a process, and those of a crash: its handlers note that the server shall end, or write a
//! report and remove the server's files. A child has a copy of these handlers, and nobody in it reads what they note, so the
//! child would ignore SIGTERM. It gets what a Python program has: each signal does what the system says, except SIGPIPE and
//! SIGXFSZ, which Python ignores.
//!
//! Signals for the child wait from before the fork until its handlers are replaced: else the handlers of the server would take a
//! signal that comes at once.

use pyo3::prelude::*;
use std::cell::Cell;
use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::ptr;

/// The signal that interrupts a gear on the main thread. It cannot wait: another thread may hold a lock that the fork needs.
const NEVER_WAITS: c_int = libc::SIGURG;

/// Signals that Python ignores in each of its programs.
const IGNORED: [c_int; 2] = [libc::SIGPIPE, libc::SIGXFSZ];

/// Signals that the server itself ignores.
const IGNORED_BY_SERVER: [c_int; 2] = [libc::SIGHUP, libc::SIGALRM];

/// The greatest number of a signal that programs may use.
const GREATEST: c_int = 64;

thread_local! {
    /// The signals that this thread blocked before it began to fork. `None` if it does not fork.
    static BLOCKED: Cell<Option<libc::sigset_t>> = const { Cell::new(None) };
}

/// Called by Python before a thread forks.
#[pyfunction]
pub(crate) fn before_fork() {
    // SAFETY: the system fills each set before it is read, and the numbers are those of signals.
    let before = unsafe {
        let mut waiting = MaybeUninit::uninit();
        libc::sigfillset(waiting.as_mut_ptr());
        libc::sigdelset(waiting.as_mut_ptr(), NEVER_WAITS);
        let mut before = MaybeUninit::uninit();
        let outcome = libc::pthread_sigmask(libc::SIG_BLOCK, waiting.as_ptr(), before.as_mut_ptr());
        (outcome == 0).then(|| before.assume_init())
    };
    BLOCKED.set(before);
}

/// Called by Python in the server when the thread has forked, or could not fork.
#[pyfunction]
pub(crate) fn after_fork() {
    if let Some(before) = BLOCKED.take() {
        // SAFETY: the set is one that the system has filled.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const before, ptr::null_mut()) };
    }
}

/// Called in the child: replaces the handlers of the server, then lets the signals come that have waited.
pub(super) fn give_back(py: Python<'_>) {
    let replaced: Vec<(c_int, libc::sighandler_t)> = (1..=GREATEST)
        .filter_map(|number| Some((number, wanted(number)?)))
        .filter(|(number, wanted)| set(*number, *wanted))
        .collect();
    // Python has a table of handlers of its own, which `signal.getsignal` reads. The function of `signal` is not for gears.
    if let Ok(change) = py.import("_signal").and_then(|it| it.getattr("signal")) {
        for (number, wanted) in replaced {
            // Both constants have the same value in Python. A signal that Python does not know is not in its table.
            let _ = change.call1((number, wanted));
        }
    }
    after_fork();
}

/// What a signal shall do in the child. `None` if that is what it does.
fn wanted(number: c_int) -> Option<libc::sighandler_t> {
    let wanted = if IGNORED.contains(&number) {
        libc::SIG_IGN
    } else {
        libc::SIG_DFL
    };
    let current = handler(number)?;
    // Others are ignored if the program that started the server wants that.
    let is_kept = current == libc::SIG_IGN && !IGNORED_BY_SERVER.contains(&number);
    (current != wanted && !is_kept).then_some(wanted)
}

/// The handler of a signal. `None` for signals that the C library keeps for itself.
fn handler(number: c_int) -> Option<libc::sighandler_t> {
    let mut current = MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: the system fills the structure, which is read only then.
    unsafe {
        let outcome = libc::sigaction(number, ptr::null(), current.as_mut_ptr());
        (outcome == 0).then(|| current.assume_init().sa_sigaction)
    }
}

fn set(number: c_int, wanted: libc::sighandler_t) -> bool {
    // SAFETY: both handlers, to ignore a signal and the system's own, are always valid.
    unsafe { libc::signal(number, wanted) != libc::SIG_ERR }
}
