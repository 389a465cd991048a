//! Functions that run again and again.

use crate::execution::Execution;
use crate::plan::{Plan, Reader, Source};
use crate::python::Callback;
use crate::redis::{Context, User, after};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// A function and how often it runs. It belongs to the session of its script and stops with it.
#[derive(Debug)]
pub(crate) struct TimeEvent {
    pub(crate) function: Callback,
    interval: Duration,
    user: Option<User>,
    stopped: AtomicBool,
    /// One run has not ended: the next one is left out.
    running: AtomicBool,
}

impl TimeEvent {
    pub(crate) fn new(function: Callback, interval: Duration, user: Option<User>) -> Arc<Self> {
        Arc::new(TimeEvent {
            function,
            interval,
            user,
            stopped: AtomicBool::new(false),
            running: AtomicBool::new(false),
        })
    }

    /// It does not run any more.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// A run has ended.
    pub(crate) fn ended(&self) {
        self.running.store(false, Ordering::Relaxed);
    }
}

/// Runs it for the first time after its interval, and then on.
pub(crate) fn start(context: &Context, event: Arc<TimeEvent>) {
    let interval = event.interval;
    after(context, interval, move |context| tick(context, event));
}

fn tick(context: &Context, event: Arc<TimeEvent>) {
    if event.stopped.load(Ordering::Relaxed) {
        return;
    }
    if context.may_handle_events() && !event.running.swap(true, Ordering::Relaxed) {
        let engine = crate::engine();
        let plan = Arc::new(Plan {
            reader: Reader::Python,
            steps: Vec::new(),
        });
        let execution = Execution::new(
            engine.execution_ids.next(),
            plan,
            Source::Timer(Arc::clone(&event)),
            None,
            Some(User::or_default(event.user.clone())),
        );
        // Listed while it runs, so that it can be aborted.
        engine.executions.insert(Arc::clone(&execution), usize::MAX);
        let limit = engine.config.queue_size();
        if engine.pool.submit(Arc::clone(&execution), limit).is_err() {
            engine.executions.remove(execution.id);
            event.ended();
        }
    }
    start(context, event);
}
