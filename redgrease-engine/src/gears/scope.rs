//! The scope of a running script: everything that the script has asked for so far.
//!
//! A script collects; the caller activates the collection when the script has ended without an error. So a script that fails
//! changes nothing.

use crate::id::Id;
use crate::plan::{Mode, Plan, Source};
use crate::redis::{Level, OwnedReply, log};
use crate::registration::NewRegistration;
use crate::registration::timers::NewTimer;
use crate::scope::{Scope, SessionInfo, change, look, with};
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

/// Everything that a script asked for.
#[derive(Debug, Default)]
pub(crate) struct Collected {
    pub(crate) registrations: Vec<NewRegistration>,
    pub(crate) timers: Vec<NewTimer>,
    /// The run, with the id that the script got for it.
    pub(crate) run: Option<(Id, PendingRun)>,
    /// The ids of all registrations that the script asked for, in order. A restored script asks for some that were
    /// unregistered since.
    pub(crate) made: Vec<Id>,
    /// The answers of the server to the script, in order.
    pub(crate) replies: Vec<OwnedReply>,
}

/// `run()` of a script.
#[derive(Debug)]
pub(crate) struct PendingRun {
    pub(crate) mode: Mode,
    pub(crate) plan: Arc<Plan>,
    pub(crate) source: Source,
}

/// The stored part of a session that is restored.
#[derive(Debug)]
pub(super) struct Restored {
    /// The registrations that the script asked for.
    pub(super) made: VecDeque<Id>,
    /// Those that are still registered.
    pub(super) registrations: HashSet<Id>,
    /// The answers of the server to the script.
    pub(super) replies: VecDeque<OwnedReply>,
    /// The names are checked when the session is activated: those that have them now may give them away until then.
    pub(super) names_later: bool,
}

/// Answers beyond this number of bytes are not kept: restoring a script must not cost more than its data.
const MAX_KEPT: usize = 1 << 20;

/// The scope of one script.
#[derive(Debug, Default)]
pub(super) struct ScriptScope {
    /// The session whose registrations the script will replace.
    pub(super) replaces: Option<String>,
    /// Registrations of other sessions that the script replaces.
    pub(super) takes: Vec<Id>,
    /// Set while a stored session is restored.
    pub(super) restored: Option<Restored>,
    pub(super) session: Option<Arc<SessionInfo>>,
    /// The script has ended and `onRegistered` runs: only time events may be asked for.
    pub(super) only_timers: bool,
    /// The size of the answers that were kept.
    pub(super) kept_bytes: usize,
    /// The triggers that the script has taken.
    pub(super) triggers: HashSet<Vec<u8>>,
    pub(super) collected: Collected,
}

/// Runs `body` as a script with this scope. Returns the collection beside the result.
pub(super) fn collect<R>(scope: ScriptScope, body: impl FnOnce() -> R) -> (R, Collected) {
    with(Scope::script, Some(Box::new(scope)), || {
        let result = body();
        let scope = change(Scope::script, Option::take);
        let scope = scope.and_then(|scope| scope.downcast::<ScriptScope>().ok());
        let collected = scope.map(|scope| scope.collected);
        (result, collected.unwrap_or_default())
    })
}

/// `true` if a script runs on this thread, or its `onRegistered`.
pub(super) fn runs_here() -> bool {
    look(Scope::script, Option::is_some)
}

/// Runs `body`, a command, outside of the script: gears that the command causes on this thread are not the script.
pub(super) fn set_aside<R>(body: impl FnOnce() -> R) -> R {
    with(Scope::script, None, body)
}

/// Changes the scope of the script that runs on this thread. `None` if none runs.
pub(super) fn with_script<R>(body: impl FnOnce(&mut ScriptScope) -> R) -> Option<R> {
    change(Scope::script, |scope| {
        let scope = scope.as_mut()?.downcast_mut::<ScriptScope>()?;
        Some(body(scope))
    })
}

/// The session of the script that runs on this thread.
pub(super) fn script_session() -> Option<Arc<SessionInfo>> {
    with_script(|script| script.session.clone()).flatten()
}

/// `true` while a stored session is restored on this thread.
pub(super) fn is_restoring() -> bool {
    with_script(|script| script.restored.is_some()).unwrap_or(false)
}

/// The answer of the server when the script asked the same before. `None` unless a stored session is restored.
pub(super) fn answer_again() -> Option<OwnedReply> {
    with_script(|script| {
        let restored = script.restored.as_mut()?;
        Some(restored.replies.pop_front().unwrap_or(OwnedReply::Null))
    })
    .flatten()
}

/// `true` if a script runs on this thread whose answers are kept.
pub(super) fn keeps_answers() -> bool {
    with_script(|script| !script.only_timers).unwrap_or(false)
}

/// Keeps an answer of the server to the script.
pub(super) fn keep_answer(reply: OwnedReply) {
    with_script(|script| {
        let before = script.kept_bytes;
        script.kept_bytes = before.saturating_add(reply.size());
        if script.kept_bytes <= MAX_KEPT {
            script.collected.replies.push(reply);
        } else if before <= MAX_KEPT {
            log(
                Level::Warning,
                "a script read more than 1 MiB from the server: if it registers something, what it reads from there on is None when it runs again after a restart",
            );
        }
    });
}
