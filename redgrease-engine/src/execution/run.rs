//! Running an execution on the thread that has it.

use super::abort::Stopped;
use super::cause::{Ended, How};
use super::list::executions;
use super::parking::{Parked, occupy};
use super::progress::Progress;
use super::reach::reach_python;
use super::{Execution, PartEnd, Status, Timing};
use crate::config;
use crate::python::{
    Gil, Holder, Object, attached, begin_hold, coroutine_refused, describe, detached, end_hold,
    flat, in_gear, kept_traceback, profiled,
};
use crate::readers::Reading;
use crate::redis::{Hold, keep, note_run, quietly};
use crate::scope::{self, Running, Scope, apart_from_atomic, leave_atomic};
use crate::steps::{Advance, Pipeline};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

impl Execution {
    /// Runs the execution to its end, or until all its records wait for coroutines, for which it is set aside. Returns `false`
    /// if the thread was given up meanwhile: the thread must end, because another thread has taken its place.
    pub(super) fn run(self: &Arc<Self>, py: Gil<'_>) -> bool {
        let mut progress = match self.unpark() {
            Some(progress) if self.status() == Status::Running => progress,
            None if self.begin() => Box::new(self.first_progress(py)),
            // Aborted while it waited. Its end gave its turn back, unless the abort came before the execution entered its
            // order.
            _ => {
                self.leave_order();
                return true;
            }
        };
        loop {
            let outcomes = self.take_outcomes();
            let advance = profiled(
                py,
                || self.session_name(),
                || {
                    self.with_surroundings(|| {
                        self.occupy(py, || progress.advance(py, self, outcomes))
                    })
                },
            );
            leave_atomic();
            match advance {
                Advance::End if self.is_over() => return self.complete(py, *progress),
                // The records that wait do not matter.
                Advance::Wait | Advance::Await(..) | Advance::End if self.stopped().is_some() => {
                    progress.read.cut_short = true;
                    progress.pipeline.close_coroutines(py);
                    if let Advance::Await(_, coroutine) = &advance {
                        drop(coroutine_refused(
                            coroutine,
                            "an execution that was stopped",
                        ));
                    }
                    return self.complete(py, *progress);
                }
                Advance::Await(ticket, coroutine) => self.await_for(py, ticket, &coroutine),
                // At its end, too, the part of one shard waits for the others.
                Advance::Wait | Advance::End => match self.park(progress) {
                    Parked::GoOn(goes_on) => progress = goes_on,
                    Parked::Aside | Parked::TooLate => return !self.has_lost_its_thread(),
                },
            }
        }
    }

    fn first_progress(self: &Arc<Self>, py: Gil<'_>) -> Progress {
        let Some(shared) = self.shared() else {
            return Progress::new(Pipeline::new(py, &self.plan.steps), Reading::NotBegun);
        };
        let begin = || self.occupy(py, || Arc::clone(shared).begin(py, self));
        match self.with_surroundings(begin) {
            Ok(pipeline) => Progress::new(pipeline, shared.reading(&self.source)),
            Err(error) => {
                let mut pipeline = Pipeline::new(py, &Arc::from([]));
                pipeline.fail(flat(&error));
                Progress::new(pipeline, Reading::Ended)
            }
        }
    }

    /// `true` if no other shard is still at work for the execution.
    fn is_over(&self) -> bool {
        self.shared().is_none_or(|shared| shared.is_over())
    }

    /// Runs `body`, which is Python of this execution on the thread that takes its records through the steps.
    fn occupy<R>(&self, py: Gil<'_>, body: impl FnOnce() -> R) -> R {
        occupy(py, &self.thread, &self.memory, body)
    }

