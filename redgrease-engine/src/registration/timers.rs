//! Functions that run again and again.

use super::{Owner, Session, registry, timer_shard};
use crate::execution::{self, Cause, Ended, Execution, How, Surroundings, launch};
use crate::id::Id;
use crate::plan::{Plan, Reader, Source};
use crate::python::Callback;
use crate::redis::{Context, Level, READ_ONLY, User, after, log};
use crate::scope::SessionInfo;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The servers of a cluster that run a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// The shard that is chosen for the session.
    OneShard,
    /// Each shard that has the session.
    EachShard,
    /// The shard that serves this slot, in which the key of the function is.
    Slot(u16),
}

/// A time event that a script asks for.
#[derive(Debug)]
pub(crate) struct NewTimer {
    pub(crate) function: Callback,
    pub(crate) interval: Duration,
    pub(crate) place: Place,
}

/// A function and its interval. It stops with the session that it belongs to, or with its key.
#[derive(Debug)]
pub(crate) struct TimeEvent {
    function: Arc<Callback>,
    interval: Duration,
    /// The session of everything that the function runs and registers.
    session: Option<Arc<SessionInfo>>,
    user: Option<User>,
    place: Place,
    /// A running gear has made it: in a cluster the other shards do not know it.
    is_of_gear: bool,
    stopped: AtomicBool,
    /// A run has not ended. The function is not run a second time meanwhile.
    running: AtomicBool,
}

impl TimeEvent {
    pub(crate) fn new(
        timer: NewTimer,
        session: Option<Arc<SessionInfo>>,
        user: Option<User>,
    ) -> Arc<Self> {
        Arc::new(TimeEvent::made(timer, session, user, false))
    }

    fn made(
        timer: NewTimer,
        session: Option<Arc<SessionInfo>>,
        user: Option<User>,
        is_of_gear: bool,
    ) -> TimeEvent {
        TimeEvent {
            function: Arc::new(timer.function),
            interval: timer.interval,
            session,
            user,
            place: timer.place,
            is_of_gear,
            stopped: AtomicBool::new(false),
            running: AtomicBool::new(false),
        }
    }

    /// No other run begins.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_of_gear(&self) -> bool {
        self.is_of_gear
    }

    pub(super) fn place(&self) -> Place {
        self.place
    }

    /// The id of its session. Empty if it has none.
    pub(super) fn session_id(&self) -> &str {
        self.session.as_ref().map_or("", |session| &session.id)
    }

    pub(super) fn is_stopped(&self) -> bool {
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
        if let Some(warning) = warning(ended) {
            log(Level::Warning, &warning);
        }
        self.0.end();
    }

    /// Listed while it runs only, so that clients can abort it.
    fn retire(&self, id: Id) -> Option<Id> {
        Some(id)
    }
}

/// The entry of the log for a tick that has failed, or that a limit stopped. One that a client aborted has no error: the
/// client knows why.
fn warning(ended: &Ended<'_>) -> Option<String> {
    let error = ended.error?;
    let failure = match ended.how {
        How::Refused => "a run of a time event was left out",
        How::Completed | How::Stopped | How::Withdrawn => "a time event failed",
    };
    Some(format!("{failure}: {error}"))
}

/// A session has at most so many time events without a key: each tick is an execution.
const MOST: usize = 1000;

/// Checks that a session which has so many time events may have another one. The error is the text for the gear.
pub(crate) fn check_another(existing: usize) -> Result<(), String> {
    if existing < MOST {
        return Ok(());
    }
    Err(format!(
        "ERR a session can have at most {MOST} time events without a key: let one time event do several things, or unregister the session"
    ))
}

/// Runs a function again and again for as long as the session of `owner` exists. In a cluster the other shards do not know the
/// function: it runs here.
pub(crate) fn begin(
    context: &Context,
    owner: &Owner,
    function: Callback,
    interval: Duration,
) -> Result<(), String> {
    if context.is_read_only() {
        return Err(READ_ONLY.to_owned());
    }
    let Some(session) = owner.session(context) else {
        return Err("the session of this gear is gone: nothing can be registered".to_owned());
    };
    let timer = NewTimer {
        function,
        interval,
        place: Place::EachShard,
    };
    let user = owner.user(context);
    let event = Arc::new(TimeEvent::made(
        timer,
        Some(Arc::clone(&session)),
        user,
        true,
    ));
    registry().write(context, |registry| {
        if registry.session(&session.id).is_none() {
            registry.insert(Session::new(&session), Vec::new(), None);
        }
        let existing = registry.session(&session.id);
        check_another(existing.map_or(0, |session| session.timers.len()))?;
        registry.own_timer(&session.id, Arc::clone(&event));
        Ok::<(), String>(())
    })?;
    start(context, &event);
    Ok(())
}

/// Runs the function for the first time after its interval, and then again and again.
pub(crate) fn start(context: &Context, event: &Arc<TimeEvent>) {
    timer_shard::has_begun(context, event);
    go_on(context, event);
}

