//! Executions: one run of a plan, from its creation to its results.
//!
//! | file | purpose |
//! |---|---|
//! | `cause.rs` | the trait through which an execution knows its cause |
//! | `launch.rs` | beginning an execution: the one way into the list and the queue |
//! | `order.rs` | executions that run one after the other |
//! | `pool.rs` | the worker threads |
//! | `shares.rs` | who may have an additional thread |
//! | `starving.rs` | executions that wait while all worker threads are slow |
//! | `run.rs` | running an execution on the thread that has it |
//! | `progress.rs` | how far an execution is |
//! | `parking.rs` | an execution whose records wait for coroutines |
//! | `shared.rs` | executions that are a part of a run over several shards |
//! | `sync.rs` | sync calls, which make no execution |
//! | `answer.rs` | the answers for clients that wait |
//! | `list.rs` | the executions that clients can ask about |
//! | `body/` | the bodies of scripts, which say what executions do |
//! | `abandoned.rs` | executions whose clients have left |
//! | `abort.rs` | stopping an execution |
//! | `limits.rs` | limits of time, records and memory |
//! | `destructors.rs` | the limit of destructors of what was dropped |
//! | `kept.rs` | memory that a session keeps from call to call |
//! | `memory.rs` | stopping what is over a limit of memory |
//! | `resident.rs` | memory that Python takes past its own allocators |
//! | `watch.rs` | the thread that stops what is over a limit |

mod abandoned;
mod abort;
mod answer;
mod body;
mod cause;
mod destructors;
mod kept;
mod launch;
mod limits;
mod list;
mod memory;
mod order;
mod parking;
mod pool;
mod progress;
mod reach;
mod resident;
mod run;
mod shared;
mod shares;
mod starving;
mod sync;
#[cfg(test)]
mod tests;
mod watch;

pub(crate) use abandoned::{
    abandoned, after_patience, also_waits, end_without_client, note_abandoned,
};
pub(crate) use abort::{abort, stop_part, withdraw};
pub(crate) use answer::{Job, NOT_ONE_RESULT, Waiter};
pub(crate) use body::{Body, Ending, Once, bodies};
pub(crate) use cause::{Cause, Ended, How, Surroundings};
pub(crate) use launch::{launch, launch_for_client, launch_listed};
pub(crate) use limits::{hold_for_call, lost_the_lock, too_large_reply, too_much_memory};
pub(crate) use list::executions;
pub(crate) use order::Order;
pub(crate) use pool::pool;
pub(crate) use reach::reach_python;
pub(crate) use shared::{PartEnd, Shared};
pub(crate) use starving::running;
pub(crate) use sync::{SyncCall, SyncError, SyncOutcome};

use crate::config::{self, Limits};
use crate::id::{Id, IdCounter};
use crate::plan::{Plan, Source};
use crate::python::{Handle, MemoryBudget, Object, RunningThread, attached};
use crate::redis::Reply;
use crate::scope::Signals;
use parking::Parking;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// The counter that makes the ids of executions.
pub(crate) fn ids() -> &'static IdCounter {
    static IDS: IdCounter = IdCounter::new();
    &IDS
}

/// The state of an execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Created,
    Running,
    Done,
    Aborted,
}

impl Status {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Status::Created => "created",
            Status::Running => "running",
            Status::Done => "done",
            Status::Aborted => "aborted",
        }
    }

    pub(crate) fn is_final(self) -> bool {
        matches!(self, Status::Done | Status::Aborted)
    }
}

/// One run of a plan.
#[derive(Debug)]
pub(crate) struct Execution {
    pub(crate) id: Id,
    pub(crate) plan: Arc<Plan>,
    cause: Arc<dyn Cause>,
    source: Source,
    aborting: AtomicBool,
    /// The execution is dropped if all clients that wait for it leave before it has begun.
    may_be_abandoned: AtomicBool,
    /// The execution runs on the main thread, which cannot be replaced.
    on_main: AtomicBool,
    limits: Limits,
    memory: Arc<MemoryBudget>,
    /// The limit that stopped the execution, as a text for the client.
    reason: OnceLock<String>,
    /// The thread that takes records through the steps.
    thread: RunningThread,
    /// The thread of the event loop, while it runs a coroutine of the execution.
    coroutine_thread: RunningThread,
    /// What the Python of the execution and the engine tell each other.
    signals: Arc<Signals>,
    state: Mutex<State>,
    began: OnceLock<Instant>,
    parking: Mutex<Parking>,
    /// The other shards, if the execution is a part of a run over several.
    shared: OnceLock<Arc<dyn Shared>>,
    /// Notified when the execution has ended.
    end: Condvar,
}

#[derive(Debug)]
struct State {
    status: Status,
    results: Vec<Handle>,
    errors: Vec<String>,
    waiters: Vec<Waiter>,
    /// The number of those waiters whose client has disconnected, as far as that is watched.
    clients_left: usize,
    /// Results are kept for clients that ask later.
    keep: bool,
    /// The number of results, also if they are not kept.
    result_count: usize,
    timing: Timing,
    /// The thread that ran the execution was given up, and another one has taken its place.
    thread_replaced: bool,
}

/// The time that an execution took. Steps and reading are measured with `ProfileExecutions` only.
#[derive(Debug, Clone, Default)]
pub(crate) struct Timing {
    pub(crate) total: Duration,
    pub(crate) read: Duration,
    /// By step of the plan.
    pub(crate) steps: Vec<Duration>,
}

