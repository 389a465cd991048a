//! The body of a script: the Python that a client sends, until it has said what shall run and what shall be registered.
//!
//! A body runs on a thread of its own, without the server's lock, so it may take its time: it imports packages. Its client is
//! blocked meanwhile.
//!
//! | file | purpose |
//! |---|---|
//! | `threads.rs` | the threads of bodies, and the bodies that wait for one |
//! | `once.rs` | the function that hears the outcome |

mod once;
mod threads;

pub(crate) use once::Once;
pub(crate) use threads::bodies;

use super::abort::{GRACE, in_background, interrupt_until_it_leaves};
use super::limits::too_long;
use super::parking::occupy;
use super::too_much_memory;
use crate::config;
use crate::python::{Gil, MemoryBudget, RunningThread, Turn, detached};
use crate::redis::{Level, User, log};
use crate::scope::{Scope, Signals, apart, with};
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// The error for the client of a script that was aborted.
const ABORTED: &str = "ERR the script was aborted";

/// What is left to do after a body, without the interpreter. It gets the reason why the body was stopped, if it was.
pub(crate) type Ending = Box<dyn FnOnce(Option<String>) + Send>;

/// The Python of a body.
pub(crate) type Work = Box<dyn FnOnce(Gil<'_>) -> Ending + Send>;

/// Answers the client of a body that does not end, or does not begin, for this reason. Needs no interpreter: the body may keep
/// it.
pub(crate) type Refuse = Box<dyn FnOnce(String) + Send>;

/// The body of a script.
pub(crate) struct Body {
    /// The session that the script makes.
    pub(crate) session: String,
    /// The session that the script names as the one to replace.
    replaces: Option<String>,
    /// The user who sent the script. `None` is the default user.
    pub(crate) user: Option<User>,
    /// The limit of memory that stops the body.
    memory: Arc<MemoryBudget>,
    thread: RunningThread,
    signals: Arc<Signals>,
    /// Why the body is stopped, as a text for the client.
    reason: OnceLock<String>,
    state: Mutex<State>,
    /// Notified when the Python has ended.
    end: Condvar,
}

struct State {
    stage: Stage,
    work: Option<Work>,
    refuse: Option<Refuse>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Waiting,
    Running {
        since: Instant,
        limit: Option<Limit>,
    },
    /// The Python has ended.
    Ended,
    /// The Python did not end in time. Its thread was left behind.
    GivenUp,
}

/// A limit of time, and the setting that it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Limit {
    Script(Duration),
    Execution(Duration),
}

impl Limit {
    /// The limit that is reached first.
    fn current() -> Option<Limit> {
        let config = config::get();
        match (config.script_max_time(), config.limits().time) {
            (Some(script), Some(execution)) if execution < script => {
                Some(Limit::Execution(execution))
            }
            (None, Some(execution)) => Some(Limit::Execution(execution)),
            (script, _) => script.map(Limit::Script),
        }
    }

    fn duration(self) -> Duration {
        match self {
            Limit::Script(duration) | Limit::Execution(duration) => duration,
        }
    }

