//! Stopping what is over a limit of memory: executions, and threads that gears have started.

use super::abort::{in_background, interrupt_until_it_leaves, stop};
use super::limits::too_much_memory;
use super::list::executions;
use crate::config;
use crate::python::{free_memory, threads_over_budget};
use crate::redis::{Level, log};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// The time in which stopped code usually ends.
const ENDS: Duration = Duration::from_millis(500);

/// Stops what has exceeded its budget. Sync calls and scripts are stopped with their turn.
pub(super) fn stop_those_over_budget() {
    free_when_stopped();
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

/// Gives the memory of what is being stopped back to the system, a little later.
fn free_when_stopped() {
    static WAITS: AtomicBool = AtomicBool::new(false);
    if WAITS.swap(true, Ordering::Relaxed) {
        return;
    }
    in_background("rg-free", || {
        thread::sleep(ENDS);
        WAITS.store(false, Ordering::Relaxed);
        let limit = config::get().limits().memory;
        free_memory(limit.map_or(i64::MAX, |bytes| {
            i64::try_from(bytes / 2).unwrap_or(i64::MAX)
        }));
    });
}
