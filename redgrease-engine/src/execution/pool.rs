//! The worker threads.
//!
//! A worker takes one execution after the other while it holds the interpreter, and lets go of
//! it when there is none: many short gears share one change of hands.

use super::Execution;
use crate::python::{Gil, attached, detached};
use crate::redis::{Level, log};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// Gears may recurse: the main thread's stack has this size, too.
const STACK: usize = 8 << 20;

/// The queue has no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PoolFull;

/// The worker threads of this server.
pub(crate) fn pool() -> &'static Pool {
    static POOL: Pool = Pool::new();
    &POOL
}

#[derive(Debug)]
pub(crate) struct Pool {
    queue: Mutex<Queue>,
    work: Condvar,
    stopped: AtomicBool,
    replaced: AtomicUsize,
    refused: AtomicUsize,
}

#[derive(Debug)]
struct Queue {
    ready: VecDeque<Arc<Execution>>,
    idle: usize,
}

impl Pool {
    const fn new() -> Pool {
        Pool {
            queue: Mutex::new(Queue {
                ready: VecDeque::new(),
                idle: 0,
            }),
            work: Condvar::new(),
            stopped: AtomicBool::new(false),
            replaced: AtomicUsize::new(0),
            refused: AtomicUsize::new(0),
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts `count` workers of the engine's pool.
    pub(crate) fn start(&self, count: usize) -> Result<(), String> {
        for _ in 0..count {
            spawn().map_err(|failure| {
                format!("starting a worker thread failed: {failure}: raise the limit of threads")
            })?;
        }
        Ok(())
    }

    pub(super) fn push(&self, execution: Arc<Execution>) {
        let mut queue = self.queue();
        queue.ready.push_back(execution);
        let wake = queue.idle > 0;
        drop(queue);
        if wake {
            self.work.notify_one();
        }
    }

    fn take_now(&self) -> Option<Arc<Execution>> {
        self.queue().ready.pop_front()
    }

    fn wait(&self) -> Option<Arc<Execution>> {
        let mut queue = self.queue();
        loop {
            if self.stopped.load(Ordering::Relaxed) {
                return None;
            }
            if let Some(execution) = queue.ready.pop_front() {
                return Some(execution);
            }
            queue.idle += 1;
            queue = self
                .work
                .wait(queue)
                .unwrap_or_else(PoisonError::into_inner);
            queue.idle -= 1;
        }
    }

    /// No more executions are begun.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
        self.work.notify_all();
    }

    /// A thread does not come back: another one is started. The old one ends when it returns.
    pub(crate) fn replace_stuck_thread(&self) {
        self.replaced.fetch_add(1, Ordering::Relaxed);
        if let Err(failure) = spawn() {
            log(
                Level::Warning,
                &format!("a stuck thread could not be replaced: {failure}"),
            );
        }
    }

    /// Counts an execution that was refused because too many wait.
    pub(super) fn count_refusal(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    /// The number of executions that were refused since the start.
    pub(crate) fn refused(&self) -> usize {
        self.refused.load(Ordering::Relaxed)
    }

    /// How many threads were given up since the start.
    pub(crate) fn replaced_threads(&self) -> usize {
        self.replaced.load(Ordering::Relaxed)
    }

    /// How many executions wait for a worker.
    pub(crate) fn waiting(&self) -> usize {
        self.queue().ready.len()
    }
}

fn spawn() -> std::io::Result<()> {
    thread::Builder::new()
        .name("rg-worker".into())
        .stack_size(STACK)
        .spawn(|| attached(work))
        .map(drop)
}

fn work(py: Gil<'_>) {
    let pool = pool();
    loop {
        let next = pool.take_now().or_else(|| detached(py, || pool.wait()));
        let Some(execution) = next else { return };
        if pool.stopped.load(Ordering::Relaxed) || !execution.run(py) {
            return;
        }
    }
}
