//! Stopping an execution.
//!
//! Python that runs gets `gears.forcestopped` raised in it. A thread that does not come back in
//! time (it may be inside a C function, a socket, a sort) is given up: the execution is aborted,
//! everybody is answered, another thread takes its place, and the old one ends when it returns.

use super::{Execution, Status};
use crate::python::interrupt;
use crate::redis::{BlockedClient, Level, log};
use crate::registration::streams::BatchEnd;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::thread;
use std::time::Duration;

/// How long Python has to notice that it was interrupted.
const GRACE: Duration = Duration::from_millis(100);

/// Stops `execution` and then answers the client, if there is one.
pub(crate) fn abort(execution: Arc<Execution>, client: Option<BlockedClient>) {
    execution.aborting.store(true, Ordering::Relaxed);
    let answer = |client: Option<BlockedClient>| {
        if let Some(client) = client {
            client.answer(crate::redis::Reply::ok);
        }
    };
    match execution.status() {
        Status::Done | Status::Aborted => answer(client),
        Status::Created => {
            execution.give_up(Status::Created);
            answer(client);
        }
        Status::Running if execution.is_parked() => {
            execution.give_up(Status::Running);
            answer(client);
        }
        Status::Running => {
            let spawned = thread::Builder::new()
                .name("rg-abort".into())
                .spawn(move || {
                    execution.stop_running();
                    answer(client);
                });
            if let Err(failure) = spawned {
                log(
                    Level::Warning,
                    &format!("an execution could not be aborted: {failure}"),
                );
            }
        }
    }
}

impl Execution {
    fn stop_running(self: &Arc<Self>) {
        // On a thread of its own: the interpreter may be held by what is to be stopped.
        let running = Arc::clone(self);
        let interrupter = thread::Builder::new()
            .name("rg-interrupt".into())
            .spawn(move || interrupt(&running.thread));
        if let Err(failure) = interrupter {
            log(
                Level::Warning,
                &format!("an execution could not be interrupted: {failure}"),
            );
        }
        let state = self.state();
        let (state, timeout) = self
            .ended
            .wait_timeout_while(state, GRACE, |state| !state.status.is_final())
            .unwrap_or_else(PoisonError::into_inner);
        drop(state);
        if timeout.timed_out() && self.give_up(Status::Running) {
            crate::engine().pool.replace_stuck_thread();
            log(
                Level::Warning,
                &format!(
                    "execution {} did not stop in time: its thread was replaced",
                    self.id
                ),
            );
        }
    }

    /// Makes it aborted if it is still in `from`, and answers whoever waits for it.
    fn give_up(&self, from: Status) -> bool {
        let waiters = {
            let mut state = self.state();
            if state.status != from {
                return false;
            }
            state.status = Status::Aborted;
            std::mem::take(&mut state.waiters)
        };
        self.announce_end();
        if let Some(registration) = &self.registration {
            registration.stats.record_abort();
            self.leave_list(registration);
        }
        for waiter in waiters {
            waiter.answer_aborted();
        }
        self.settle(BatchEnd::Aborted);
        true
    }
}
