//! Taking and releasing the interpreter's lock.
//!
//! The main thread keeps the lock ("sticky") from the first callback of an event loop turn until the server is about to
//! sleep, so that a pipeline of sync triggers takes the lock once.
//!
//! The main thread keeps the lock only between the server's events `AFTER_SLEEP` and `BEFORE_SLEEP`. A callback that
//! runs after `BEFORE_SLEEP`, such as that of an unblocked client, releases the lock at once. Otherwise the server
//! would sleep and then wait for its own lock while it holds the interpreter's: a deadlock with a gear that holds the
//! server's lock.

use super::hold::{Holder, begin_hold, end_hold};
use super::reach::Uses;
use pyo3::{Python, ffi};
use std::cell::Cell;
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};

thread_local! {
    /// This thread has the interpreter, and PyO3 knows it.
    static ATTACHED: Cell<bool> = const { Cell::new(false) };
    static MAIN: MainThread = const { MainThread {
        is_main: Cell::new(false),
        state: Cell::new(ptr::null_mut()),
        held: Cell::new(false),
        sticky: Cell::new(false),
    } };
}

/// The main thread's use of the interpreter. On all other threads `is_main` is `false`, and the rest is not used.
struct MainThread {
    is_main: Cell<bool>,
    /// The main thread's Python state while it does not hold the interpreter.
    state: Cell<*mut ffi::PyThreadState>,
    /// The main thread holds the interpreter's lock.
    held: Cell<bool>,
    /// The main thread keeps the lock when its outermost user has finished.
    sticky: Cell<bool>,
}

/// Releases the interpreter that this thread has just started, and makes this thread the main thread.
pub(super) fn release_after_start() {
    MAIN.with(|main| {
        main.is_main.set(true);
        // SAFETY: the thread that initialises the interpreter holds its lock.
        main.state.set(unsafe { ffi::PyEval_SaveThread() });
    });
}

/// `true` on the server's main thread.
pub(crate) fn is_main() -> bool {
    MAIN.with(|main| main.is_main.get())
}

/// `true` on the main thread while it holds the interpreter.
pub(super) fn main_holds() -> bool {
    MAIN.with(|main| main.held.get())
}

/// The number of times that the server has told of the end of a turn of its event loop.
static TURNS: AtomicU64 = AtomicU64::new(0);

/// The turn of the event loop. `None` if the server does not tell of its turns.
pub(crate) fn turn_of_loop() -> Option<u64> {
    Some(TURNS.load(Ordering::Relaxed)).filter(|&turns| turns != 0)
}

/// `true` if values that this thread drops are freed at once.
pub(super) fn is_attached() -> bool {
    ATTACHED.get()
}

/// Changes the answer of [`is_attached`] until the value is dropped.
struct SetAttached {
    before: bool,
}

impl SetAttached {
    fn to(attached: bool) -> SetAttached {
        SetAttached {
            before: ATTACHED.replace(attached),
        }
    }
}

impl Drop for SetAttached {
    fn drop(&mut self) {
        ATTACHED.set(self.before);
    }
}

/// Called when the server has woken up and holds its lock.
pub(crate) fn after_sleep() {
    MAIN.with(|main| main.sticky.set(true));
}

