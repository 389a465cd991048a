//! Stopping an execution.
//!
//! An abort raises `gears.forcestopped` in the Python that runs, again and again until the Python ends. A thread that does
//! not come back in time (it may be inside a C function, a socket, a sort) is given up: the execution is aborted, its
//! clients are answered, another thread takes the place of the thread, and the thread ends when it returns.

use super::cause::{Ended, How};
use super::pool::pool;
use super::{Execution, PartEnd, Status};
use crate::python::{Force, RunningThread, interrupt};
use crate::redis::{BlockedClient, Level, Worker, log};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::thread;
use std::time::Duration;

/// The time that Python has to react to an interruption.
pub(super) const GRACE: Duration = Duration::from_millis(100);

/// The error of an execution that a client aborted. The error of the Python that was interrupted follows, if there is one.
pub(super) const ABORTED: &str = "ERR the execution was aborted";

/// What stopped an execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stopped {
    /// A client, an upgrade or a disconnect.
    Aborted,
    /// A limit, with the text for the client.
    Limit(String),
}

impl Stopped {
    /// The error for the clients that wait. `raised` is the text of the exception that ended the Python.
    pub(super) fn error(&self, raised: Option<&str>) -> String {
        match (self, raised) {
            (Stopped::Limit(reason), _) => reason.clone(),
            (Stopped::Aborted, None) => ABORTED.to_owned(),
            (Stopped::Aborted, Some(raised)) => format!("{ABORTED}: {raised}"),
        }
    }

    /// The error that the statistics show. `None` for an abort of a client.
    pub(super) fn reason(&self) -> Option<&str> {
        match self {
            Stopped::Aborted => None,
            Stopped::Limit(reason) => Some(reason),
        }
    }
}

/// Stops `execution` and then answers the client, if there is one.
pub(crate) fn abort(execution: Arc<Execution>, client: Option<BlockedClient>) {
    execution.aborting.store(true, Ordering::Relaxed);
    let answer = |client: Option<BlockedClient>| {
        if let Some(client) = client {
            client.answer(|reply| reply.status("OK"));
        }
    };
    match execution.status() {
        Status::Done | Status::Aborted => answer(client),
        Status::Created if execution.give_up(Status::Created, OnStuckThread::Keep) => {
            answer(client);
        }
        Status::Running if execution.is_parked() => {
            execution.give_up(Status::Running, OnStuckThread::Keep);
            answer(client);
            close_parked(execution);
        }
        // Also an execution that a worker began after the look at its status.
        Status::Created | Status::Running => in_background("rg-abort", move || {
            execution.stop_running();
            answer(client);
        }),
    }
}

/// Closes an execution that was set aside and is given up. Many of them may wait for other shards alone, so they share a thread.
fn close_parked(execution: Arc<Execution>) {
    static CLOSING: Worker = Worker::new("rg-close", "executions that were given up");
    if !execution.has_coroutines() {
        return CLOSING.run(Box::new(move || execution.close()));
    }
    // A coroutine may run at this moment, on the thread of all coroutines.
    in_background("rg-interrupt", move || {
        execution.close();
        interrupt_until_it_leaves(&execution.coroutine_thread);
    });
}

/// Stops the part of a run that has failed on another shard, soon. `reason` is the error for its clients. When a shard is lost, there
/// may be thousands of such parts, so they share a thread.
pub(crate) fn stop_part(execution: Arc<Execution>, reason: Option<String>) {
    static STOPPING: Worker = Worker::new("rg-lost", "runs that have failed");
    if let Some(reason) = reason {
        execution.give_reason(reason);
    }
    STOPPING.run(Box::new(move || abort(execution, None)));
}

/// Ends an execution that has not begun. One that has begun is left alone.
pub(crate) fn withdraw(execution: &Arc<Execution>) {
    execution.end_as_aborted(Status::Created, How::Withdrawn, OnStuckThread::Keep);
}

/// Stops an execution that has exceeded a limit. `reason` is the error for its clients.
pub(crate) fn stop(execution: Arc<Execution>, reason: String) {
    execution.give_reason(reason);
    // Not on the thread that watches the limits: the end of an execution may wait for the server's lock, and a sync call that
    // is over its limit may hold it.
    in_background("rg-abort", move || abort(execution, None));
}

