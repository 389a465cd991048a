//! Freeing what was dropped without the interpreter.
//!
//! The destructors of Python may run for ever. The next thread that needs the interpreter must not run them: that thread works for
//! another client. So a thread of its own frees such values, and the engine interrupts a destructor that takes too long.

use super::Gil;
use super::attach::attached;
use super::interrupt::{Force, RunningThread, interrupt_attached};
use crate::redis::{Level, log};
use pyo3::{Py, PyAny};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// The size of the thread's stack, in bytes: destructors may recurse.
const STACK: usize = 8 << 20;
/// The thread waits for so long before it takes the interpreter, for other values to come.
const LINGER: Duration = Duration::from_millis(5);
/// The number of values that are freed before others can have the interpreter.
const ROUND: usize = 1000;
/// A destructor that does not react to interruptions keeps its thread, and another thread frees the other values after this time.
const STUCK: Duration = Duration::from_secs(2);
/// The limit of time is halved so many times at most.
const MOST_HALVINGS: u32 = 6;

static QUEUE: Mutex<Queue> = Mutex::new(Queue {
    values: VecDeque::new(),
    thread: None,
    stopped_in_a_row: 0,
});
static WORK: Condvar = Condvar::new();

#[derive(Debug)]
struct Queue {
    values: VecDeque<Py<PyAny>>,
    /// The thread that frees the values.
    thread: Option<Arc<Freeing>>,
    /// The number of destructors that were stopped since the queue was last empty.
    stopped_in_a_row: u32,
}

/// A thread that frees values.
#[derive(Debug, Default)]
struct Freeing {
    thread: RunningThread,
    /// The number of the value that is freed. Changes with the interpreter's lock.
    number: AtomicU64,
    /// When that began. `None` if no value is freed.
    since: Mutex<Option<Instant>>,
    /// The newest value whose destructor was stopped.
    stopped: AtomicU64,
    /// Another thread has taken its place.
    replaced: AtomicBool,
}

/// The lock is never held while Python runs, or while a thread waits for the interpreter.
fn queue() -> MutexGuard<'static, Queue> {
    QUEUE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Frees a value soon, on the thread for that.
pub(super) fn later(value: Py<PyAny>) {
    let mut queue = queue();
    queue.values.push_back(value);
    if queue.thread.is_some() {
        let was_empty = queue.values.len() == 1;
        drop(queue);
        if was_empty {
            WORK.notify_one();
        }
    } else {
        start(&mut queue);
    }
}

/// Starts a thread. If the system refuses it, the next value tries again.
fn start(queue: &mut Queue) {
    let freeing = Arc::new(Freeing::default());
    let own = Arc::clone(&freeing);
    let started = thread::Builder::new()
        .name("rg-free".into())
        .stack_size(STACK)
        .spawn(move || own.run());
    match started {
        Ok(_) => queue.thread = Some(freeing),
        Err(failure) => {
            queue.thread = None;
            log(
                Level::Warning,
                &format!(
                    "values cannot be freed at the moment: no thread could be started: {failure}"
                ),
            );
        }
    }
}

impl Freeing {
    fn run(&self) {
        while !self.replaced.load(Ordering::Relaxed) {
            wait();
            thread::sleep(LINGER);
            attached(|py| {
                for _ in 0..ROUND {
                    if self.replaced.load(Ordering::Relaxed) {
                        return;
                    }
                    let Some(value) = queue().values.pop_front() else {
                        return;
                    };
                    self.free(py, value);
                }
            });
        }
    }

    fn free(&self, py: Gil<'_>, value: Py<PyAny>) {
        self.number.fetch_add(1, Ordering::Relaxed);
        self.thread.enter(py);
        *self.since() = Some(Instant::now());
        drop(value);
        *self.since() = None;
        self.thread.leave(py);
    }

    fn since(&self) -> MutexGuard<'_, Option<Instant>> {
        self.since.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn wait() {
    let mut queue = queue();
    while queue.values.is_empty() {
        queue.stopped_in_a_row = 0;
        queue = WORK.wait(queue).unwrap_or_else(PoisonError::into_inner);
    }
}

/// A destructor that is over its limit.
#[derive(Debug)]
pub(crate) struct SlowDestructor {
    freeing: Arc<Freeing>,
    number: u64,
}

impl SlowDestructor {
    /// The destructor that runs, if it has exceeded `limit` and was not returned before. After each destructor that was stopped,
    /// the next one has half of the time.
    pub(crate) fn over(limit: Duration) -> Option<SlowDestructor> {
        let mut queue = queue();
        let freeing = Arc::clone(queue.thread.as_ref()?);
        let number = freeing.number.load(Ordering::Relaxed);
        let elapsed = freeing.since().map(|since| since.elapsed())?;
        if freeing.stopped.load(Ordering::Relaxed) == number {
            if elapsed >= limit + STUCK {
                freeing.replaced.store(true, Ordering::Relaxed);
                start(&mut queue);
            }
            return None;
        }
        if elapsed < limit / 2_u32.pow(queue.stopped_in_a_row.min(MOST_HALVINGS)) {
            return None;
        }
        queue.stopped_in_a_row += 1;
        freeing.stopped.store(number, Ordering::Relaxed);
        Some(SlowDestructor { freeing, number })
    }

    /// Raises `gears.forcestopped` in the destructor. Returns `false` if the destructor has ended. Waits for the interpreter's lock.
    pub(crate) fn interrupt(&self, force: Force) -> bool {
        attached(|py| {
            self.freeing.number.load(Ordering::Relaxed) == self.number
                && interrupt_attached(py, &self.freeing.thread, force)
        })
    }
}
