//! Stopping Python that runs on another thread.

use super::errors::GearsError;
use super::{Gil, attached};
use pyo3::ffi;
use std::sync::atomic::{AtomicU64, Ordering};

/// Which thread runs an execution right now; 0 is none. Read and written by holders of the
/// interpreter only, so that an exception is never raised in whatever the thread does next.
#[derive(Debug, Default)]
pub(crate) struct RunningThread(AtomicU64);

impl RunningThread {
    /// The calling thread begins.
    pub(crate) fn enter(&self, _: Gil<'_>) {
        // SAFETY: has no preconditions.
        self.0.store(
            unsafe { ffi::PyThread_get_thread_ident() },
            Ordering::Relaxed,
        );
    }

    /// The calling thread is done; an interruption that has not arrived yet is taken back.
    pub(crate) fn leave(&self, _: Gil<'_>) {
        let thread = self.0.swap(0, Ordering::Relaxed);
        // SAFETY: the interpreter is held; a null exception clears a pending one.
        unsafe { ffi::PyThreadState_SetAsyncExc(thread.cast_signed(), std::ptr::null_mut()) };
    }
}

/// Raises `gears.forcestopped` in the thread, if it still runs: `false` if not. Waits for the
/// interpreter: not for the main thread.
pub(crate) fn interrupt(running: &RunningThread) -> bool {
    attached(|py| {
        let thread = running.0.load(Ordering::Relaxed);
        let runs = thread != 0;
        if runs {
            let exception = GearsError::force_stopped(py);
            // SAFETY: the interpreter is held, so the thread is where `enter` said.
            unsafe { ffi::PyThreadState_SetAsyncExc(thread.cast_signed(), exception.as_ptr()) };
        }
        runs
    })
}
