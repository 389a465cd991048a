//! Limits of an execution: time, records and memory.
//!
//! Records are counted where they are read, and memory where Python asks the system for it. One thread watches the time
//! and the memory of all executions, and stops those over a limit as an abort does. An execution has the limits that were
//! set when it was created; by default there are none.

use super::Execution;
use super::abort::{interrupt_until_it_leaves, stop};
use crate::config::Limits;
use crate::python::{Gil, MemoryBudget, RunningThread};
use crate::redis::{Level, log};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// The time between two checks of everything that is watched.
const TICK: Duration = Duration::from_millis(10);

/// `true` if the watching thread is needed for these limits. Records are checked where they are read.
fn need_watching(limits: Limits) -> bool {
    limits.time.is_some() || limits.memory.is_some()
}

fn too_long(limit: Duration) -> String {
    format!(
        "ERR the execution was stopped: it ran longer than ExecutionMaxTime, {} ms",
        limit.as_millis()
    )
}

fn too_many_records(limit: u64) -> String {
    format!("ERR the execution was stopped: it had more records than ExecutionMaxRecords, {limit}")
}

fn too_much_memory(limit: u64) -> String {
    format!(
        "ERR the execution was stopped: it took more memory than ExecutionMaxMemory, {limit} bytes"
    )
}

/// A sync call with limits. A sync call is not an execution, and runs on the main thread.
#[derive(Debug)]
pub(crate) struct WatchedCall {
    thread: RunningThread,
    memory: MemoryBudget,
    /// The limit that stopped the call, as a text for the client.
    reason: OnceLock<String>,
}

impl WatchedCall {
    /// Watches a call that begins now. `None` if no limit has to be watched.
    pub(crate) fn watched(limits: Limits) -> Option<Arc<WatchedCall>> {
        if !need_watching(limits) {
            return None;
        }
        let call = Arc::new(WatchedCall {
            thread: RunningThread::default(),
            memory: MemoryBudget::new(limits.memory),
            reason: OnceLock::new(),
        });
        watch(Watched::new(Subject::Call(Arc::clone(&call)), limits));
        Some(call)
    }

    /// Runs the call on this thread.
    pub(crate) fn run<R>(&self, py: Gil<'_>, body: impl FnOnce() -> R) -> R {
        self.thread.enter(py);
        let outcome = self.memory.pay(body);
        self.thread.leave(py);
        outcome
    }

    /// The limit that stopped the call, as a text for the client. `None` if the call was not stopped.
    pub(crate) fn reason(&self) -> Option<String> {
        let over = self.memory.exceeded().map(too_much_memory);
        self.reason.get().cloned().or(over)
    }
}

impl Execution {
    /// Watches the execution from now on, if it has a limit that has to be watched.
    pub(super) fn watch(self: &Arc<Self>) {
        if need_watching(self.limits) {
            watch(Watched::new(
                Subject::Execution(Arc::clone(self)),
                self.limits,
            ));
        }
    }
}

#[derive(Debug)]
enum Subject {
    Execution(Arc<Execution>),
    Call(Arc<WatchedCall>),
}

#[derive(Debug)]
struct Watched {
    subject: Subject,
    time: Option<(Instant, Duration)>,
}

impl Watched {
    fn new(subject: Subject, limits: Limits) -> Watched {
        let now = Instant::now();
        Watched {
            subject,
            time: limits.time.map(|limit| (now + limit, limit)),
        }
    }

    /// Stops the subject if it is over a limit. Returns `false` if the subject need not be watched any longer.
    fn check(&self, now: Instant) -> bool {
        let late = self.time.filter(|(deadline, _)| now >= *deadline);
        let memory = match &self.subject {
            Subject::Execution(execution) if execution.status().is_final() => return false,
            Subject::Execution(execution) => &execution.memory,
            // The caller of a call that runs holds another reference.
            Subject::Call(call) if Arc::strong_count(call) == 1 => return false,
            Subject::Call(call) => &call.memory,
        };
        let reason = match (memory.exceeded(), late) {
            (Some(limit), _) => too_much_memory(limit),
            (None, Some((_, limit))) => too_long(limit),
            (None, None) => return true,
        };
        match &self.subject {
            Subject::Execution(execution) => stop(Arc::clone(execution), reason),
            Subject::Call(call) => {
                let _ = call.reason.set(reason);
                let call = Arc::clone(call);
                let interrupter = thread::Builder::new()
                    .name("rg-interrupt".into())
                    .spawn(move || interrupt_until_it_leaves(&call.thread));
                if let Err(failure) = interrupter {
                    log(
                        Level::Warning,
                        &format!("a call over its limit could not be stopped: {failure}"),
                    );
                }
            }
        }
        false
    }
}

#[derive(Debug)]
struct Watch {
    all: Mutex<Vec<Watched>>,
    more: Condvar,
}

impl Watch {
    fn all(&self) -> MutexGuard<'_, Vec<Watched>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) {
        loop {
            let mut all = self.all();
            while all.is_empty() {
                all = self.more.wait(all).unwrap_or_else(PoisonError::into_inner);
            }
            let now = Instant::now();
            let mut checked = std::mem::take(&mut *all);
            // The check may stop an execution, which takes other locks.
            drop(all);
            checked.retain(|one| one.check(now));
            self.all().append(&mut checked);
            thread::sleep(TICK);
        }
    }
}

fn watch(subject: Watched) {
    static WATCH: OnceLock<&'static Watch> = OnceLock::new();
    let watch = WATCH.get_or_init(|| {
        let watch: &'static Watch = Box::leak(Box::new(Watch {
            all: Mutex::default(),
            more: Condvar::new(),
        }));
        let started = thread::Builder::new()
            .name("rg-limits".into())
            .spawn(move || watch.run());
        if let Err(failure) = started {
            log(
                Level::Warning,
                &format!("limits of executions cannot be watched: {failure}"),
            );
        }
        watch
    });
    watch.all().push(subject);
    watch.more.notify_one();
}

/// An execution that is over a limit ends as if it was aborted, with the reason as its error.
impl Execution {
    /// The limit that stopped the execution, as a text for the client. `None` if no limit stopped it.
    pub(crate) fn stopped_for(&self) -> Option<String> {
        let over = self.memory.exceeded().map(too_much_memory);
        self.reason.get().cloned().or(over)
    }

    /// Remembers the limit that the execution has exceeded. Only the first reason counts.
    pub(super) fn give_reason(&self, reason: String) {
        let _ = self.reason.set(reason);
    }

    /// Returns `false` if the execution may not read another record after `so_far` records.
    pub(super) fn may_read_another(&self, so_far: u64) -> bool {
        match self.limits.records {
            Some(limit) if so_far >= limit => {
                self.give_reason(too_many_records(limit));
                false
            }
            _ => true,
        }
    }

    /// Checks the number of results against the limit of records.
    pub(super) fn limit_results(&self, results: usize) {
        if let Some(limit) = self.limits.records
            && results as u64 > limit
        {
            self.give_reason(too_many_records(limit));
        }
    }
}
