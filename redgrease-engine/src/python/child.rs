//! Child processes that a gear makes with `os.fork()`.
//!
//! A child has one thread, the one that called `fork`, and a copy of everything else: the server's data, its connections and its
//! files. It may run Python. It must neither run commands nor go on as a second server, so it ends where the gear ends.

use pyo3::prelude::*;
use std::sync::atomic::{AtomicBool, Ordering};

static IS_CHILD: AtomicBool = AtomicBool::new(false);

/// Called by Python in the child.
#[pyfunction]
pub(crate) fn forked() {
    IS_CHILD.store(true, Ordering::Relaxed);
}

/// `true` in a child process of a gear.
pub(crate) fn is_child() -> bool {
    IS_CHILD.load(Ordering::Relaxed)
}

/// Ends the process if it is a child. Called where the Python of a gear has ended.
#[inline]
pub(super) fn end_child() {
    if is_child() {
        // SAFETY: the process ends without running anything that belongs to the server.
        unsafe { libc::_exit(0) };
    }
}
