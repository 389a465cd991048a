//! Taking and giving back the interpreter's lock.
//!
//! On the main thread it is kept ("sticky") from the first callback of an event-loop turn until
//! the server is about to sleep: a pipeline of sync triggers pays for it once. It is kept only
//! between the server's `AFTER_SLEEP` and `BEFORE_SLEEP` events: a callback that runs after the latter
//! (a client that was unblocked, say) gives it back at once, because the server would otherwise
//! sleep with it, and wait for its own lock with it: a dead-lock with a gear that has that lock.

use pyo3::{Python, ffi};
use std::cell::Cell;
use std::ptr;

thread_local! {
    static MAIN: MainThread = const { MainThread {
        is_main: Cell::new(false),
        state: Cell::new(ptr::null_mut()),
        held: Cell::new(false),
        sticky: Cell::new(false),
    } };
}

struct MainThread {
    is_main: Cell<bool>,
    /// The main thread's Python state while it does not hold the interpreter.
    state: Cell<*mut ffi::PyThreadState>,
    held: Cell<bool>,
    sticky: Cell<bool>,
}

/// Lets go of the interpreter that this thread has just started, and remembers it as the main one.
pub(super) fn release_after_start() {
    MAIN.with(|main| {
        main.is_main.set(true);
        // SAFETY: the thread that initialises the interpreter holds it.
        main.state.set(unsafe { ffi::PyEval_SaveThread() });
    });
}

/// The server has woken up and holds its lock.
pub(crate) fn after_sleep() {
    MAIN.with(|main| main.sticky.set(true));
}

/// The server is about to sleep and to release its lock.
pub(crate) fn before_sleep() {
    MAIN.with(|main| {
        main.sticky.set(false);
        release(main);
    });
}

fn release(main: &MainThread) {
    if main.held.replace(false) {
        // SAFETY: `held` says that this thread holds the interpreter.
        main.state.set(unsafe { ffi::PyEval_SaveThread() });
    }
}

/// Gives the main thread's hold back when the outermost user is done, unless it is kept.
struct MainGuard {
    outermost: bool,
}

impl Drop for MainGuard {
    fn drop(&mut self) {
        if self.outermost {
            MAIN.with(|main| {
                if !main.sticky.get() {
                    release(main);
                }
            });
        }
    }
}

/// Runs `body` with the interpreter. May be nested. Waiting for it while holding the server's
/// lock is fine; the other way round is not.
pub(crate) fn attached<R>(body: impl FnOnce(Python<'_>) -> R) -> R {
    let _main = hold_on_main();
    // Held already on the main thread, but PyO3 has to know: values that are dropped here are
    // freed here.
    Python::attach(body)
}

/// The same for the hot path of commands. On the main thread PyO3 is not told, which is a good
/// part of a short call: a [`super::Handle`] that is dropped in `body` is freed later, by the next
/// [`attached`]; objects in use are freed as always.
pub(crate) fn attached_for_a_call<R>(body: impl FnOnce(Python<'_>) -> R) -> R {
    match hold_on_main() {
        // SAFETY: the guard says that this thread holds the interpreter while it lives, and
        // `body` cannot keep the token.
        Some(_main) => body(unsafe { Python::assume_attached() }),
        None => Python::attach(body),
    }
}

/// Takes the interpreter if this is the main thread.
fn hold_on_main() -> Option<MainGuard> {
    MAIN.with(|main| {
        if !main.is_main.get() {
            return None;
        }
        let outermost = !main.held.get();
        if outermost {
            // SAFETY: the state was saved by this thread, which does not hold the interpreter.
            unsafe { ffi::PyEval_RestoreThread(main.state.get()) };
            main.held.set(true);
        }
        Some(MainGuard { outermost })
    })
}

/// Runs `body` without the interpreter, so that others can have it meanwhile. May be used inside
/// [`attached`] only.
pub(crate) fn detached<R: Send>(py: Python<'_>, body: impl FnOnce() -> R + Send) -> R {
    struct Held(bool);
    impl Drop for Held {
        fn drop(&mut self) {
            MAIN.with(|main| main.held.set(self.0));
        }
    }
    let _held = Held(MAIN.with(|main| main.held.replace(false)));
    py.detach(body)
}
