//! The worker threads.
//!
//! A worker keeps the interpreter while it runs one execution after the other, and releases it when the queue is empty.
//! Many short gears pay for one change of the interpreter's lock.

use super::Execution;
use super::shares::{Share, fair};
use super::watch::watch_limits;
use crate::config;
use crate::python::{Gil, attached, detached};
use crate::redis::{Level, log};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// The size of a worker's stack, in bytes. It is that of the main thread, because gears may recurse.
pub(super) const STACK: usize = 8 << 20;

/// A thread that runs one execution for so long is slow. Another one takes its place meanwhile.
pub(super) const SLOW: Duration = Duration::from_millis(300);

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
}

#[derive(Debug)]
struct Queue {
    ready: VecDeque<Arc<Execution>>,
    /// The number of executions that have ended before they began, since those in `ready` were last looked through.
    ended: usize,
    idle: usize,
    /// What the threads run.
    taken: Vec<Taken>,
    last_turn: u64,
}

/// The turn of a thread with one execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Turn(u64);

#[derive(Debug)]
struct Taken {
    turn: Turn,
    execution: Arc<Execution>,
    since: Instant,
    /// The thread is an additional one.
    is_additional: bool,
}

impl Taken {
    fn is_slow(&self) -> bool {
        self.since.elapsed() >= SLOW
    }
}

/// What the pool does about executions that wait although threads are slow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relief {
    /// A worker is free or will soon be.
    NotNeeded,
    /// All workers are slow, and what waits goes on on additional threads.
    Given,
    /// All workers are slow, and some executions wait for them: the additional threads are taken, or belong to others.
    Exhausted,
}

impl Queue {
    fn take(&mut self, place: usize, is_additional: bool) -> Option<(Turn, Arc<Execution>)> {
        let execution = self.ready.remove(place)?;
        self.last_turn += 1;
        let turn = Turn(self.last_turn);
        self.taken.push(Taken {
            turn,
            execution: Arc::clone(&execution),
            since: Instant::now(),
            is_additional,
        });
        Some((turn, execution))
    }

    /// Ends a turn. The caller drops the execution when the queue is unlocked: that may run Python.
    #[must_use]
    fn leave(&mut self, turn: Turn) -> Option<Taken> {
        let place = self.taken.iter().position(|one| one.turn == turn)?;
        Some(self.taken.swap_remove(place))
    }

    /// Takes the executions out of `ready` that have ended. No lock of an execution may be taken here: others queue an execution
    /// while they hold one.
    #[must_use]
    fn take_ended(&mut self) -> VecDeque<Arc<Execution>> {
        self.ended = 0;
        let all = std::mem::take(&mut self.ready);
        let (ended, ready): (VecDeque<_>, VecDeque<_>) =
            all.into_iter().partition(|one| one.was_given_up());
        self.ready = ready;
        ended
    }

    fn slow(&self) -> usize {
        self.taken.iter().filter(|one| one.is_slow()).count()
    }

    fn additional(&self) -> usize {
        self.taken.iter().filter(|one| one.is_additional).count()
    }

    fn relief(&self) -> Relief {
        let mut workers = self.taken.iter().filter(|one| !one.is_additional);
        if self.idle > 0 || !workers.all(Taken::is_slow) {
            Relief::NotNeeded
        } else if self.ready.is_empty() || self.slow() < self.taken.len() {
            Relief::Given
        } else {
            Relief::Exhausted
        }
    }

    /// Takes an execution for an additional thread. There are never more of them than slow threads.
    fn take_additional(&mut self) -> Option<(Turn, Arc<Execution>)> {
        if self.ready.is_empty() || self.idle > 0 || self.additional() >= self.slow() {
            return None;
        }
        let additional = self.taken.iter().filter(|one| one.is_additional);
        let held: Vec<Share> = additional.map(|one| Share::of(&one.execution)).collect();
        let waiting = self.ready.iter().map(|one| Share::of(one));
        let place = fair(&held, waiting, config::get().additional_threads())?;
        self.take(place, true)
    }
}

