//! Memory that a session keeps from call to call, in global lists and caches.
//!
//! `ExecutionMaxMemory` limits what one call takes, and what the calls of one session leave behind together.

use super::Execution;
use super::list::executions;
use crate::config;
use crate::python::memory_in_use;
use crate::redis::{Level, log};
use crate::scope::SessionInfo;
use std::sync::Arc;

/// The error for another call of a session that keeps more memory than an execution may take. `None` if it may be called.
#[inline]
pub(super) fn keeps_too_much(session: &SessionInfo) -> Option<String> {
    let limit = config::get().limits().memory?;
    let balance = session.memory.balance();
    if balance.cast_unsigned() <= limit || balance < 0 {
        session.memory.is_within();
        return None;
    }
    refusal(session, balance, limit)
}

#[cold]
fn refusal(session: &SessionInfo, balance: i64, limit: u64) -> Option<String> {
    // What the calls that run have taken may be freed when they end.
    let kept = balance - taken_now(session);
    // Python shares arenas between sessions: one must not pay for what others keep.
    let kept = kept.min(memory_in_use());
    if u64::try_from(kept).unwrap_or(0) <= limit {
        return None;
    }
    let error = format!(
        "ERR session {} keeps {kept} bytes from earlier calls, more than ExecutionMaxMemory, {limit} bytes: unregister it, or send its script again with UPGRADE, or raise the setting",
        session.id
    );
    if session.memory.tells() {
        log(Level::Warning, &format!("calls are refused: {error}"));
    }
    Some(error)
}

/// The memory that the running executions of a session have taken.
fn taken_now(session: &SessionInfo) -> i64 {
    let of_session = |one: &Arc<Execution>| {
        let is_running = !one.status().is_final();
        is_running
            && one
                .cause()
                .session()
                .is_some_and(|its| Arc::ptr_eq(&its.memory, &session.memory))
    };
    let running = executions().all().into_iter().filter(of_session);
    running.map(|one| one.memory.spent()).sum()
}

impl Execution {
    /// Stops an execution that has just begun, if its session keeps too much memory.
    pub(super) fn stop_if_session_keeps_too_much(&self) {
        let session = self.cause.session();
        if let Some(reason) = session.and_then(|session| keeps_too_much(&session)) {
            self.give_reason(reason);
            self.cut_short();
        }
    }
}
