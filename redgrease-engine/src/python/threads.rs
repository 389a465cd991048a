//! Threads that run work which a gear has handed on: those that the Python of gears starts, and those of pools and event
//! loops.
//!
//! They pay with the budget of memory of the gear, also when the gear has ended.

use super::{Gil, MemoryBudget, RunningThread};
use pyo3::PyResult;
use pyo3::exceptions::PyRuntimeError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A thread that runs work which a gear has started.
#[derive(Debug)]
pub(crate) struct GearThread {
    running: RunningThread,
    budget: Arc<MemoryBudget>,
    /// The thread is being interrupted.
    stopping: AtomicBool,
}

impl GearThread {
    pub(crate) fn running(&self) -> &RunningThread {
        &self.running
    }

    pub(crate) fn budget(&self) -> &Arc<MemoryBudget> {
        &self.budget
    }
}

static THREADS: Mutex<Vec<Arc<GearThread>>> = Mutex::new(Vec::new());

fn threads() -> MutexGuard<'static, Vec<Arc<GearThread>>> {
    THREADS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The threads that run now.
pub(crate) fn gear_threads() -> Vec<Arc<GearThread>> {
    threads().clone()
}

/// The threads whose budget was exceeded since the last call, with the limit of each.
pub(crate) fn threads_over_budget() -> Vec<(Arc<GearThread>, u64)> {
    let threads = threads();
    let over = threads.iter().filter_map(|thread| {
        let limit = thread.budget.exceeded()?;
        let is_new = !thread.stopping.swap(true, Ordering::Relaxed);
        is_new.then(|| (Arc::clone(thread), limit))
    });
    over.collect()
}

/// The entry of this thread in the list, while the value lives.
pub(super) struct Entered<'py> {
    py: Gil<'py>,
    thread: Arc<GearThread>,
}

impl<'py> Entered<'py> {
    pub(super) fn enter(py: Gil<'py>, budget: &Arc<MemoryBudget>) -> Entered<'py> {
        let thread = Arc::new(GearThread {
            running: RunningThread::default(),
            budget: Arc::clone(budget),
            stopping: AtomicBool::new(false),
        });
        thread.running.enter(py);
        threads().push(Arc::clone(&thread));
        Entered { py, thread }
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        // Before this thread runs other Python: an interruption must not hit that.
        self.thread.running.leave(self.py);
        threads().retain(|one| !Arc::ptr_eq(one, &self.thread));
    }
}

/// So many threads of gears may run at the same time. More would take the threads of the whole machine, and all threads take turns
/// with the interpreter.
const MOST_THREADS: usize = 1000;

/// Refuses another thread when too many run.
pub(super) fn may_start() -> PyResult<()> {
    if threads().len() < MOST_THREADS {
        return Ok(());
    }
    Err(PyRuntimeError::new_err(format!(
        "can't start new thread: gears can have at most {MOST_THREADS} threads at the same time: wait for the end of others, or use a ThreadPoolExecutor"
    )))
}
