//! Executions that wait while all worker threads are taken by slow ones.

use super::pool::{Relief, pool};
use super::{Execution, Status, executions};
use crate::python::slow_event_loops;
use crate::redis::{Level, log};
use std::cmp::Reverse;
use std::sync::Arc;

/// What the log tells of starving executions, once for each time of need.
#[derive(Debug, Default)]
pub(super) struct Starving {
    told: Option<Relief>,
    /// The number of event loops that were slow at the last look.
    slow_loops: usize,
}

impl Starving {
    /// `true` while workers are slow: those that wait should not wait for the next look in addition.
    pub(super) fn is_pressing(&self) -> bool {
        self.told.is_some()
    }

    /// Gives executions that starve an additional thread, and tells the log of it.
    pub(super) fn check(&mut self) {
        self.check_loops();
        let relief = pool().relieve();
        let news = match (relief, self.told) {
            (Relief::NotNeeded, _) => {
                self.told = None;
                return;
            }
            (Relief::Given, None) if pool().additional_threads() > 0 => {
                "Others go on on additional threads"
            }
            (Relief::Exhausted, None | Some(Relief::Given)) => {
                "Additional threads are taken, too, and executions wait"
            }
            _ => return,
        };
        self.told = Some(relief);
        log(Level::Warning, &all_are_taken(&running(), news));
    }
}

impl Starving {
    /// Tells the log of coroutines that hold up their event loop.
    fn check_loops(&mut self) {
        let slow = slow_event_loops();
        if slow > self.slow_loops {
            let mut running = executions().all();
            running.retain(|one| one.coroutine_thread.number().is_some());
            let text = format!(
                "an event loop is taken: {}. Other coroutines of the session wait. Let the coroutine await what takes time, or stop it with RG.ABORTEXECUTION",
                shown(&running)
            );
            log(Level::Warning, &text);
        }
        self.slow_loops = slow;
    }
}

/// The executions that run, the longest ones first.
pub(crate) fn running() -> Vec<Arc<Execution>> {
    let mut running = executions().all();
    running.retain(|one| one.status() == Status::Running && !one.is_parked());
    running.sort_by_key(|one| Reverse(one.running_for()));
    running
}

fn all_are_taken(running: &[Arc<Execution>], news: &str) -> String {
    format!(
        "all worker threads are taken: {}. {news}. RG.ABORTEXECUTION stops an execution",
        shown(running)
    )
}

/// Executions as the log shows them.
fn shown(executions: &[Arc<Execution>]) -> String {
    let all = executions.iter().take(10).map(|one| {
        let session = one.session_name().unwrap_or_default();
        let millis = one.running_for().as_millis();
        format!(
            "execution {} of session {session} runs for {millis} ms",
            one.id
        )
    });
    all.collect::<Vec<_>>().join(", ")
}
