//! Threads that the Python of gears starts, and other work that goes on after the gear: the tasks of thread pools, the
//! steps of background coroutines.
//!
//! They go on with the budget of memory of the gear that has started them, also when the gear has ended.

use super::budget::{shared, without_budget};
use super::{Gil, MemoryBudget, Object, RunningThread};
use pyo3::exceptions::PyMemoryError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
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

/// A function that pays with the budget of the gear that handed it on, whatever thread calls it.
#[pyclass(frozen, module = "redgrease_engine")]
#[derive(Debug)]
struct HandedOn {
    function: Py<PyAny>,
    budget: Arc<MemoryBudget>,
}

#[pymethods]
impl HandedOn {
    #[pyo3(signature = (*args, **kwargs))]
    fn __call__<'py>(
        &self,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Object<'py>> {
        let py = args.py();
        check(&self.budget)?;
        let _entered = Entered::enter(py, &self.budget);
        self.budget
            .pay(|| self.function.bind(py).call(args, kwargs))
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(self.function.bind(py).repr()?.to_string())
    }
}

fn check(budget: &MemoryBudget) -> PyResult<()> {
    match budget.exceeded() {
        None => Ok(()),
        Some(limit) => Err(PyMemoryError::new_err(format!(
            "the gear has taken more memory than ExecutionMaxMemory, {limit} bytes: it cannot start other work"
        ))),
    }
}

/// The entry of this thread in the list, while the value lives.
struct Entered<'py> {
    py: Gil<'py>,
    thread: Arc<GearThread>,
}

impl<'py> Entered<'py> {
    fn enter(py: Gil<'py>, budget: &Arc<MemoryBudget>) -> Entered<'py> {
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

/// `handed_on(function)`: the function, with the budget of the gear that calls this.
#[pyfunction]
fn handed_on<'py>(function: &Object<'py>) -> PyResult<Object<'py>> {
    let Some(budget) = shared() else {
        return Ok(function.clone());
    };
    if !function.is_callable() || function.is_instance_of::<HandedOn>() {
        return Ok(function.clone());
    }
    check(&budget)?;
    let handed_on = HandedOn {
        function: function.clone().unbind(),
        budget,
    };
    Ok(Bound::new(function.py(), handed_on)?.into_any())
}

/// `for_all(function, *args)`: calls a function that works for all gears, such as one that starts the threads of a pool.
#[pyfunction]
#[pyo3(signature = (function, *args))]
fn for_all<'py>(function: &Object<'py>, args: &Bound<'py, PyTuple>) -> PyResult<Object<'py>> {
    without_budget(|| function.call1(args))
}

/// Adds the functions that hand work on.
pub(super) fn add_to(native: &Bound<'_, PyModule>) -> PyResult<()> {
    native.add_function(wrap_pyfunction!(handed_on, native)?)?;
    native.add_function(wrap_pyfunction!(for_all, native)?)
}
