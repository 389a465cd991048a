//! Limits of an execution: time, records and memory.
//!
//! Records are counted where they are read, and memory where it is taken. The watching thread (`watch.rs`) looks at the time
//! and the memory, and stops what is over a limit as an abort does. An execution has the limits that were set when it was
//! created.

use super::Execution;
use super::watch::watch;
use crate::config;
use crate::python::{Gil, Holder, Ledger, Object, fits_reply, hold};
use std::sync::Arc;
use std::time::Duration;

pub(super) fn too_long(limit: Duration) -> String {
    format!(
        "ERR the execution was stopped: it ran longer than ExecutionMaxTime, {} ms",
        limit.as_millis()
    )
}

pub(super) fn held_too_long(limit: Duration) -> String {
    format!(
        "ERR the execution was stopped: it held up the server for longer than LockMaxTime, {} ms: use the mode async_local, or raise the setting",
        limit.as_millis()
    )
}

/// The error for commands of an `atomic()` block that has lost the server's lock.
pub(crate) fn lost_the_lock(limit: Option<Duration>) -> String {
    let limit = limit.map_or(0, |limit| limit.as_millis());
    format!(
        "ERR the atomic() block held up the server for longer than LockMaxTime, {limit} ms, and has lost the lock: its commands are not run, end the function"
    )
}

fn too_many_records(limit: u64) -> String {
    format!("ERR the execution was stopped: it had more records than ExecutionMaxRecords, {limit}")
}

pub(crate) fn too_much_memory(limit: u64) -> String {
    format!(
        "ERR the execution was stopped: it took more memory than ExecutionMaxMemory, {limit} bytes"
    )
}

/// The error for a client whose reply would take more memory than an execution may. `None` if the reply can be sent.
pub(crate) fn too_large_reply(results: &[Object<'_>]) -> Option<String> {
    let limit = config::get().limits().memory?;
    (!fits_reply(results, limit)).then(|| {
        format!("ERR the reply has more bytes than ExecutionMaxMemory, {limit}: return fewer or smaller records")
    })
}

/// Runs `body`, which is a sync call or the body of a script, on this thread, which holds the server's lock. Returns the limit
/// that stopped it, as a text for the client. What `body` leaves behind belongs to `session`.
pub(crate) fn hold_for_call<R>(
    py: Gil<'_>,
    holder: Holder,
    session: Option<&Arc<Ledger>>,
    body: impl FnOnce() -> R,
) -> (R, Option<String>) {
    let memory = config::get().limits().memory;
    hold(py, holder, memory, session, too_much_memory, body)
}

impl Execution {
    /// Watches the time of the execution from now on, if it has a limit. The memory of all executions is watched.
    pub(super) fn watch(self: &Arc<Self>) {
        if let Some(limit) = self.limits.time {
            watch(Arc::clone(self), limit);
        }
    }
}

/// An execution that is over a limit ends as if it was aborted, with the reason as its error.
impl Execution {
    /// The limit that stopped the execution, as a text for the client. `None` if no limit stopped it.
    pub(crate) fn stopped_for(&self) -> Option<String> {
        let over = self.memory.exceeded().map(too_much_memory);
        self.reason.get().cloned().or(over)
    }

    /// Remembers the limit that the execution has exceeded. Only the first reason counts.
    pub(super) fn give_reason(&self, reason: String) {
        let _ = self.reason.set(reason);
    }

    /// Returns `false` if the execution may not read another record after `so_far` records.
    pub(super) fn may_read_another(&self, so_far: u64) -> bool {
        match self.limits.records {
            Some(limit) if so_far >= limit => {
                self.give_reason(too_many_records(limit));
                false
            }
            _ => true,
        }
    }

    /// Checks the number of results against the limit of records.
    pub(super) fn limit_results(&self, results: usize) {
        if let Some(limit) = self.limits.records
            && results as u64 > limit
        {
            self.give_reason(too_many_records(limit));
        }
    }
}
