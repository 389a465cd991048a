//! Interrupts Python code that runs on another thread.

use super::errors::GearsError;
use super::{Gil, attached, namespace};
use pyo3::ffi;
use pyo3::types::PyAnyMethods;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// The thread that runs an execution at the moment.
///
/// The fields are read and written only under the interpreter's lock. So an exception is never raised in the code that
/// the thread runs after the execution.
#[derive(Debug, Default)]
pub(crate) struct RunningThread {
    /// The identifier that Python has for the thread; 0 if no thread runs the execution.
    thread: AtomicU64,
    /// The thread was interrupted, and the exception may not have been raised yet.
    interrupted: AtomicBool,
}

impl RunningThread {
    /// The calling thread begins to run the execution.
    pub(crate) fn enter(&self, _: Gil<'_>) {
        // SAFETY: has no preconditions.
        let thread = unsafe { ffi::PyThread_get_thread_ident() };
        self.thread.store(thread, Ordering::Relaxed);
    }

    /// The calling thread no longer runs the execution. A pending interruption is raised and dropped here.
    ///
    /// Python can take an interruption back when a null exception replaces it. But versions of Python up to 3.12 then
    /// look for an exception in every loop and call of every thread until there is one, and hang where calls are
    /// traced.
    pub(crate) fn leave(&self, py: Gil<'_>) {
        self.thread.store(0, Ordering::Relaxed);
        if self.interrupted.swap(false, Ordering::Relaxed) {
            // Python raises a pending exception when it runs code, so run some.
            let _ = namespace::runtime(py, "_be_interrupted").and_then(|wait| wait.call0());
        }
    }
}

/// Raises `gears.forcestopped` in the thread that runs an execution. Returns `false` if no thread runs it.
///
/// Waits for the interpreter's lock, so the main thread must not call it.
pub(crate) fn interrupt(running: &RunningThread) -> bool {
    attached(|py| {
        let thread = running.thread.load(Ordering::Relaxed);
        let runs = thread != 0;
        if runs {
            running.interrupted.store(true, Ordering::Relaxed);
            let exception = GearsError::force_stopped(py);
            // SAFETY: this thread holds the interpreter's lock, so the other thread cannot leave the execution
            // meanwhile.
            unsafe { ffi::PyThreadState_SetAsyncExc(thread.cast_signed(), exception.as_ptr()) };
        }
        runs
    })
}
