//! Threads that run work which a gear has handed on: those that the Python of gears starts, and those of pools and event
//! loops.
//!
//! They pay with the budget of memory of the gear, also when the gear has ended.

use super::{Gil, Ledger, MemoryBudget, RunningThread};
use pyo3::PyResult;
use pyo3::exceptions::PyRuntimeError;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A thread that runs work which a gear has started.
#[derive(Debug)]
pub(crate) struct GearThread {
    running: RunningThread,
    budget: Arc<MemoryBudget>,
    /// That of the session of the gear.
    ledger: Option<Arc<Ledger>>,
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
            ledger: budget.ledger(),
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

/// Refuses another thread of a session when it has as many as it leaves free for others. So one session has half of all at most.
pub(super) fn may_start(of: Option<&Arc<Ledger>>) -> PyResult<()> {
    let threads = threads();
    let free = MOST_THREADS.saturating_sub(threads.len());
    // The usual case needs no look at the list.
    if threads.len() < free {
        return Ok(());
    }
    let sessions = threads.iter().map(|thread| session(thread.ledger.as_ref()));
    refusal(session(of), sessions).map_or(Ok(()), |why| Err(PyRuntimeError::new_err(why)))
}

/// The name of a session. An empty one if the code belongs to no session.
fn session(ledger: Option<&Arc<Ledger>>) -> &str {
    ledger.map_or("", |ledger| ledger.session())
}

/// Why the session `own` gets no other thread, if so many threads of these sessions run.
fn refusal<'a>(own: &str, running: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut of_sessions = BTreeMap::new();
    for name in running {
        *of_sessions.entry(name).or_insert(0_usize) += 1;
    }
    let of_own = of_sessions.remove(own).unwrap_or(0);
    let free = MOST_THREADS.saturating_sub(of_own + of_sessions.values().sum::<usize>());
    if of_own < free {
        return None;
    }
    let most = of_sessions.iter().max_by_key(|(_, threads)| **threads);
    let most = most.map_or_else(String::new, |(name, threads)| {
        format!(" (the session '{name}' has {threads})")
    });
    Some(format!(
        "can't start new thread: the session '{own}' has {of_own} threads, and {free} of the {MOST_THREADS} that gears can have are \
         free{most}; a session leaves as many free for others as it has: end threads and `join` them, or use one ThreadPoolExecutor"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sessions start threads in turns, until all are refused. Returns how many each one has.
    fn given(sessions: &[&'static str], before: &[(&'static str, usize)]) -> Vec<usize> {
        let mut running: Vec<&str> = before
            .iter()
            .flat_map(|&(name, threads)| vec![name; threads])
            .collect();
        loop {
            let begun = running.len();
            for name in sessions {
                if refusal(name, running.iter().copied()).is_none() {
                    running.push(name);
                }
            }
            if running.len() == begun {
                let of = |name| running.iter().filter(|one| **one == name).count();
                return sessions.iter().map(|name| of(*name)).collect();
            }
        }
    }

    #[test]
    fn a_session_leaves_as_many_threads_as_it_has() {
        assert_eq!(given(&["a"], &[]), [500]);
        assert_eq!(given(&["b"], &[("a", 500)]), [250]);
        assert_eq!(given(&["a", "b"], &[]), [334, 333]);
        assert_eq!(given(&["c"], &[("a", 500), ("b", 250)]), [125]);
    }

    #[test]
    fn the_refusal_says_who_has_how_many_and_what_to_do() {
        let running = || [vec!["b"; 300], vec!["a"; 350], vec!["c"; 1]].concat();
        let why = refusal("a", running().into_iter()).unwrap();
        let told = "can't start new thread: the session 'a' has 350 threads, and 349 of the 1000 that gears can have are free (the session 'b' has 300)";
        assert!(
            why.starts_with(told) && why.contains("ThreadPoolExecutor"),
            "{why}"
        );
        let why = refusal("d", vec!["b"; 1000].into_iter()).unwrap();
        assert!(
            why.contains("'d' has 0 threads, and 0 of") && why.contains("'b' has 1000"),
            "{why}"
        );
    }
}
