//! Stopping what is over a limit of memory: executions, and threads that gears have started.

use super::abort::{in_background, interrupt_until_it_leaves, stop};
use super::limits::too_much_memory;
use super::list::executions;
use crate::python::threads_over_budget;
use crate::redis::{Level, log};

/// Stops what has exceeded its budget. Sync calls and scripts are stopped with their turn.
pub(super) fn stop_those_over_budget() {
    for execution in executions().all() {
        if let Some(limit) = execution.memory.exceeded()
            && !execution.status().is_final()
        {
            stop(execution, too_much_memory(limit));
        }
    }
    for (thread, limit) in threads_over_budget() {
        let reason = too_much_memory(limit);
        log(
            Level::Warning,
            &format!("a thread or coroutine that a gear has started is interrupted: {reason}"),
        );
        in_background("rg-interrupt", move || {
            interrupt_until_it_leaves(thread.running());
        });
    }
}
