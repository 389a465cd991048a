//! Functions that run again and again.

use super::{Owner, Session, registry};
use crate::execution::{self, Cause, Ended, Execution, How, Surroundings, launch};
use crate::id::Id;
use crate::plan::{Plan, Reader, Source};
use crate::python::Callback;
use crate::redis::{Context, Level, User, after, log};
use crate::scope::SessionInfo;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// A function and its interval. It stops with the session that it belongs to, or with its key.
#[derive(Debug)]
pub(crate) struct TimeEvent {
    function: Arc<Callback>,
    interval: Duration,
    /// The session of everything that the function runs and registers.
    session: Option<Arc<SessionInfo>>,
    user: Option<User>,
    stopped: AtomicBool,
    /// A run has not ended. The function is not run a second time meanwhile.
    running: AtomicBool,
}

impl TimeEvent {
    pub(crate) fn new(
        function: Callback,
        interval: Duration,
        session: Option<Arc<SessionInfo>>,
        user: Option<User>,
    ) -> Arc<Self> {
        Arc::new(TimeEvent {
            function: Arc::new(function),
            interval,
            session,
            user,
            stopped: AtomicBool::new(false),
            running: AtomicBool::new(false),
        })
    }

    /// No other run begins.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// `true` if a run may begin: no other one runs.
    fn begin(&self) -> bool {
        !self.running.swap(true, Ordering::Relaxed)
    }

    fn end(&self) {
        self.running.store(false, Ordering::Relaxed);
    }
}

/// A tick of the timer as the cause of an execution.
#[derive(Debug)]
struct Tick(Arc<TimeEvent>);

impl Cause for Tick {
    fn surroundings(&self) -> Surroundings {
        Surroundings {
            user: Some(User::or_default(self.0.user.clone())),
            ..Surroundings::default()
        }
    }

    fn session(&self) -> Option<Arc<SessionInfo>> {
        self.0.session.clone()
    }

    fn ended(&self, ended: &Ended<'_>) {
        if let Some(error) = ended.error.filter(|_| !ended.aborted) {
            let what = match ended.how {
                How::Refused => "a run of a time event was left out",
                How::Completed | How::Stopped => "a time event failed",
            };
            log(Level::Warning, &format!("{what}: {error}"));
        }
        self.0.end();
    }

    /// Listed while it runs only, so that clients can abort it.
    fn retire(&self, id: Id) -> Option<Id> {
        Some(id)
    }
}

/// Runs a function again and again for as long as the session of `owner` exists.
pub(crate) fn begin(
    context: &Context,
    owner: &Owner,
    function: Callback,
    interval: Duration,
) -> Result<(), String> {
    let Some(session) = owner.session(context) else {
        return Err("the session of this gear is gone: nothing can be registered".to_owned());
    };
    let event = TimeEvent::new(
        function,
        interval,
        Some(Arc::clone(&session)),
        owner.user(context),
    );
    registry().write(context, |registry| {
        if registry.session(&session.id).is_none() {
            registry.insert(Session::new(&session), Vec::new(), None);
        }
        registry.own_timer(&session.id, Arc::clone(&event));
    });
    start(context, event);
    Ok(())
}

/// Runs the function for the first time after its interval, and then again and again.
pub(crate) fn start(context: &Context, event: Arc<TimeEvent>) {
    let interval = event.interval;
    after(context, interval, move |context| tick(context, event));
}

fn tick(context: &Context, event: Arc<TimeEvent>) {
    if event.is_stopped() {
        return;
    }
    if context.may_handle_events() && event.begin() {
        run(&event);
    }
    start(context, event);
}

fn run(event: &Arc<TimeEvent>) {
    let plan = Plan {
        reader: Reader::Python,
        steps: Arc::new([]),
    };
    let execution = Execution::new(
        execution::ids().next(),
        Arc::new(plan),
        Source::Call(Arc::clone(&event.function)),
        Arc::new(Tick(Arc::clone(event))),
    );
    // No client waits for a tick: the log tells of a refusal.
    let _ = launch(execution);
}
