//! Executions: one run of a plan, from its creation to its results.
//!
//! | file | what |
//! |---|---|
//! | `progress.rs` | how far one is, when it is set aside |
//! | `run.rs` | running one on the thread that has it |
//! | `pool.rs` | the worker threads |
//! | `list.rs` | all executions that clients can ask about |
//! | `abort.rs` | stopping one |
//! | `limits.rs` | how much time, records and memory one may use |
//! | `answer.rs` | how a client that waits for one is answered |

mod abort;
mod answer;
mod id;
mod limits;
mod list;
mod pool;
mod progress;
mod run;

pub(crate) use abort::{abort, abort_without};
pub(crate) use answer::{NOT_ONE_RESULT, Waiter};
pub(crate) use id::{Id, IdCounter};
pub(crate) use limits::{Limits, SyncCall};
pub(crate) use list::Executions;
pub(crate) use pool::{InOrder, Pool, queue_is_full};

pub(crate) use run::current;

use progress::Progress;

use crate::plan::{Plan, Source};
use crate::python::{Handle, MemoryBudget, Object, RunningThread, attached};
use crate::redis::{Reply, User};
use crate::registration::held::Held;
use crate::registration::{Origin, Registration};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

/// Where an execution is in its life.
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
    /// What caused it; `None` for a run that a script asked for.
    pub(crate) registration: Option<Arc<Registration>>,
    source: Source,
    /// With whose rights it runs.
    user: Option<User>,
    order: Option<Arc<InOrder>>,
    aborting: AtomicBool,
    /// It runs on the main thread, which cannot be replaced.
    on_main: AtomicBool,
    limits: Limits,
    memory: MemoryBudget,
    /// Why it was stopped, if a limit was why.
    reason: OnceLock<String>,
    thread: RunningThread,
    state: Mutex<State>,
    /// The script it was asked for by, if it was: until it has ended.
    origin: Mutex<Option<Arc<Origin>>>,
    /// The command whose reply waits for it.
    held: OnceLock<Arc<Held>>,
    /// Set aside while a coroutine is awaited.
    parked: Mutex<Option<Progress>>,
    ended: Condvar,
}

#[derive(Debug)]
struct State {
    status: Status,
    results: Vec<Handle>,
    errors: Vec<String>,
    waiters: Vec<Waiter>,
    /// Results are kept for clients that ask later.
    keep: bool,
    /// How many results there were, also where they are not kept.
    result_count: usize,
    timing: Timing,
}

/// How long an execution took. Steps and reading are measured with `ProfileExecutions` only.
#[derive(Debug, Clone, Default)]
pub(crate) struct Timing {
    pub(crate) total: Duration,
    pub(crate) read: Duration,
    /// By step of the plan.
    pub(crate) steps: Vec<Duration>,
}

/// How an execution is doing.
#[derive(Debug, Clone)]
pub(crate) struct Report {
    pub(crate) status: Status,
    /// `None` until it has ended.
    pub(crate) results: Option<usize>,
    pub(crate) errors: Vec<String>,
    pub(crate) timing: Timing,
}

impl Execution {
    pub(crate) fn new(
        id: Id,
        plan: Arc<Plan>,
        source: Source,
        registration: Option<Arc<Registration>>,
        user: Option<User>,
    ) -> Arc<Execution> {
        let keep = registration
            .as_ref()
            .is_none_or(|one| one.keeps_executions());
        let order = registration.as_ref().and_then(|one| one.order.clone());
        let limits = crate::engine().config.limits();
        Arc::new(Execution {
            id,
            plan,
            registration,
            source,
            user,
            order,
            aborting: AtomicBool::new(false),
            on_main: AtomicBool::new(false),
            limits,
            memory: MemoryBudget::new(limits.memory),
            reason: OnceLock::new(),
            thread: RunningThread::default(),
            state: Mutex::new(State {
                status: Status::Created,
                results: Vec::new(),
                errors: Vec::new(),
                waiters: Vec::new(),
                keep,
                result_count: 0,
                timing: Timing::default(),
            }),
            origin: Mutex::default(),
            held: OnceLock::new(),
            parked: Mutex::new(None),
            ended: Condvar::new(),
        })
    }

    /// Never held while Python or a command runs.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn status(&self) -> Status {
        self.state().status
    }

    pub(crate) fn report(&self) -> Report {
        let state = self.state();
        Report {
            status: state.status,
            results: state.status.is_final().then_some(state.result_count),
            errors: state.errors.clone(),
            timing: state.timing.clone(),
        }
    }

    /// It was asked for by this script.
    pub(crate) fn belongs_to(&self, origin: Arc<Origin>) {
        *self.asked_for_by() = Some(origin);
    }

    fn asked_for_by(&self) -> MutexGuard<'_, Option<Arc<Origin>>> {
        self.origin.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The session of the script that asked for it or for its registration.
    pub(crate) fn origin(&self) -> Option<Arc<Origin>> {
        match &self.registration {
            Some(registration) => Some(Arc::clone(&registration.origin)),
            None => self.asked_for_by().clone(),
        }
    }

    /// With whose rights it runs.
    pub(crate) fn user(&self) -> Option<&User> {
        self.user.as_ref()
    }

    /// The reply of a command waits for it.
    pub(crate) fn hold(&self, held: &Arc<Held>) {
        if self.held.set(Arc::clone(held)).is_ok() {
            held.begun();
        }
    }

    /// `true` once somebody asked for its end: readers stop.
    pub(crate) fn is_aborting(&self) -> bool {
        self.aborting.load(Ordering::Relaxed)
    }

    /// Tells whoever waits that it has ended, and lets the next one of its order begin.
    fn announce_end(&self) {
        self.ended.notify_all();
        drop(self.asked_for_by().take());
        if let Some(order) = &self.order {
            order.ended();
        }
        if let Some(held) = self.held.get() {
            held.ended();
        }
    }

    /// Registers somebody who wants the outcome; gives it back if that is there already.
    pub(crate) fn wait_for_outcome(&self, waiter: Waiter) -> Result<(), Waiter> {
        let mut state = self.state();
        if state.status.is_final() {
            return Err(waiter);
        }
        state.waiters.push(waiter);
        Ok(())
    }

    /// There is no room for it, and nobody who waits and could be told: the statistics say it.
    pub(crate) fn lose(&self, error: &str) {
        self.state().status = Status::Aborted;
        if let Some(registration) = &self.registration {
            registration
                .stats
                .record(Duration::ZERO, Some(error.to_owned()));
        }
        if let Some(held) = self.held.get() {
            held.ended();
        }
    }

    /// It will not be run: everybody who waits gets an error.
    pub(crate) fn refuse(&self, error: &str) {
        let waiters = {
            let mut state = self.state();
            state.status = Status::Aborted;
            std::mem::take(&mut state.waiters)
        };
        for waiter in waiters {
            waiter.refuse(error);
        }
    }

    /// Answers somebody who came when it had ended.
    pub(crate) fn answer(&self, waiter: Waiter) {
        self.with_outcome(|results, errors| waiter.answer(results, errors));
    }

    /// Writes the outcome of an ended execution.
    pub(crate) fn reply_outcome(&self, reply: &Reply) {
        self.with_outcome(|results, errors| answer::reply_outcome(reply, results, errors));
    }

    fn with_outcome(&self, read: impl FnOnce(&[Object<'_>], &[String])) {
        // The interpreter first: its holders take the execution's own lock, too.
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
