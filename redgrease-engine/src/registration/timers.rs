//! Functions that run again and again.

use crate::execution::Execution;
use crate::plan::{Plan, Reader, Source};
use crate::python::Callback;
use crate::redis::{Context, User, after};

use super::{Origin, Owner, Session};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// A function and how often it runs. It stops with the session it belongs to, or with its key.
#[derive(Debug)]
pub(crate) struct TimeEvent {
    pub(crate) function: Callback,
    interval: Duration,
    /// The session that what it runs and registers belongs to.
    origin: Option<Arc<Origin>>,
    user: Option<User>,
    stopped: AtomicBool,
    /// One run has not ended: the next one is left out.
    running: AtomicBool,
}

impl TimeEvent {
    pub(crate) fn new(
        function: Callback,
        interval: Duration,
        origin: Option<Arc<Origin>>,
        user: Option<User>,
    ) -> Arc<Self> {
        Arc::new(TimeEvent {
            function,
            interval,
            origin,
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

/// Runs a function again and again for as long as the owner's session is there.
pub(crate) fn begin(
    context: &Context,
    owner: &Owner,
    function: Callback,
    interval: Duration,
) -> Result<(), String> {
    let Some(origin) = owner.origin(context) else {
        return Err("the session of this gear is gone: nothing can be registered".to_owned());
    };
    let user = owner.user(context);
    let event = TimeEvent::new(function, interval, Some(Arc::clone(&origin)), user);
    crate::engine().registry.write(context, |registry| {
        if registry.session(&origin.id).is_none() {
            registry.insert(Session::new(&origin), Vec::new(), None);
        }
        registry.own_timer(&origin.id, Arc::clone(&event));
    });
    start(context, event);
    Ok(())
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
        if let Some(origin) = &event.origin {
            execution.belongs_to(Arc::clone(origin));
        }
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