impl Pool {
    const fn new() -> Pool {
        Pool {
            queue: Mutex::new(Queue {
                ready: VecDeque::new(),
                ended: 0,
                idle: 0,
                taken: Vec::new(),
                last_turn: 0,
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
            spawn("rg-worker", work).map_err(|failure| {
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

    /// Ends the turn of a worker, and takes the next execution if one waits.
    fn take_now(&self, ended: Option<Turn>) -> Option<(Turn, Arc<Execution>)> {
        let mut queue = self.queue();
        let left = ended.and_then(|ended| queue.leave(ended));
        let next = if self.is_stopped() {
            None
        } else {
            queue.take(0, false)
        };
        drop(queue);
        drop(left);
        next
    }

    fn wait(&self) -> (Turn, Arc<Execution>) {
        let mut queue = self.queue();
        loop {
            if !self.is_stopped()
                && let Some(taken) = queue.take(0, false)
            {
                return taken;
            }
            queue.idle += 1;
            queue = self
                .work
                .wait(queue)
                .unwrap_or_else(PoisonError::into_inner);
            queue.idle -= 1;
        }
    }

    /// Starts additional threads while workers are slow and executions wait. A thread ends when none waits for it.
    pub(super) fn relieve(&'static self) -> Relief {
        loop {
            if self.is_stopped() {
                return Relief::NotNeeded;
            }
            let mut queue = self.queue();
            let Some((turn, execution)) = queue.take_additional() else {
                return queue.relief();
            };
            drop(queue);
            let waits = Arc::clone(&execution);
            let started = spawn("rg-additional", move |py| {
                self.work_additionally(py, turn, execution);
            });
            if let Err(failure) = started {
                let mut queue = self.queue();
                let left = queue.leave(turn);
                queue.ready.push_front(waits);
                drop(queue);
                drop(left);
                log(
                    Level::Warning,
                    &format!("an additional thread could not be started: {failure}"),
                );
                return Relief::Exhausted;
            }
        }
    }

    fn work_additionally(&self, py: Gil<'_>, turn: Turn, execution: Arc<Execution>) {
        let mut next = Some((turn, execution));
        while let Some((turn, execution)) = next {
            if !execution.run(py) {
                return;
            }
            drop(execution);
            let mut queue = self.queue();
            let left = queue.leave(turn);
            next = if self.is_stopped() {
                None
            } else {
                queue.take_additional()
            };
            drop(queue);
            drop(left);
        }
    }

    /// The number of additional threads that run now.
    pub(crate) fn additional_threads(&self) -> usize {
        self.queue().additional()
    }

    /// The number of threads that have run one execution for a while.
    pub(crate) fn slow_threads(&self) -> usize {
        self.queue().slow()
    }

    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Stops the workers: they begin no other execution.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// The workers go on after a stop.
    pub(crate) fn go_on(&self) {
        let queue = self.queue();
        self.stopped.store(false, Ordering::Relaxed);
        drop(queue);
        self.work.notify_all();
    }

    /// Gives up the thread that runs `execution` and does not come back: it ends when it returns. A worker gets a successor.
    pub(crate) fn replace_stuck_thread(&self, execution: &Arc<Execution>) {
        self.replaced.fetch_add(1, Ordering::Relaxed);
        let given_up = {
            let mut queue = self.queue();
            let runs = |one: &Taken| Arc::ptr_eq(&one.execution, execution);
            let place = queue.taken.iter().rposition(runs);
            place.map(|place| queue.taken.remove(place))
        };
        if given_up.is_some_and(|one| one.is_additional) {
            return;
        }
        if let Err(failure) = spawn("rg-worker", work) {
            log(
                Level::Warning,
                &format!("a stuck thread could not be replaced: {failure}"),
            );
        }
    }

    /// An execution has ended before it began. It may be in the queue.
    pub(super) fn one_has_ended(&self) {
        let mut queue = self.queue();
        queue.ended += 1;
        // Each look goes through all, so it waits until about half of them have ended.
        let many = queue.ended > queue.ready.len() / 2 + 16;
        drop(queue);
        if many {
            self.forget_ended();
        }
    }

    /// Makes room in the queue. Returns `true` if some of the executions had ended.
    pub(super) fn forget_ended(&self) -> bool {
        let mut queue = self.queue();
        if queue.ended == 0 {
            return false;
        }
        let ended = queue.take_ended();
        drop(queue);
        for execution in &ended {
            // It may have entered its order after its end.
            execution.leave_order();
        }
        !ended.is_empty()
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

fn spawn(name: &str, work: impl FnOnce(Gil<'_>) + Send + 'static) -> std::io::Result<()> {
    thread::Builder::new()
        .name(name.into())
        .stack_size(STACK)
        .spawn(|| attached(work))
        .map(drop)
}

fn work(py: Gil<'_>) {
    let pool = pool();
    let mut ended = None;
    loop {
        let next = pool.take_now(ended);
        let (turn, execution) = next.unwrap_or_else(|| detached(py, || pool.wait()));
        // The one who gave this thread up has ended its turn, too.
        if !execution.run(py) {
            return;
        }
        ended = Some(turn);
    }
}
