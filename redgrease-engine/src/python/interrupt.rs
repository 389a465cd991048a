//! Interrupts Python code that runs on another thread.

use super::child::{self, end_child};
use super::child_signals;
use super::errors::GearsError;
use super::{Gil, attached, handed_on, hold, insistence, namespace};
use pyo3::ffi;
use pyo3::prelude::*;
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering};

/// The thread that runs an execution at the moment.
///
/// The fields are written only under the interpreter's lock. So an exception is never raised in the code that the thread runs
/// after the execution.
#[derive(Debug, Default)]
pub(crate) struct RunningThread {
    /// The identifier that Python has for the thread; 0 if no thread runs the execution.
    thread: AtomicU64,
    /// The number that the operating system has for the thread.
    number: AtomicI32,
    /// The thread was interrupted, and the exception may not have been raised yet.
    interrupted: AtomicBool,
}

/// The number that the operating system has for this thread; 0 if it does not tell.
fn own_number() -> i32 {
    thread_local! {
        static NUMBER: Cell<i32> = const { Cell::new(0) };
    }
    if NUMBER.get() == 0 {
        #[cfg(target_os = "linux")]
        // SAFETY: has no preconditions.
        NUMBER.set(unsafe { libc::gettid() });
    }
    NUMBER.get()
}

/// How hard an interruption tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Force {
    /// One exception, which the code may catch.
    Once,
    /// The exception is raised again in every line that catches it.
    Insist,
}

impl RunningThread {
    pub(super) const fn new() -> RunningThread {
        RunningThread {
            thread: AtomicU64::new(0),
            number: AtomicI32::new(0),
            interrupted: AtomicBool::new(false),
        }
    }

    /// The calling thread begins to run the execution.
    pub(crate) fn enter(&self, _: Gil<'_>) {
        // SAFETY: has no preconditions.
        let thread = unsafe { ffi::PyThread_get_thread_ident() };
        self.thread.store(thread, Ordering::Relaxed);
        self.number.store(own_number(), Ordering::Relaxed);
    }

    /// The calling thread no longer runs the execution. A pending interruption is raised and dropped here.
    ///
    /// Python can take an interruption back when a null exception replaces it. But versions of Python up to 3.12 then
    /// look for an exception in every loop and call of every thread until there is one, and hang where calls are
    /// traced.
    pub(crate) fn leave(&self, py: Gil<'_>) {
        end_child();
        self.thread.store(0, Ordering::Relaxed);
        if self.interrupted.load(Ordering::Relaxed) {
            self.interrupted.store(false, Ordering::Relaxed);
            insistence::stop(py);
            // Python raises a pending exception when it runs code, so run some.
            let _ = namespace::runtime(py, "_be_interrupted").and_then(|wait| wait.call0());
            // That exception may have been one that insists.
            insistence::stop(py);
        }
    }

    /// The number that the operating system has for the thread. `None` if no thread runs the execution.
    pub(crate) fn number(&self) -> Option<i32> {
        let runs = self.thread.load(Ordering::Relaxed) != 0;
        runs.then(|| self.number.load(Ordering::Relaxed))
    }

    /// `true` if both run on the same thread.
    pub(crate) fn is_on_thread_of(&self, other: &RunningThread) -> bool {
        let thread = self.thread.load(Ordering::Relaxed);
        thread != 0 && thread == other.thread.load(Ordering::Relaxed)
    }
}

/// Raises `gears.forcestopped` in the thread that runs an execution. Returns `false` if no thread runs it.
///
/// Waits for the interpreter's lock, so the main thread must not call it.
pub(crate) fn interrupt(running: &RunningThread, force: Force) -> bool {
    attached(|py| interrupt_attached(py, running, force))
}

pub(super) fn interrupt_attached(py: Gil<'_>, running: &RunningThread, force: Force) -> bool {
    let thread = running.thread.load(Ordering::Relaxed);
    let runs = thread != 0;
    if runs {
        running.interrupted.store(true, Ordering::Relaxed);
        let exception = match force {
            Force::Once => GearsError::force_stopped(py),
            Force::Insist => insistence::exception(py),
        };
        // SAFETY: this thread holds the interpreter's lock, so the other thread cannot leave the execution
        // meanwhile.
        unsafe { ffi::PyThreadState_SetAsyncExc(thread.cast_signed(), exception.as_ptr()) };
    }
    runs
}

/// Adds the functions that interruptions call in the interrupted thread.
pub(crate) fn add_native_functions(native: &Bound<'_, PyModule>) -> PyResult<()> {
    native.add_function(wrap_pyfunction!(insistence::insist, native)?)?;
    native.add_function(wrap_pyfunction!(child::forked, native)?)?;
    native.add_function(wrap_pyfunction!(child_signals::before_fork, native)?)?;
    native.add_function(wrap_pyfunction!(child_signals::after_fork, native)?)?;
    native.add_function(wrap_pyfunction!(hold::woken, native)?)?;
    handed_on::add_to(native)
}