pub(super) fn in_background(name: &str, work: impl FnOnce() + Send + 'static) {
    let spawned = thread::Builder::new().name(name.into()).spawn(work);
    if let Err(failure) = spawned {
        log(
            Level::Warning,
            &format!("an execution could not be stopped: {failure}"),
        );
    }
}

/// The number of times that Python may catch an interruption. Then the interruption insists.
const CATCHES: usize = 10;

/// Interrupts Python until it has left the execution.
pub(super) fn interrupt_until_it_leaves(running: &RunningThread) {
    interrupt_until(|force| !interrupt(running, force));
}

/// Interrupts Python until `interrupt` returns `true`. Once is not enough: Python may catch the exception and go on.
pub(super) fn interrupt_until(mut interrupt: impl FnMut(Force) -> bool) {
    for round in 0_usize.. {
        let force = if round < CATCHES {
            Force::Once
        } else {
            Force::Insist
        };
        if interrupt(force) {
            return;
        }
        thread::sleep(GRACE);
    }
}

/// The fate of the worker thread that runs an execution that is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OnStuckThread {
    /// The thread goes on with other executions when it returns.
    Keep,
    /// Another thread takes its place, and the thread ends when it returns.
    Replace,
}

impl Execution {
    /// What has stopped the execution. `None` if nothing did.
    pub(super) fn stopped(&self) -> Option<Stopped> {
        match self.stopped_for() {
            Some(reason) => Some(Stopped::Limit(reason)),
            None => self.is_aborting().then_some(Stopped::Aborted),
        }
    }

    pub(super) fn stop_running(self: &Arc<Self>) {
        // On another thread: the execution that has to stop may hold the interpreter.
        let running = Arc::clone(self);
        in_background("rg-interrupt", move || {
            interrupt_until(|force| {
                let threads = [&running.thread, &running.coroutine_thread];
                // Each of them, whether the others run or not.
                !threads.map(|one| interrupt(one, force)).contains(&true)
            });
        });
        let state = self.state();
        let (state, timeout) = self
            .end
            .wait_timeout_while(state, GRACE, |state| !state.status.is_final())
            .unwrap_or_else(PoisonError::into_inner);
        drop(state);
        // The main thread cannot be replaced: it is interrupted until it gives in.
        let stuck = timeout.timed_out() && !self.on_main.load(Ordering::Relaxed);
        if !stuck || !self.give_up(Status::Running, OnStuckThread::Replace) {
            return;
        }
        if self.has_lost_its_thread() {
            pool().replace_stuck_thread(self);
            log(
                Level::Warning,
                &format!(
                    "execution {} did not stop in time: its thread was replaced",
                    self.id
                ),
            );
        }
        self.close();
    }

    /// Makes the execution aborted if its status is `from`, and answers the clients that wait. Returns `false` if it has
    /// another status.
    pub(super) fn give_up(&self, from: Status, thread: OnStuckThread) -> bool {
        self.end_as_aborted(from, How::Stopped, thread)
    }

    pub(super) fn end_as_aborted(&self, from: Status, how: How, thread: OnStuckThread) -> bool {
        let stopped = self.stopped_for().map_or(Stopped::Aborted, Stopped::Limit);
        let error = stopped.error(None);
        let waiters = {
            let mut state = self.state();
            if state.status != from {
                return false;
            }
            state.status = Status::Aborted;
            self.signals.give_up();
            state.errors.push(error.clone());
            // No thread is stuck in an execution that awaits a coroutine.
            state.thread_replaced = thread == OnStuckThread::Replace && !self.is_parked();
            std::mem::take(&mut state.waiters)
        };
        let ended = Ended {
            how,
            error: stopped.reason(),
            traceback: None,
            aborted: true,
            denied: false,
            duration: Duration::ZERO,
        };
        self.part_has_ended(&PartEnd::Stopped(&error));
        self.announce(&ended, !waiters.is_empty());
        for waiter in waiters {
            waiter.answer_aborted(&error);
        }
        self.settle(&ended);
        if from == Status::Created {
            pool().one_has_ended();
        }
        true
    }
}