/// The state of an execution as clients see it.
#[derive(Debug, Clone)]
pub(crate) struct Report {
    pub(crate) status: Status,
    /// The number of results. `None` until the execution has ended.
    pub(crate) results: Option<usize>,
    pub(crate) errors: Vec<String>,
    pub(crate) timing: Timing,
    /// The number of other shards that this one has told of the run.
    pub(crate) shards_told: usize,
    /// The number of those that have ended their part.
    pub(crate) shards_ended: usize,
}

impl Execution {
    pub(crate) fn new(
        id: Id,
        plan: Arc<Plan>,
        source: Source,
        cause: Arc<dyn Cause>,
    ) -> Arc<Execution> {
        let limits = config::get().limits();
        let keep = cause.keeps_results();
        let ledger = cause.session().map(|session| Arc::clone(&session.memory));
        Arc::new(Execution {
            id,
            plan,
            cause,
            source,
            aborting: AtomicBool::new(false),
            may_be_abandoned: AtomicBool::new(false),
            on_main: AtomicBool::new(false),
            limits,
            memory: Arc::new(MemoryBudget::of_session(limits.memory, ledger.as_ref())),
            reason: OnceLock::new(),
            thread: RunningThread::default(),
            coroutine_thread: RunningThread::default(),
            signals: Arc::default(),
            began: OnceLock::new(),
            state: Mutex::new(State {
                status: Status::Created,
                results: Vec::new(),
                errors: Vec::new(),
                waiters: Vec::new(),
                clients_left: 0,
                keep,
                result_count: 0,
                timing: Timing::default(),
                thread_replaced: false,
            }),
            parking: Mutex::default(),
            shared: OnceLock::new(),
            end: Condvar::new(),
        })
    }

    /// Locks the state. The lock is never held while Python or a command runs.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn cause(&self) -> &dyn Cause {
        &*self.cause
    }

    pub(crate) fn source(&self) -> &Source {
        &self.source
    }

    pub(crate) fn status(&self) -> Status {
        self.state().status
    }

    pub(crate) fn report(&self) -> Report {
        let others = self.shared().map(|shared| shared.others());
        let (shards_told, shards_ended) = others.unwrap_or_default();
        let state = self.state();
        Report {
            status: state.status,
            results: state.status.is_final().then_some(state.result_count),
            errors: state.errors.clone(),
            timing: state.timing.clone(),
            shards_told,
            shards_ended,
        }
    }

    /// `true` if another thread has taken the place of the thread that ran the execution.
    fn has_lost_its_thread(&self) -> bool {
        self.state().thread_replaced
    }

    fn session_name(&self) -> Option<String> {
        self.cause.session().map(|session| session.id.clone())
    }

    /// The time since the execution began to run; zero before.
    pub(crate) fn running_for(&self) -> Duration {
        self.began.get().map_or(Duration::ZERO, Instant::elapsed)
    }

    /// `true` once a client or a limit asked for the end of the execution: readers stop.
    pub(crate) fn is_aborting(&self) -> bool {
        self.aborting.load(Ordering::Relaxed)
    }

    /// The execution reads no other record.
    fn cut_short(&self) {
        self.aborting.store(true, Ordering::Relaxed);
    }

    /// Adds a client that waits for the outcome. Gives the client back if the execution has ended.
    pub(crate) fn wait_for_outcome(&self, waiter: Waiter) -> Result<(), Waiter> {
        let mut state = self.state();
        if state.status.is_final() {
            return Err(waiter);
        }
        state.waiters.push(waiter);
        Ok(())
    }

    /// Ends an execution that will not run. The clients that wait get `error`.
    pub(crate) fn refuse(&self, error: &str) {
        let waiters = {
            let mut state = self.state();
            if state.status.is_final() {
                return;
            }
            state.status = Status::Aborted;
            state.errors.push(error.to_owned());
            std::mem::take(&mut state.waiters)
        };
        let ended = Ended {
            how: How::Refused,
            error: Some(error),
            traceback: None,
            aborted: false,
            denied: false,
            duration: Duration::ZERO,
        };
        self.part_has_ended(&PartEnd::Stopped(error));
        self.announce(&ended, !waiters.is_empty());
        self.leave_order();
        for waiter in waiters {
            waiter.refuse(error);
        }
    }

    /// Answers a client that came when the execution had ended.
    pub(crate) fn answer(&self, waiter: Waiter) {
        self.with_outcome(|results, errors| waiter.answer(results, errors));
    }

    /// Writes the outcome of an ended execution.
    pub(crate) fn reply_outcome(&self, reply: &Reply<'_>) {
        self.with_outcome(|results, errors| match too_large_reply(results) {
            None => answer::reply_outcome(reply, results, errors),
            Some(error) => answer::reply_outcome(reply, &[], &[error]),
        });
    }

    fn with_outcome(&self, read: impl FnOnce(&[Object<'_>], &[String])) {
        // The interpreter before the state: threads that hold the interpreter lock the state.
        attached(|py| {
            let (results, errors) = {
                let state = self.state();
                let bind = |result: &Handle| result.bind(py).clone();
                (
                    state.results.iter().map(bind).collect::<Vec<_>>(),
                    state.errors.clone(),
                )
            };
            read(&results, &errors);
        });
    }
}