    fn reason(self) -> String {
        match self {
            Limit::Execution(limit) => too_long(limit),
            Limit::Script(limit) => format!(
                "ERR the script was stopped: it ran longer than ScriptMaxTime, {} ms: let run() or a registration do the work, or raise the setting with RG.CONFIGSET",
                limit.as_millis()
            ),
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Body")
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}

impl Body {
    /// The body of a script of `user` that makes `session`, perhaps in place of the session `replaces`. Either `work` or `refuse` is
    /// called.
    pub(crate) fn new(
        session: String,
        replaces: Option<String>,
        user: Option<User>,
        work: Work,
        refuse: Refuse,
    ) -> Arc<Body> {
        Arc::new(Body {
            session,
            replaces,
            user,
            memory: Arc::new(MemoryBudget::new(config::get().limits().memory)),
            thread: RunningThread::default(),
            signals: Arc::default(),
            reason: OnceLock::new(),
            state: Mutex::new(State {
                stage: Stage::Waiting,
                work: Some(work),
                refuse: Some(refuse),
            }),
            end: Condvar::new(),
        })
    }

    /// The thread of the body, while its Python runs.
    pub(super) fn thread(&self) -> &RunningThread {
        &self.thread
    }

    pub(super) fn memory(&self) -> &Arc<MemoryBudget> {
        &self.memory
    }

    /// Locks the state. The lock is never held while Python or a command runs.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `true` if both make or replace the same session. They run one after the other then.
    fn meets(&self, other: &Body) -> bool {
        let names = |body: &Body, name: &str| {
            body.session == name || body.replaces.as_deref() == Some(name)
        };
        names(other, &self.session)
            || self
                .replaces
                .as_deref()
                .is_some_and(|replaced| names(other, replaced))
    }

    fn is_running(&self) -> bool {
        matches!(self.state().stage, Stage::Running { .. })
    }

    /// `true` once the Python has ended or was given up.
    pub(crate) fn is_over(&self) -> bool {
        matches!(self.state().stage, Stage::Ended | Stage::GivenUp)
    }

    /// The time since the body began; zero before.
    pub(crate) fn running_for(&self) -> Duration {
        match self.state().stage {
            Stage::Running { since, .. } => since.elapsed(),
            Stage::Waiting | Stage::Ended | Stage::GivenUp => Duration::ZERO,
        }
    }

    /// Runs the body, and then what is left to do. Returns `false` if the thread was left behind meanwhile.
    fn run(&self, py: Gil<'_>) -> bool {
        let Some(work) = self.begin() else {
            return true;
        };
        let signals = Some(Arc::clone(&self.signals));
        let ending = apart(|| {
            with(Scope::body, signals, || {
                occupy(py, &self.thread, &self.memory, || work(py))
            })
        });
        detached(py, || {
            let goes_on = self.has_ended();
            if goes_on {
                ending(self.stopped_for());
            }
            goes_on
        })
    }

    fn begin(&self) -> Option<Work> {
        let mut state = self.state();
        if state.stage != Stage::Waiting {
            return None;
        }
        state.stage = Stage::Running {
            since: Instant::now(),
            limit: Limit::current(),
        };
        state.work.take()
    }

    /// The Python has ended. Returns `false` if it was given up before.
    fn has_ended(&self) -> bool {
        let mut state = self.state();
        if state.stage == Stage::GivenUp {
            return false;
        }
        state.stage = Stage::Ended;
        if self.stopped_for().is_some() {
            // Threads that it has started may go on.
            self.signals.give_up();
        }
        let refuse = state.refuse.take();
        drop(state);
        drop(refuse);
        self.end.notify_all();
        true
    }

    fn stopped_for(&self) -> Option<String> {
        let over = self.memory.exceeded().map(too_much_memory);
        self.reason.get().cloned().or(over)
    }

    /// The limit that the running body is over, as a text for the client. `None` also if it is being stopped already.
    fn over_limit(&self) -> Option<String> {
        let Stage::Running { since, limit } = self.state().stage else {
            return None;
        };
        if self.reason.get().is_some() {
            return None;
        }
        let is_over = |limit: &Limit| since.elapsed() >= limit.duration();
        let memory = self.memory.exceeded().map(too_much_memory);
        memory.or_else(|| limit.filter(is_over).map(Limit::reason))
    }

    /// Stops the body: its client gets `reason`. Waits until that is so. The caller holds neither the server's lock nor the
    /// interpreter.
    fn stop(self: &Arc<Self>, reason: String) {
        if self.reason.set(reason.clone()).is_ok() {
            // On another thread: the body may keep the interpreter.
            let running = Arc::clone(self);
            in_background("rg-interrupt", move || {
                interrupt_until_it_leaves(&running.thread);
            });
        }
        let Some((was_running, refuse)) = self.give_up() else {
            return;
        };
        refuse(reason);
        bodies().leave_behind(self, was_running);
        if was_running {
            log(
                Level::Warning,
                &format!(
                    "the script of session {} did not stop in time: its thread was left behind",
                    self.session
                ),
            );
        }
    }

    /// Waits a little for the end of Python that was interrupted, and then gives it up. Returns whether it has begun. `None` if
    /// it has ended.
    fn give_up(&self) -> Option<(bool, Refuse)> {
        let runs = |state: &mut State| matches!(state.stage, Stage::Running { .. });
        let (mut state, _) = self
            .end
            .wait_timeout_while(self.state(), GRACE, runs)
            .unwrap_or_else(PoisonError::into_inner);
        let was_running = match state.stage {
            Stage::Ended | Stage::GivenUp => return None,
            Stage::Waiting => false,
            Stage::Running { .. } => true,
        };
        state.stage = Stage::GivenUp;
        self.signals.give_up();
        let unused = state.work.take();
        let refuse = state.refuse.take()?;
        drop(state);
        drop(unused);
        Some((was_running, refuse))
    }

    /// Ends the body if it has not begun. Returns `false` if it has.
    pub(crate) fn withdraw(self: &Arc<Self>) -> bool {
        let (unused, refuse) = {
            let mut state = self.state();
            if state.stage != Stage::Waiting {
                return false;
            }
            state.stage = Stage::GivenUp;
            self.signals.give_up();
            (state.work.take(), state.refuse.take())
        };
        drop(unused);
        if let Some(refuse) = refuse {
            refuse(ABORTED.to_owned());
        }
        bodies().leave_behind(self, false);
        true
    }

    /// Stops the body, and then calls `then`.
    pub(crate) fn abort(self: &Arc<Self>, then: impl FnOnce() + Send + 'static) {
        let body = Arc::clone(self);
        in_background("rg-abort", move || {
            body.stop(ABORTED.to_owned());
            then();
        });
    }
}

/// Stops the bodies that are over a limit.
pub(super) fn check_limits() {
    for body in bodies().running() {
        if let Some(reason) = body.over_limit() {
            in_background("rg-abort", move || body.stop(reason));
        }
    }
}

/// Stops the body that holds the server's lock in this turn, if a body does.
pub(super) fn stop_holder(turn: Turn, reason: &str) {
    for body in bodies().running() {
        if turn.is_of(&body.thread) {
            let reason = reason.to_owned();
            in_background("rg-abort", move || body.stop(reason));
        }
    }
}
