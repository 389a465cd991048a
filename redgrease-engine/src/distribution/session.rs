//! The session of a part, and its plan, which is read in that session.

use crate::execution::{Body, Ending, Once, bodies};
use crate::id::Id;
use crate::plan::{Plan, Source};
use crate::python::{Gil, charge_session};
use crate::redis::{Context, User, locked};
use crate::scope::{self, Scope, SessionInfo, SessionOutline};
use std::sync::{Arc, OnceLock};

/// Takes the session of a part, or the reason why there is none.
pub(crate) type Then = Box<dyn FnOnce(Result<Arc<SessionInfo>, String>) + Send>;

/// Finds or makes the session of a part, now or later. A folder above knows the sessions of this shard.
pub(crate) type SessionOfPart = fn(&Context, SessionOutline, Then);

static SESSION_OF_PART: OnceLock<SessionOfPart> = OnceLock::new();

pub(super) fn set_sessions(session_of_part: SessionOfPart) {
    let _ = SESSION_OF_PART.set(session_of_part);
}

/// Calls `then` with the session of a part. Called on the main thread. `then` may be called on another one.
pub(super) fn with_session(
    outline: Option<SessionOutline>,
    then: impl FnOnce(Result<Option<Arc<SessionInfo>>, String>) + Send + 'static,
) {
    match (outline, SESSION_OF_PART.get()) {
        (Some(outline), Some(session_of_part)) => locked(|context| {
            let then: Then = Box::new(move |session| then(session.map(Some)));
            session_of_part(context, outline, then);
        }),
        _ => then(Ok(None)),
    }
}

/// Reads the plan of a part and its source, and then calls `then` without the interpreter.
///
/// Reading is Python of the script that made the plan: it imports modules and makes classes. So it has the rights of the user
/// and the limits of the body of a script, and the session pays for the memory.
pub(super) fn read_plan(
    run: Id,
    session: Option<Arc<SessionInfo>>,
    user: Option<User>,
    bytes: Arc<[u8]>,
    then: impl FnOnce(Result<(Plan, Source), String>) + Send + 'static,
) {
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
}
