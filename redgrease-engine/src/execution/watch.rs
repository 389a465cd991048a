//! The thread that stops what is over a limit of time or memory.

use super::abort::{interrupt_until, stop};
use super::limits::{held_too_long, too_long, too_much_memory};
use super::memory::MemoryWatch;
use super::starving::Starving;
use super::{Execution, body, destructors, executions};
use crate::config;
use crate::python::{Force, Holder, Turn, stopped_in_a_row, watch_budgets};
use crate::redis::{Level, log};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// The time between two looks at what is watched, if a limit is short and if none is.
const OFTEN: Duration = Duration::from_millis(10);
const SELDOM: Duration = Duration::from_millis(100);

/// The script of a stored session may take so many times longer: it runs while the server starts, when it may have to load
/// libraries from a slow disk, and it has ended once before.
const PATIENCE_WITH_RESTORED: u32 = 60;

/// An execution with a limit of time.
#[derive(Debug)]
struct Timed {
    execution: Arc<Execution>,
    deadline: Instant,
    limit: Duration,
}

impl Timed {
    /// Stops the execution if it is over its limit. Returns `false` if it need not be watched any longer.
    fn check(&self, now: Instant) -> bool {
        if self.execution.status().is_final() {
            return false;
        }
        if now < self.deadline {
            return true;
        }
        stop(Arc::clone(&self.execution), too_long(self.limit));
        false
    }
}

#[derive(Debug, Default)]
struct Watch {
    timed: Mutex<Vec<Timed>>,
}

impl Watch {
    fn timed(&self) -> MutexGuard<'_, Vec<Timed>> {
        self.timed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) {
        watch_budgets();
        let mut held = None;
        let mut memory = MemoryWatch::new();
        let mut starving = Starving::default();
        loop {
            thread::park_timeout(self.pause(memory.grows || starving.is_pressing()));
            let now = Instant::now();
            let mut checked = std::mem::take(&mut *self.timed());
            // The check may stop an execution, which takes other locks.
            checked.retain(|one| one.check(now));
            self.timed().append(&mut checked);
            memory.check(now);
            body::check_limits();
            destructors::check_limits();
            starving.check();
            held = Held::look(held, now);
            if let Some(held) = &mut held {
                held.check(now);
            }
        }
    }

    fn pause(&self, pressing: bool) -> Duration {
        let config = config::get();
        let short = |limit: Duration| limit < SELDOM * 10;
        if pressing
            || stopped_in_a_row() > 0
            || !self.timed().is_empty()
            || config.limits().time.is_some_and(short)
            || config.script_max_time().is_some_and(short)
        {
            return OFTEN;
        }
        // What holds the lock is seen up to one pause too late, and again when its time is over.
        config
            .lock_max_time()
            .map_or(SELDOM, |limit| (limit / 20).clamp(OFTEN, SELDOM))
    }
}

/// Python that holds the server's lock.
#[derive(Debug)]
struct Held {
    turn: Turn,
    /// When it was seen first.
    since: Instant,
    stopped: bool,
}

impl Held {
    /// What holds the lock now. `before` is what held it at the last look.
    fn look(before: Option<Held>, now: Instant) -> Option<Held> {
        let turn = Turn::current()?;
        match before {
            Some(held) if held.turn == turn => Some(held),
            _ => Some(Held {
                turn,
                since: now,
                stopped: false,
            }),
        }
    }

    fn check(&mut self, now: Instant) {
        if self.stopped {
            // It may have gone on, and wait inside of another system call.
            self.turn.wake();
        } else if let Some(reason) = self.over_limit(now) {
            self.stopped = true;
            let first = stopped_in_a_row() == 0;
            self.stop(reason, first);
        }
    }

    /// The limit that it is over, as a text for the client.
    fn over_limit(&self, now: Instant) -> Option<String> {
        if let Some(limit) = self.turn.over_memory() {
            return Some(too_much_memory(limit));
        }
        let config = config::get();
        let elapsed = now.saturating_duration_since(self.since);
        let lock = config.lock_max_time().map(|limit| match self.turn.holder {
            Holder::Restored => limit * PATIENCE_WITH_RESTORED,
            // After each one that was stopped while the server could not look at its clients, the next one has half the time.
            Holder::Call | Holder::Execution => limit / 2_u32.saturating_pow(stopped_in_a_row()),
        });
        // The limit of an execution is watched with the execution.
        let time = config
            .limits()
            .time
            .filter(|_| self.turn.holder == Holder::Call);
        let is_over = |limit: &Duration| elapsed >= *limit;
        let time = time.filter(is_over).map(too_long);
        time.or_else(|| lock.filter(is_over).map(held_too_long))
    }

    /// Stops it for this reason. If it is not the first one in a row, its code has no time to handle the exception.
    fn stop(&self, reason: String, is_first: bool) {
        let turn = self.turn;
        log(
            Level::Warning,
            &format!("Python that holds up the server is interrupted: {reason}"),
        );
        if turn.holder == Holder::Execution {
            body::stop_holder(turn, &reason);
            for execution in executions().all() {
                let runs = turn.is_of(&execution.thread) || turn.is_of(&execution.coroutine_thread);
                if runs && !execution.status().is_final() {
                    stop(execution, reason.clone());
                }
            }
        }
        turn.stop(reason);
        turn.wake();
        let interrupter = thread::Builder::new()
            .name("rg-interrupt".into())
            .spawn(move || {
                interrupt_until(|force| {
                    !turn.interrupt(if is_first { force } else { Force::Insist })
                });
            });
        if let Err(failure) = interrupter {
            log(
                Level::Warning,
                &format!("Python over its limit could not be interrupted: {failure}"),
            );
        }
    }
}

/// Starts the thread, once.
pub(super) fn watch_limits() {
    started();
}

fn started() -> &'static (Arc<Watch>, Option<Thread>) {
    static STARTED: OnceLock<(Arc<Watch>, Option<Thread>)> = OnceLock::new();
    STARTED.get_or_init(|| {
        let watch = Arc::new(Watch::default());
        let watching = Arc::clone(&watch);
        let started = thread::Builder::new()
            .name("rg-limits".into())
            .spawn(move || watching.run());
        match started {
            Ok(handle) => (watch, Some(handle.thread().clone())),
            Err(failure) => {
                log(
                    Level::Warning,
                    &format!("limits of executions cannot be watched: {failure}"),
                );
                (watch, None)
            }
        }
    })
}

/// Stops the execution if it has not ended after `limit`.
pub(super) fn watch(execution: Arc<Execution>, limit: Duration) {
    let (watch, thread) = started();
    watch.timed().push(Timed {
        execution,
        deadline: Instant::now() + limit,
        limit,
    });
    if let Some(thread) = thread {
        thread.unpark();
    }
}
