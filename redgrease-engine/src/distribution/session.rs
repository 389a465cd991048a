//! The session of a part, and its plan, which is read in that session.

use crate::execution::{Body, Ending, Once, bodies};
use crate::id::Id;
use crate::plan::{Plan, Source};
use crate::python::{Gil, charge_session};
use crate::redis::{Context, User, locked};
use crate::scope::{self, Scope, SessionInfo, SessionOutline};
use std::sync::{Arc, OnceLock};

/// What the initiator of a run tells of its session and its plan.
#[derive(Debug)]
pub(crate) struct Wanted {
    pub(crate) session: SessionOutline,
    /// The registration whose plan runs.
    pub(crate) registration: Option<Id>,
}

/// What a part runs in.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) session: Arc<SessionInfo>,
    /// The plan of the registration, if this shard has it: its functions know what the other functions of their script have
    /// left on this shard.
    pub(crate) plan: Option<Arc<Plan>>,
}

/// Takes what a part runs in, or the reason why it cannot run.
pub(crate) type Then = Box<dyn FnOnce(Result<Found, String>) + Send>;

/// Finds or makes what a part runs in, now or later. A folder above knows the sessions of this shard.
pub(crate) type SessionOfPart = fn(&Context, Wanted, Then);

static SESSION_OF_PART: OnceLock<SessionOfPart> = OnceLock::new();

pub(super) fn set_sessions(session_of_part: SessionOfPart) {
    let _ = SESSION_OF_PART.set(session_of_part);
}

/// Calls `then` with what a part runs in. Called on the main thread. `then` may be called on another one.
pub(super) fn with_session(
    wanted: Option<Wanted>,
    then: impl FnOnce(Result<Option<Found>, String>) + Send + 'static,
) {
    match (wanted, SESSION_OF_PART.get()) {
        (Some(wanted), Some(session_of_part)) => locked(|context| {
            let then: Then = Box::new(move |found| then(found.map(Some)));
            session_of_part(context, wanted, then);
        }),
        _ => then(Ok(None)),
    }
}

/// Reads the plan of a part and its source, and then calls `then` without the interpreter. Returns the body that reads them.
///
/// Reading is Python of the script that made the plan: it imports modules and makes classes. So it has the rights of the user
/// and the limits of the body of a script, and the session pays for the memory.
pub(super) fn read_plan(
    run: Id,
    session: Option<Arc<SessionInfo>>,
    user: Option<User>,
    bytes: Arc<[u8]>,
    then: impl FnOnce(Result<(Plan, Source), String>) + Send + 'static,
) -> Arc<Body> {
    let then = Once::new(then);
    let (read, refused) = (then.clone(), then.clone());
    let of_body = user.clone();
    let work = move |py: Gil<'_>| -> Ending {
        if let Some(session) = &session {
            charge_session(&session.memory);
        }
        let plan = scope::with(Scope::given_session, session, || {
            scope::with(Scope::user, user, || Plan::from_portable(py, &bytes))
        });
        Box::new(move |stopped| read.call(stopped.map_or(plan, Err)))
    };
    // The name is its own: the bodies of one session run one after the other, and reading a plan does not change it.
    let body = Body::new(
        run.to_string(),
        None,
        of_body,
        Box::new(work),
        Box::new(move |why| refused.call(Err(why))),
    );
    if let Err(why) = bodies().push(&body) {
        then.call(Err(why));
    }
    body
}