/// Called when the server is about to sleep and to release its lock.
pub(crate) fn before_sleep() {
    super::hold::row_ends();
    // Only the main thread adds.
    TURNS.store(TURNS.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    MAIN.with(|main| {
        main.sticky.set(false);
        release(main);
    });
}

/// Releases the interpreter's lock if the main thread holds it.
fn release(main: &MainThread) {
    if main.held.replace(false) {
        // SAFETY: `held` says that this thread holds the interpreter's lock.
        main.state.set(unsafe { ffi::PyEval_SaveThread() });
    }
}

/// Releases the main thread's lock when its outermost user has finished, unless the main thread keeps it.
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

/// Runs `body` with the interpreter's lock. May be nested.
///
/// A thread may wait for the interpreter while it holds the server's lock, but must not wait for the server's lock
/// while it holds the interpreter.
pub(crate) fn attached<R>(body: impl FnOnce(Python<'_>) -> R) -> R {
    let main = hold_on_main();
    let _uses = main.is_none().then(Uses::begin);
    if main.as_ref().is_some_and(|main| main.outermost) {
        free_dropped();
    }
    // The main thread holds the lock already, but PyO3 must know it: then values that are dropped here are freed here.
    Python::attach(|py| {
        let _attached = SetAttached::to(true);
        body(py)
    })
}

/// Frees what was dropped without the interpreter, on the main thread, which holds the interpreter. The destructors of Python have
/// the time of a call that holds up the server.
fn free_dropped() {
    // SAFETY: the caller holds the interpreter.
    let py = unsafe { Python::assume_attached() };
    if begin_hold(py, Holder::Execution) {
        // PyO3 frees it when it attaches.
        Python::attach(|_| ());
        end_hold(py);
    }
}

/// As [`attached`], for the hot path of commands.
///
/// PyO3 is not told that the main thread holds the lock, because telling it takes a good part of the time of a short
/// call. As a consequence, a [`super::Handle`] that is dropped in `body` is freed later.
pub(crate) fn attached_for_a_call<R>(body: impl FnOnce(Python<'_>) -> R) -> R {
    if let Some(_main) = hold_on_main() {
        // SAFETY: this thread holds the lock while the guard lives, and `body` cannot keep the token.
        body(unsafe { Python::assume_attached() })
    } else {
        let _uses = Uses::begin();
        Python::attach(|py| {
            let _attached = SetAttached::to(true);
            body(py)
        })
    }
}

/// Takes the lock if this is the main thread.
fn hold_on_main() -> Option<MainGuard> {
    MAIN.with(|main| {
        if !main.is_main.get() {
            return None;
        }
        let outermost = !main.held.get();
        if outermost {
            // SAFETY: this thread saved the state, and does not hold the lock now.
            unsafe { ffi::PyEval_RestoreThread(main.state.get()) };
            main.held.set(true);
        }
        Some(MainGuard { outermost })
    })
}

/// Runs `body` without the interpreter's lock, so that other threads can run Python meanwhile.
pub(crate) fn detached<R: Send>(py: Python<'_>, body: impl FnOnce() -> R + Send) -> R {
    struct RestoreHeld(bool);
    impl Drop for RestoreHeld {
        fn drop(&mut self) {
            MAIN.with(|main| main.held.set(self.0));
        }
    }
    let _restore = RestoreHeld(MAIN.with(|main| main.held.replace(false)));
    let _pause = (!is_main()).then(Uses::pause);
    let _detached = SetAttached::to(false);
    py.detach(body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{eval, with_python};
    use std::thread;

    /// Ends the use of the interpreter, also after a failed assertion: other tests wait for the lock.
    struct Release(ffi::PyGILState_STATE);

    impl Drop for Release {
        fn drop(&mut self) {
            before_sleep();
            // SAFETY: `release_after_start` or `release` saved the state, and this thread does not hold the lock.
            unsafe {
                ffi::PyEval_RestoreThread(MAIN.with(|main| main.state.get()));
                ffi::PyGILState_Release(self.0);
            }
        }
    }

    /// Runs `body` on a new thread that is the main thread to this file, as it is in a server after the start.
    fn on_main(body: impl FnOnce() + Send) {
        with_python(|_| ());
        thread::scope(|scope| {
            scope.spawn(|| {
                // SAFETY: the interpreter has been started. `Release` releases the lock.
                let _release = Release(unsafe { ffi::PyGILState_Ensure() });
                release_after_start();
                body();
            });
        });
    }

    fn is_held() -> bool {
        MAIN.with(|main| main.held.get())
    }

    /// Runs Python on another thread and waits for the thread.
    fn runs_elsewhere() {
        let other = thread::spawn(|| attached(|py| eval(py, "1 + 1").to_string()));
        assert_eq!(other.join().unwrap(), "2");
    }

    #[test]
    fn a_callback_outside_a_turn_releases_the_lock_at_once() {
        on_main(|| {
            assert!(!is_held());
            attached(|py| {
                assert!(is_held());
                assert_eq!(eval(py, "2").to_string(), "2");
            });
            assert!(!is_held());
            runs_elsewhere();
            attached_for_a_call(|_| assert!(is_held()));
            assert!(!is_held());
            runs_elsewhere();
        });
    }

    #[test]
    fn the_lock_is_kept_from_the_first_callback_of_a_turn_until_the_server_sleeps() {
        on_main(|| {
            after_sleep();
            assert!(!is_held(), "a turn without callbacks takes no lock");
            runs_elsewhere();
            attached_for_a_call(|py| assert_eq!(eval(py, "3").to_string(), "3"));
            assert!(is_held());
            attached(|py| assert_eq!(eval(py, "4").to_string(), "4"));
            assert!(is_held());
            before_sleep();
            assert!(!is_held());
            runs_elsewhere();
        });
    }

    #[test]
    fn a_callback_behind_the_end_of_a_turn_does_not_keep_the_lock() {
        on_main(|| {
            after_sleep();
            attached(|_| ());
            before_sleep();
            attached(|_| ());
            assert!(!is_held());
            runs_elsewhere();
        });
    }

    #[test]
    fn an_inner_callback_does_not_release_the_lock_of_the_outer_one() {
        on_main(|| {
            attached(|py| {
                attached_for_a_call(|_| ());
                attached(|_| ());
                assert!(is_held());
                assert_eq!(eval(py, "5").to_string(), "5");
            });
            assert!(!is_held());
        });
    }

    #[test]
    fn a_detached_main_thread_takes_the_lock_again_afterwards() {
        on_main(|| {
            after_sleep();
            attached(|py| {
                detached(py, || {
                    assert!(!is_held());
                    runs_elsewhere();
                });
                assert!(is_held());
                assert_eq!(eval(py, "6").to_string(), "6");
            });
            assert!(is_held());
        });
    }

    /// A command that a detached gear runs may end the turn of the main thread, or call Python again.
    #[test]
    fn a_callback_inside_a_detached_body_is_an_outermost_one() {
        on_main(|| {
            attached(|py| {
                detached(py, || {
                    attached(|py| assert_eq!(eval(py, "7").to_string(), "7"));
                    assert!(!is_held());
                    runs_elsewhere();
                });
                assert!(is_held());
            });
        });
    }
}