    /// Runs `body` in the surroundings that the cause of the execution gives.
    pub(super) fn with_surroundings<R>(&self, body: impl FnOnce() -> R) -> R {
        let around = self.cause.surroundings();
        let running = Running {
            user: around.user.clone(),
            session: self.cause.session().map(|session| Arc::downgrade(&session)),
            of_registration: self.cause.registration().is_some(),
            signals: Arc::clone(&self.signals),
        };
        let in_hook = || match around.hook {
            Some(hook) => scope::inside_hook(hook, body),
            None => body(),
        };
        let withheld = || match around.withheld {
            Some(withheld) => scope::with(Scope::withheld, Some(withheld), in_hook),
            None => in_hook(),
        };
        let with_user = || scope::with(Scope::user, around.user, withheld);
        let gear = self.cause.registration().unwrap_or(self.id);
        let as_gear = || scope::inside_gear(gear, || in_gear(|| true, with_user));
        scope::with(Scope::execution, Some(running), as_gear)
    }

    fn begin(self: &Arc<Self>) -> bool {
        let mut state = self.state();
        if state.status != Status::Created {
            return false;
        }
        state.status = Status::Running;
        drop(state);
        let _ = self.began.set(Instant::now());
        self.stop_if_session_keeps_too_much();
        self.watch();
        true
    }

    /// Ends an execution that has run to its end. Returns `false` if the thread was given up meanwhile.
    fn complete(self: &Arc<Self>, py: Gil<'_>, progress: Progress) -> bool {
        let Progress {
            pipeline,
            read,
            started,
        } = progress;
        let timing = Timing {
            total: started.elapsed(),
            read: read.duration,
            steps: pipeline.durations_of_plan(py, &self.plan.steps),
        };
        let cut_short = read.cut_short;
        // Python of the gear: the text of an exception, the end of a generator, `__del__` of records.
        let end = || {
            drop(read);
            let (results, errors) = pipeline.into_outcome(py);
            let traceback = errors.first().and_then(|raised| kept_traceback(py, raised));
            let mut errors: Vec<String> =
                errors.iter().map(|raised| describe(py, raised)).collect();
            if let Some(shared) = self.shared() {
                errors.extend(shared.errors_elsewhere());
            }
            (results, errors, traceback)
        };
        let (mut results, mut errors, traceback): (_, Vec<String>, _) =
            self.with_surroundings(|| self.occupy(py, end));
        let complete = !cut_short && errors.is_empty();
        self.limit_results(results.len());
        let duration = timing.total;
        let Some((waiters, stopped)) = self.finish(&mut results, &mut errors, timing) else {
            return !self.has_lost_its_thread();
        };
        self.close();
        let ended = Ended {
            how: match stopped {
                Some(_) => How::Stopped,
                None => How::Completed,
            },
            error: match &stopped {
                Some(stopped) => stopped.reason(),
                None => errors.first().map(String::as_str),
            },
            traceback: match &stopped {
                Some(_) => None,
                None => traceback.as_deref(),
            },
            aborted: !complete && self.is_aborting(),
            denied: self.signals.was_denied(),
            duration,
        };
        self.part_has_ended(&match &stopped {
            Some(_) => PartEnd::Stopped(errors.first().map_or("", String::as_str)),
            None => PartEnd::Complete { errors: &errors },
        });
        let has_clients = !waiters.is_empty();
        self.announce(&ended, has_clients);
        for waiter in waiters {
            waiter.answer(&results, &errors);
        }
        if !results.is_empty() {
            self.with_surroundings(|| drop(results));
        }
        if self.cause.settles() {
            unlocked(py, || self.settle(&ended));
        }
        if !has_clients {
            unlocked(py, || note_run(duration));
        }
        true
    }

    /// Settles the execution if its cause wants that. Its order goes on afterwards: what a failure means for the executions
    /// behind it has to be known before one of them begins.
    pub(super) fn settle(&self, ended: &Ended<'_>) {
        if self.cause.settles() {
            self.cause.settle(ended);
            self.leave_order();
        }
    }

    /// Tells the cause that records have passed, and whether the next one waits for a coroutine.
    pub(super) fn records_passed(&self, py: Gil<'_>, count: usize, waits: bool) {
        if self.cause.records_passed(count, waits) {
            unlocked(py, || self.cause.acknowledge());
        }
    }

