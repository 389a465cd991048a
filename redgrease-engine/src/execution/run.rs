//! Running an execution on the thread that has it.

use super::progress::Progress;
use super::{Execution, Status, Timing};
use crate::plan::Source;
use crate::python::{
    Gil, Object, apart_from_atomic, attached, describe, detached, leave_atomic, profiled,
};
use crate::readers::Reading;
use crate::redis::{Level, User, is_locked, locked, log};
use crate::registration::streams::{self, BatchEnd};
use crate::registration::{held, hooks};
use crate::steps::Pipeline;
use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// What an execution ends with that was aborted while none of its Python ran: the last line of the
/// traceback that it has otherwise.
const FORCE_STOPPED: &str = "gears.forcestopped";

thread_local! {
    static CURRENT: RefCell<Option<Arc<Execution>>> = const { RefCell::new(None) };
}

/// The execution that this thread runs.
pub(crate) fn current() -> Option<Arc<Execution>> {
    CURRENT.with_borrow(Clone::clone)
}

struct Running(Option<Arc<Execution>>);

impl Running {
    fn new(execution: &Arc<Execution>) -> Running {
        Running(CURRENT.replace(Some(Arc::clone(execution))))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

impl Execution {
    /// Runs it, to its end or to where it has to be set aside. `false` if the thread was given up
    /// for stuck meanwhile: it must end, another one has taken its place.
    pub(super) fn run(self: &Arc<Self>, py: Gil<'_>) -> bool {
        let mut progress = match self.unpark() {
            Some(progress) if self.status() == Status::Running => progress,
            None if self.begin() => Progress::new(Pipeline::new(py, &self.plan), Reading::NotBegun),
            // Aborted while it waited.
            _ => return true,
        };
        let waiting = profiled(
            py,
            || self.origin(),
            || self.with_surroundings(|| self.occupy(py, || progress.advance(py, self))),
        );
        leave_atomic();
        if let Some(coroutine) = waiting {
            self.park(py, progress, &coroutine);
            return true;
        }
        let started = progress.started;
        let timing = Timing {
            total: started.elapsed(),
            read: progress.read,
            steps: progress.pipeline.durations(),
        };
        let cut_short = progress.cut_short;
        let (results, errors) = progress.pipeline.into_outcome(py);
        let mut errors: Vec<String> = errors.iter().map(|raised| describe(py, raised)).collect();
        let mut results = results;
        // What is there is not all: nobody may take it for that, and messages were left out.
        if cut_short && errors.is_empty() {
            errors.push(FORCE_STOPPED.to_owned());
        }
        self.limit_results(results.len());
        if let Some(reason) = self.stopped_for() {
            results.clear();
            errors = vec![reason];
        }
        let failure = errors.first().cloned();
        let goes_on = self.complete(&results, errors, timing);
        drop(results);
        if goes_on {
            let end = match &failure {
                None => BatchEnd::Well,
                Some(_) if self.is_aborting() => BatchEnd::Aborted,
                Some(error) => BatchEnd::Failed(error),
            };
            if is_locked() {
                self.settle(end);
            } else {
                detached(py, || self.settle(end));
            }
        }
        goes_on
    }

    /// Runs `body`, which is Python of this execution, so that it can be interrupted and pays for
    /// its memory.
    pub(crate) fn occupy<R>(&self, py: Gil<'_>, body: impl FnOnce() -> R) -> R {
        self.thread.enter(py);
        let outcome = self.memory.pay(body);
        // Before anything else runs Python: an interruption must not hit what comes next.
        self.thread.leave(py);
        outcome
    }

    /// Runs `body` with the rights of whoever caused the execution, inside its hook and for the
    /// command that waits for it.
    pub(crate) fn with_surroundings<R>(self: &Arc<Self>, body: impl FnOnce() -> R) -> R {
        let _running = Running::new(self);
        User::run(self.user.as_ref(), || {
            held::inside(self.held.get(), || match &self.registration {
                Some(registration) => hooks::inside(registration, body),
                None => body(),
            })
        })
    }

    /// What has to follow its end, depending on where its records came from. The caller holds the
    /// interpreter only if it holds the server's lock, too.
    pub(super) fn settle(&self, end: BatchEnd<'_>) {
        match (&self.source, &self.registration) {
            (Source::Messages(messages), Some(registration)) => {
                locked(|context| streams::ended(context, registration, messages, end));
            }
            (Source::Timer(event), _) => {
                if let BatchEnd::Failed(error) = end {
                    log(Level::Warning, &format!("a time event failed: {error}"));
                }
                crate::engine().executions.remove(self.id);
                event.ended();
            }
            _ => {}
        }
    }

    fn begin(self: &Arc<Self>) -> bool {
        let mut state = self.state();
        if state.status != Status::Created {
            return false;
        }
        state.status = Status::Running;
        drop(state);
        self.watch();
        true
    }

    fn complete(
        self: &Arc<Self>,
        results: &[Object<'_>],
        errors: Vec<String>,
        timing: Timing,
    ) -> bool {
        let failure = errors.first().cloned();
        let duration = timing.total;
        let (waiters, errors) = {
            let mut state = self.state();
            if state.status.is_final() {
                return false;
            }
            state.status = self.final_status();
            state.timing = timing;
            state.result_count = results.len();
            if state.keep {
                state.results = results
                    .iter()
                    .map(|result| result.clone().unbind())
                    .collect();
                state.errors.clone_from(&errors);
            }
            (std::mem::take(&mut state.waiters), errors)
        };
        self.announce_end();
        if let Some(registration) = &self.registration {
            match self.stopped_for() {
                Some(reason) => registration.stats.record_abort(Some(reason)),
                None => registration.stats.record(duration, failure),
            }
        }
        self.leave_list(!waiters.is_empty());
        for waiter in waiters {
            waiter.answer(results, &errors);
        }
        true
    }

    /// Runs it on this thread, which holds the server's lock.
    pub(crate) fn run_here(self: &Arc<Self>) {
        self.on_main.store(true, Ordering::Relaxed);
        attached(|py| apart_from_atomic(|| self.run(py)));
        self.on_main.store(false, Ordering::Relaxed);
    }

    /// It has ended. Of a registration's executions the newest few stay in the list, if any; one
    /// that a client waited for goes when that is answered.
    pub(super) fn leave_list(&self, waited_for: bool) {
        let engine = crate::engine();
        let leaves = match &self.registration {
            Some(registration) if registration.keeps_executions() => {
                registration.finished(self.id, engine.config.max_executions_per_registration())
            }
            Some(_) => Some(self.id),
            None => (waited_for && !self.stays()).then_some(self.id),
        };
        if let Some(id) = leaves {
            engine.executions.remove(id);
        }
    }

    /// Whether it stays in the list once its client was answered.
    fn stays(&self) -> bool {
        self.state().keep
    }

    /// The run of a script whose client waits for the outcome: it is forgotten afterwards.
    pub(crate) fn forget_when_answered(&self) {
        self.state().keep = false;
    }
}
