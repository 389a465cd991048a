//! Stopping Python that runs on another thread.

use super::errors::GearsError;
use super::{Gil, attached, namespace};
use pyo3::ffi;
use pyo3::types::PyAnyMethods;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Which thread runs an execution right now; 0 is none. Read and written by holders of the
/// interpreter only, so that an exception is never raised in whatever the thread does next.
#[derive(Debug, Default)]
pub(crate) struct RunningThread {
    thread: AtomicU64,
    interrupted: AtomicBool,
}

impl RunningThread {
    /// The calling thread begins.
    pub(crate) fn enter(&self, _: Gil<'_>) {
        // SAFETY: has no preconditions.
        let thread = unsafe { ffi::PyThread_get_thread_ident() };
        self.thread.store(thread, Ordering::Relaxed);
    }

    /// The calling thread is done; an interruption that has not arrived yet arrives here.
    ///
    /// It could be taken back, with a null exception in its place. But versions of Python up to
    /// 3.12 then go on looking for an exception until there is one, in every loop and call of every
    /// thread, and never come back from looking where calls are traced.
    pub(crate) fn leave(&self, py: Gil<'_>) {
        self.thread.store(0, Ordering::Relaxed);
        if self.interrupted.swap(false, Ordering::Relaxed) {
            // Calling a function is what lets it arrive.
            let _ = namespace::runtime(py, "_be_interrupted").and_then(|wait| wait.call0());
        }
    }
}

/// Raises `gears.forcestopped` in the thread, if it still runs: `false` if not. Waits for the
/// interpreter: not for the main thread.
pub(crate) fn interrupt(running: &RunningThread) -> bool {
    attached(|py| {
        let thread = running.thread.load(Ordering::Relaxed);
        let runs = thread != 0;
        if runs {
            running.interrupted.store(true, Ordering::Relaxed);
            let exception = GearsError::force_stopped(py);
            // SAFETY: the interpreter is held, so the thread is where `enter` said.
            unsafe { ffi::PyThreadState_SetAsyncExc(thread.cast_signed(), exception.as_ptr()) };
        }
        runs
    })
}
