//! The worker threads.
//!
//! A worker keeps the interpreter while it runs one execution after the other, and releases it when the queue is empty.
//! Many short gears pay for one change of the interpreter's lock.

use super::Execution;
use super::watch::watch_limits;
use crate::config;
use crate::id::Id;
use crate::python::{Gil, attached, detached};
use crate::redis::{Level, log};
use std::collections::{HashSet, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// The size of a worker's stack, in bytes. It is that of the main thread, because gears may recurse.
const STACK: usize = 8 << 20;

/// Too many executions wait for a thread.
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
    additional: AtomicUsize,
}

#[derive(Debug)]
struct Queue {
    ready: VecDeque<Arc<Execution>>,
    idle: usize,
    /// The number of executions that workers have taken.
    taken: u64,
}

impl Queue {
    fn take(&mut self) -> Option<Arc<Execution>> {
        let first = self.ready.pop_front()?;
        self.taken += 1;
        Some(first)
    }
}

impl Pool {
    const fn new() -> Pool {
        Pool {
            queue: Mutex::new(Queue {
                ready: VecDeque::new(),
                idle: 0,
                taken: 0,
            }),
            work: Condvar::new(),
            stopped: AtomicBool::new(false),
            replaced: AtomicUsize::new(0),
            refused: AtomicUsize::new(0),
            additional: AtomicUsize::new(0),
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts `count` worker threads more.
    ///
    /// # Errors
    /// The text for the server's log, if the system refuses a thread.
    #[allow(
        clippy::unused_self,
        reason = "there is one pool, which workers find by themselves"
    )]
    pub(crate) fn start(&self, count: usize) -> Result<(), String> {
        watch_limits();
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
        self.queue().take()
    }

    fn wait(&self) -> Option<Arc<Execution>> {
        let mut queue = self.queue();
        loop {
            if self.stopped.load(Ordering::Relaxed) {
                return None;
            }
            if let Some(execution) = queue.take() {
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

    /// The number of executions that workers have taken so far, if executions wait and no worker is idle.
    pub(super) fn taken_while_busy(&self) -> Option<u64> {
        let queue = self.queue();
        (!queue.ready.is_empty() && queue.idle == 0).then_some(queue.taken)
    }

    /// The next execution of a registration, except of those in `stuck`.
    fn take_of_registration(&self, stuck: &HashSet<Id>) -> Option<Arc<Execution>> {
        let mut queue = self.queue();
        let fits = |one: &Arc<Execution>| {
            let registration = one.cause().registration();
            registration.is_some_and(|id| !stuck.contains(&id))
        };
        let place = queue.ready.iter().position(fits)?;
        queue.ready.remove(place)
    }

    /// Starts an additional thread for executions of registrations, if all workers are taken by others. It ends when no such
    /// execution waits. `stuck` are the registrations whose own executions take the workers: they get no additional thread.
    /// There are at most as many additional threads as workers.
    pub(super) fn start_additional(&'static self, stuck: HashSet<Id>) {
        if self.additional.load(Ordering::Relaxed) >= config::get().execution_threads() {
            return;
        }
        let Some(first) = self.take_of_registration(&stuck) else {
            return;
        };
        self.additional.fetch_add(1, Ordering::Relaxed);
        let waits = Arc::clone(&first);
        let work = move |py: Gil<'_>| {
            let mut next = Some(first);
            while let Some(execution) = next {
                if !execution.run(py) {
                    break;
                }
                next = self.take_of_registration(&stuck);
            }
            self.additional.fetch_sub(1, Ordering::Relaxed);
        };
        let spawned = thread::Builder::new()
            .name("rg-additional".into())
            .stack_size(STACK)
            .spawn(move || attached(work));
        if let Err(failure) = spawned {
            self.additional.fetch_sub(1, Ordering::Relaxed);
            self.push(waits);
            log(
                Level::Warning,
                &format!("an additional thread for triggers could not be started: {failure}"),
            );
        }
    }

    /// The number of additional threads that run now.
    pub(crate) fn additional_threads(&self) -> usize {
        self.additional.load(Ordering::Relaxed)
    }

    /// Stops the workers: they begin no other execution.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
        self.work.notify_all();
    }

    /// Starts a worker in place of one that does not come back. The old worker ends when it returns.
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

    /// The number of threads that were replaced since the start.
    pub(crate) fn replaced_threads(&self) -> usize {
        self.replaced.load(Ordering::Relaxed)
    }

    /// The number of executions that wait for a worker.
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