    /// Makes the execution ended. An execution that was stopped has no results, and one error that says so. Returns the
    /// clients that wait, or `None` if the execution had ended before.
    fn finish(
        &self,
        results: &mut Vec<Object<'_>>,
        errors: &mut Vec<String>,
        timing: Timing,
    ) -> Option<(Vec<super::Waiter>, Option<Stopped>)> {
        let mut dropped = Vec::new();
        let mut state = self.state();
        if state.status.is_final() {
            return None;
        }
        // Under the lock: a client that aborts the execution before this moment finds it aborted.
        let stopped = self.stopped();
        if let Some(stopped) = &stopped {
            // Threads that it has started may go on.
            self.signals.give_up();
            *errors = vec![stopped.error(errors.first().map(String::as_str))];
            dropped = std::mem::take(results);
            state.status = Status::Aborted;
        } else {
            state.status = Status::Done;
        }
        state.timing = timing;
        state.result_count = results.len();
        if state.keep {
            state.results = results
                .iter()
                .map(|result| result.clone().unbind().into())
                .collect();
            state.errors.clone_from(errors);
        }
        let waiters = std::mem::take(&mut state.waiters);
        drop(state);
        // Dropping results may run Python.
        drop(dropped);
        Some((waiters, stopped))
    }

    /// Announces the end of the execution, except to its clients: to the threads that abort it, to its cause, to its order
    /// and to the list of executions.
    pub(super) fn announce(&self, ended: &Ended<'_>, has_clients: bool) {
        self.end.notify_all();
        self.cause.ended(ended);
        if !self.cause.settles() {
            self.leave_order();
        }
        // No other client needs the run of a script whose client has waited for it.
        let leaves = if has_clients && !self.is_kept() {
            Some(self.id)
        } else {
            self.cause.retire(self.id)
        };
        if let Some(id) = leaves {
            executions().remove(id);
        }
        if leaves != Some(self.id) {
            let config = config::get();
            let most = config
                .limits()
                .memory
                .and_then(|most| i64::try_from(most).ok());
            let most = most.unwrap_or(i64::MAX);
            executions().keep(self.id, config.max_executions(), self.kept_bytes(), most);
        }
    }

    pub(super) fn leave_order(&self) {
        if let Some(order) = self.cause.order() {
            order.leave(self.id);
        }
    }

    /// `true` once the execution was stopped or taken back. Takes no lock.
    pub(super) fn was_given_up(&self) -> bool {
        self.signals.was_given_up()
    }

    /// Runs the execution on this thread, which holds the server's lock.
    pub(crate) fn run_here(self: &Arc<Self>) {
        let _hold = Hold::begin();
        super::launch::list(self);
        if let Err(error) = reach_python() {
            return self.refuse(&error);
        }
        self.on_main.store(true, Ordering::Relaxed);
        attached(|py| {
            let began = begin_hold(py, Holder::Execution);
            quietly(|| apart_from_atomic(|| self.run(py)));
            if began {
                end_hold(py);
            }
        });
        self.on_main.store(false, Ordering::Relaxed);
    }

    /// The bytes of the results that are kept, as far as they are known.
    fn kept_bytes(&self) -> i64 {
        if self.state().results.is_empty() {
            0
        } else {
            self.memory.spent()
        }
    }

    /// `true` if clients ask for the execution later.
    pub(crate) fn is_kept(&self) -> bool {
        self.state().keep
    }

    /// The client waits for the outcome: the execution is forgotten when the client has its answer.
    pub(crate) fn forget_when_answered(&self) {
        self.state().keep = false;
    }
}

/// Runs `body`, which may take the server's lock: without the interpreter, unless this thread holds that lock.
pub(super) fn unlocked<R: Send>(py: Gil<'_>, body: impl FnOnce() -> R + Send) -> R {
    match keep() {
        Some(_kept) => body(),
        None => detached(py, body),
    }
}
