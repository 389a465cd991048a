//! Stopping what is over a limit of memory: executions, and threads that gears have started.

use super::Execution;
use super::abort::{in_background, interrupt_until_it_leaves, stop};
use super::body::{Body, bodies};
use super::limits::too_much_memory;
use super::list::executions;
use super::resident::{Run, Sampler, Taken};
use crate::config;
use crate::python::{
    GearThread, Holder, MemoryBudget, Turn, budgets_were_exceeded, free_memory, gear_threads,
    threads_over_budget,
};
use crate::redis::{Level, log};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// The time in which stopped code usually ends.
const ENDS: Duration = Duration::from_millis(500);

/// What may take memory.
#[derive(Debug, Clone)]
enum Taker {
    Execution(Arc<Execution>),
    Body(Arc<Body>),
    Turn(Turn),
    Thread(Arc<GearThread>),
}

impl PartialEq for Taker {
    fn eq(&self, other: &Taker) -> bool {
        match (self, other) {
            (Taker::Execution(one), Taker::Execution(other)) => one.id == other.id,
            (Taker::Body(one), Taker::Body(other)) => Arc::ptr_eq(one, other),
            (Taker::Turn(one), Taker::Turn(other)) => one == other,
            (Taker::Thread(one), Taker::Thread(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }
}

/// What the watching thread knows of memory.
#[derive(Debug)]
pub(super) struct MemoryWatch {
    sampler: Sampler<Taker>,
    /// The process grows fast.
    pub(super) grows: bool,
}

impl MemoryWatch {
    pub(super) const fn new() -> MemoryWatch {
        MemoryWatch {
            sampler: Sampler::new(),
            grows: false,
        }
    }

    /// Finds memory that was taken past the allocators of Python, and stops what is over its limit.
    pub(super) fn check(&mut self, now: Instant) {
        let runs = match config::get().limits().memory {
            Some(_) => takers(),
            None => Vec::new(),
        };
        let (taken, grows) = self.sampler.look(runs, now);
        self.grows = grows;
        charge(taken);
        if budgets_were_exceeded() {
            stop_those_over_budget();
        }
    }
}

fn takers() -> Vec<Run<Taker>> {
    let mut all = Vec::new();
    for execution in executions().on_a_thread() {
        for thread in [&execution.thread, &execution.coroutine_thread] {
            all.extend(Run::on(Taker::Execution(Arc::clone(&execution)), thread));
        }
    }
    for body in bodies().running() {
        all.extend(Run::on(Taker::Body(Arc::clone(&body)), body.thread()));
    }
    for thread in gear_threads() {
        all.extend(Run::on(
            Taker::Thread(Arc::clone(&thread)),
            thread.running(),
        ));
    }
    let turn = Turn::current().filter(|turn| turn.holder != Holder::Execution);
    all.extend(turn.and_then(|turn| {
        let thread = turn.thread()?;
        Some(Run {
            key: Taker::Turn(turn),
            thread,
        })
    }));
    all
}

/// Charges the budgets of those who have taken memory. Threads share a budget with what has started them.
fn charge(taken: Vec<(Taker, Taken)>) {
    let mut budgets: Vec<(Arc<MemoryBudget>, Taken)> = Vec::new();
    for (taker, taken) in taken {
        let budget = match taker {
            Taker::Execution(execution) => Arc::clone(&execution.memory),
            Taker::Body(body) => Arc::clone(body.memory()),
            Taker::Thread(thread) => Arc::clone(thread.budget()),
            // Its budget belongs to the thread.
            Taker::Turn(turn) => {
                let limit = config::get().limits().memory;
                if let Some(limit) = limit.filter(|&limit| taken.bytes.cast_unsigned() > limit) {
                    turn.exceed_memory(limit);
                }
                continue;
            }
        };
        match budgets
            .iter_mut()
            .find(|(one, _)| Arc::ptr_eq(one, &budget))
        {
            Some((_, sum)) => {
                sum.bytes += taken.bytes;
                sum.unexplained = sum.unexplained.max(taken.unexplained);
            }
            None => budgets.push((budget, taken)),
        }
    }
    for (budget, taken) in budgets {
        budget.took_elsewhere(taken.bytes.min(taken.unexplained));
    }
}

/// Stops what has exceeded its budget. Sync calls and scripts are stopped with their turn.
fn stop_those_over_budget() {
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
