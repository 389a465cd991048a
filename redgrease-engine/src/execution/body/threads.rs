//! The threads of bodies.
//!
//! A body that waits for something keeps its thread, so there are many threads, up to the setting `ScriptThreads`. A few of
//! them stay when they have nothing to do: a short script need not wait for a new thread.

use super::super::launch::queue_is_full;
use super::super::pool::STACK;
use super::Body;
use crate::config;
use crate::python::{Gil, attached, detached};
use crate::redis::{Level, log};
use std::cmp::Reverse;
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// The number of threads that stay when they have nothing to do.
const STAY: usize = 4;

/// The threads of bodies of this server.
pub(crate) fn bodies() -> &'static BodyThreads {
    static BODIES: BodyThreads = BodyThreads {
        queue: Mutex::new(Queue {
            waiting: VecDeque::new(),
            running: Vec::new(),
            threads: 0,
            idle: 0,
            left_behind: 0,
            stopped: false,
        }),
        work: Condvar::new(),
    };
    &BODIES
}

#[derive(Debug)]
pub(crate) struct BodyThreads {
    queue: Mutex<Queue>,
    work: Condvar,
}

#[derive(Debug)]
struct Queue {
    waiting: VecDeque<Arc<Body>>,
    running: Vec<Arc<Body>>,
    /// The number of threads, without those that were left behind.
    threads: usize,
    /// The number of threads that wait for a body.
    idle: usize,
    left_behind: usize,
    stopped: bool,
}

impl Queue {
    /// Takes the first body that may run: none that runs or waits before it is about the same session.
    fn take(&mut self) -> Option<Arc<Body>> {
        if self.stopped {
            return None;
        }
        let is_free = |place: &usize| {
            let body = &self.waiting[*place];
            let before = self.running.iter().chain(self.waiting.range(..*place));
            !before.into_iter().any(|other| other.meets(body))
        };
        let place = (0..self.waiting.len()).find(is_free)?;
        let body = self.waiting.remove(place)?;
        self.running.push(Arc::clone(&body));
        Some(body)
    }

    fn remove(&mut self, body: &Arc<Body>) {
        self.running.retain(|one| !Arc::ptr_eq(one, body));
        self.waiting.retain(|one| !Arc::ptr_eq(one, body));
    }

    /// `true` if another thread has to be started.
    fn needs_thread(&self) -> bool {
        !self.stopped
            && self.waiting.len() > self.idle
            && self.threads < config::get().script_threads()
    }
}

impl BodyThreads {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs a body as soon as a thread is free, behind those that came before and are about the same session.
    ///
    /// # Errors
    /// The text for the client, if the body will not run.
    pub(crate) fn push(&'static self, body: &Arc<Body>) -> Result<(), String> {
        let limit = config::get().queue_size();
        let mut queue = self.queue();
        if queue.waiting.len() >= limit {
            return Err(queue_is_full(limit));
        }
        queue.waiting.push_back(Arc::clone(body));
        if !queue.needs_thread() {
            drop(queue);
            self.work.notify_one();
            return Ok(());
        }
        queue.threads += 1;
        drop(queue);
        let Err(failure) = self.spawn() else {
            return Ok(());
        };
        let mut queue = self.queue();
        if queue.threads > 0 {
            // The body waits for the other threads.
            return Ok(());
        }
        queue.remove(body);
        Err(format!(
            "ERR the script cannot run, try again later: no thread could be started: {failure}"
        ))
    }

    /// Starts a thread, which is counted already. A thread that could not be started is not counted any longer.
    fn spawn(&'static self) -> std::io::Result<()> {
        let spawned = thread::Builder::new()
            .name("rg-script".into())
            .stack_size(STACK)
            .spawn(|| attached(|py| self.work(py)));
        spawned.map(drop).inspect_err(|failure| {
            self.queue().threads -= 1;
            log(
                Level::Warning,
                &format!("a thread for scripts could not be started: {failure}"),
            );
        })
    }

    fn work(&self, py: Gil<'_>) {
        while let Some(body) = detached(py, || self.next()) {
            if !body.run(py) {
                return;
            }
            self.end(&body);
        }
    }

    /// The next body for this thread. `None` if the thread is not needed any longer.
    fn next(&self) -> Option<Arc<Body>> {
        let mut queue = self.queue();
        loop {
            if let Some(body) = queue.take() {
                return Some(body);
            }
            if queue.stopped || (queue.idle >= STAY && queue.waiting.is_empty()) {
                queue.threads -= 1;
                return None;
            }
            queue.idle += 1;
            queue = self
                .work
                .wait(queue)
                .unwrap_or_else(PoisonError::into_inner);
            queue.idle -= 1;
        }
    }

    fn end(&self, body: &Arc<Body>) {
        let mut queue = self.queue();
        queue.remove(body);
        let others_wait = !queue.waiting.is_empty();
        drop(queue);
        if others_wait {
            // Some of them may have waited for this body.
            self.work.notify_all();
        }
    }

    /// Forgets a body that was given up, with its thread if it ran.
    pub(super) fn leave_behind(&'static self, body: &Arc<Body>, was_running: bool) {
        let mut queue = self.queue();
        queue.remove(body);
        if was_running {
            queue.threads -= 1;
            queue.left_behind += 1;
        }
        let starts = queue.needs_thread();
        if starts {
            queue.threads += 1;
        }
        drop(queue);
        self.work.notify_all();
        if starts {
            // A failure is logged. The bodies that wait go on with the next thread.
            drop(self.spawn());
        }
    }

    /// The bodies that run, the longest ones first.
    pub(crate) fn running(&self) -> Vec<Arc<Body>> {
        let mut running = self.queue().running.clone();
        // Those that have ended answer their clients.
        running.retain(|one| one.is_running());
        running.sort_by_key(|one| Reverse(one.running_for()));
        running
    }

    /// The number of bodies that wait for a thread, or for a body that is about the same session.
    pub(crate) fn waiting(&self) -> usize {
        self.queue().waiting.len()
    }

    /// The number of threads that were left behind since the start.
    pub(crate) fn left_behind(&self) -> usize {
        self.queue().left_behind
    }

    /// The body of the script that makes this session: the one that runs, or else the first one that waits.
    pub(crate) fn of_session(&self, session: &[u8]) -> Option<Arc<Body>> {
        let queue = self.queue();
        let mut all = queue.running.iter().chain(&queue.waiting);
        all.find(|one| one.session.as_bytes() == session && !one.is_over())
            .cloned()
    }

    /// Begins no other body.
    pub(crate) fn stop(&self) {
        self.queue().stopped = true;
        self.work.notify_all();
    }
}