/// The session or the key of a time event owns it. The timer does not: an interval may be a day, and the session may end before.
fn go_on(context: &Context, event: &Arc<TimeEvent>) {
    let interval = event.interval;
    let event = Arc::downgrade(event);
    after(context, interval, move |context| {
        if let Some(event) = event.upgrade() {
            tick(context, &event);
        }
    });
}

fn tick(context: &Context, event: &Arc<TimeEvent>) {
    if event.is_stopped() {
        return;
    }
    if context.may_handle_events() && timer_shard::runs_here(context, event) && event.begin() {
        run(event);
    }
    go_on(context, event);
}

fn run(event: &Arc<TimeEvent>) {
    let plan = Plan::new(Reader::Python, Arc::new([]));
    let execution = Execution::new(
        execution::ids().next(),
        Arc::new(plan),
        Source::Call(Arc::clone(&event.function)),
        Arc::new(Tick(Arc::clone(event))),
    );
    // No client waits for a tick: the log tells of a refusal.
    let _ = launch(execution);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registration::testing::session;
    use crate::testing::{function, with_python};

    fn event(session: Option<Arc<SessionInfo>>, user: Option<User>) -> Arc<TimeEvent> {
        let function = with_python(|py| function(py, "lambda: None"));
        let timer = NewTimer {
            function,
            interval: Duration::from_mins(1),
            place: Place::OneShard,
        };
        TimeEvent::new(timer, session, user)
    }

    fn ended(how: How, error: Option<&str>, aborted: bool) -> Ended<'_> {
        Ended {
            how,
            error,
            traceback: None,
            aborted,
            denied: false,
            duration: Duration::ZERO,
        }
    }

    #[test]
    fn shards_share_the_time_events_of_scripts_alone() {
        let timer = |is_of_gear| {
            let function = with_python(|py| function(py, "lambda: None"));
            let timer = NewTimer {
                function,
                interval: Duration::from_mins(1),
                place: Place::EachShard,
            };
            Arc::new(TimeEvent::made(timer, None, None, is_of_gear))
        };
        let mut owner = Session::new(&session("shared"));
        owner.timers.push(timer(true));
        assert!(owner.lasts() && !owner.is_shared());
        owner.registrations.push(Id::of(1));
        assert!(owner.is_shared() && owner.ends_with(Id::of(1)));
        owner.timers.push(timer(false));
        assert!(owner.is_shared() && !owner.ends_with(Id::of(1)));
    }

    #[test]
    fn one_run_at_a_time() {
        let event = event(None, None);
        assert!(event.begin());
        assert!(!event.begin());
        event.end();
        assert!(event.begin());
    }

    #[test]
    fn a_stopped_event_stays_stopped() {
        let event = event(None, None);
        assert!(!event.is_stopped());
        event.stop();
        event.stop();
        assert!(event.is_stopped());
    }

    #[test]
    fn a_tick_can_run_again_after_every_end() {
        for how in [How::Completed, How::Stopped, How::Refused] {
            for error in [None, Some("boom")] {
                let event = event(None, None);
                assert!(event.begin());
                Tick(Arc::clone(&event)).ended(&ended(how, error, false));
                assert!(event.begin(), "{how:?} {error:?}");
            }
        }
    }

    #[test]
    fn the_log_tells_of_failed_and_refused_ticks() {
        let text = |how, error, aborted| warning(&ended(how, error, aborted));
        let failed = Some("a time event failed: boom".to_owned());
        assert_eq!(text(How::Completed, Some("boom"), false), failed);
        let left_out = Some("a run of a time event was left out: full".to_owned());
        assert_eq!(text(How::Refused, Some("full"), false), left_out);
        assert_eq!(text(How::Completed, None, false), None);
        assert_eq!(text(How::Stopped, Some("boom"), true), failed);
        assert_eq!(text(How::Stopped, None, true), None);
    }

    #[test]
    fn a_tick_has_the_session_and_the_user_of_its_event() {
        let info = session("app");
        let tick = Tick(event(Some(Arc::clone(&info)), Some(User::named(b"ann"))));
        assert!(tick.session().is_some_and(|one| Arc::ptr_eq(&one, &info)));
        assert_eq!(tick.surroundings().user, Some(User::named(b"ann")));
        assert_eq!(tick.registration(), None);
        let id = execution::ids().next();
        assert_eq!(tick.retire(id), Some(id), "it leaves the list at its end");
        let nameless = Tick(event(None, None));
        assert_eq!(nameless.surroundings().user, Some(User::named(b"default")));
        assert!(nameless.session().is_none());
    }

    #[test]
    fn a_tick_that_is_aborted_before_it_runs_lets_the_next_one_run() {
        let event = event(None, None);
        assert!(event.begin());
        let plan = Plan::new(Reader::Python, Arc::new([]));
        let execution = Execution::new(
            execution::ids().next(),
            Arc::new(plan),
            Source::Call(Arc::clone(&event.function)),
            Arc::new(Tick(Arc::clone(&event))),
        );
        execution::abort(execution, None);
        assert!(event.begin());
    }
}
