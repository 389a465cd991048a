//! An execution whose records wait for coroutines. When no record can go on, the execution is set aside with its progress, and
//! no thread waits for it. It is queued again when a coroutine has ended.

use super::launch::{get_turn, list};
use super::pool::pool;
use super::progress::{Progress, RecordOutcome};
use super::{Execution, Status};
use crate::python::{
    Awaited, Awaiter, EventLoop, Gil, Handle, MemoryBudget, Object, Raised, RunningThread,
    attached, cancel, profiled, schedule,
};
use crate::readers::Reading;
use crate::scope::leave_atomic;
use crate::steps::{Pipeline, Ticket};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, MutexGuard, PoisonError};

/// What is known of the waiting records of an execution. Its lock comes before those of the order and the pool, and no Python
/// value is dropped under it: that could continue another record.
#[derive(Debug, Default)]
pub(super) struct Parking {
    /// The progress of an execution that was set aside.
    pub(super) progress: Option<Box<Progress>>,
    /// The outcomes of coroutines that the execution has not taken yet.
    outcomes: Vec<RecordOutcome>,
    /// What the records wait for.
    awaited: HashMap<Ticket, Awaited>,
    /// Other shards have sent something that the execution has not looked at yet.
    pub(super) has_mail: bool,
    /// The execution was set aside, and is on its way to a thread again.
    pub(super) is_called: bool,
    /// The execution has ended: nothing waits for a coroutine any more.
    pub(super) is_closed: bool,
}

/// The answer to an execution that is about to be set aside.
pub(super) enum Parked {
    /// It is set aside.
    Aside,
    /// A coroutine has ended meanwhile, or another shard has sent something.
    GoOn(Box<Progress>),
    /// The execution was given up meanwhile.
    TooLate,
}

impl Execution {
    pub(super) fn parking(&self) -> MutexGuard<'_, Parking> {
        self.parking.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_parked(&self) -> bool {
        self.parking().progress.is_some()
    }

    /// `true` if a coroutine of the execution runs or waits.
    pub(super) fn has_coroutines(&self) -> bool {
        let is_task = |one: &Awaited| matches!(one, Awaited::Task(_));
        self.parking().awaited.values().any(is_task) || self.coroutine_thread.number().is_some()
    }

    /// `true` if a coroutine has ended whose record can go on.
    pub(super) fn has_outcomes(&self) -> bool {
        !self.parking().outcomes.is_empty()
    }

    /// The outcomes of coroutines. The caller looks at what other shards have sent, too.
    pub(super) fn take_outcomes(&self) -> Vec<RecordOutcome> {
        let mut parking = self.parking();
        parking.has_mail = false;
        std::mem::take(&mut parking.outcomes)
    }

    /// Takes the progress of an execution that was set aside. `None` if it was not.
    pub(super) fn unpark(&self) -> Option<Box<Progress>> {
        let mut parking = self.parking();
        parking.is_called = false;
        parking.progress.take()
    }

    /// Sets the execution aside until a coroutine has ended, or until another shard sends something. If its order allows it, the next execution has the turn meanwhile.
    pub(super) fn park(&self, progress: Box<Progress>) -> Parked {
        let mut parking = self.parking();
        if parking.is_closed {
            drop(parking);
            drop(progress);
            return Parked::TooLate;
        }
        if !parking.outcomes.is_empty() || parking.has_mail {
            return Parked::GoOn(progress);
        }
        parking.progress = Some(progress);
        // Under the lock: the execution must not come back before it has given way.
        if let Some(order) = self.cause.order() {
            order.give_way(self.id);
        }
        Parked::Aside
    }

    /// The execution has ended. The records that wait are given up, and their coroutines are stopped.
    pub(super) fn close(&self) {
        let left = {
            let mut parking = self.parking();
            parking.is_closed = true;
            (
                parking.progress.take(),
                std::mem::take(&mut parking.outcomes),
                std::mem::take(&mut parking.awaited),
            )
        };
        if left.0.is_none() && left.1.is_empty() && left.2.is_empty() {
            return;
        }
        attached(|py| {
            let (progress, outcomes, awaited) = left;
            for one in awaited.values() {
                cancel(py, one);
            }
            if let Some(mut progress) = progress {
                progress.pipeline.close_coroutines(py);
            }
            drop(outcomes);
        });
    }

    /// Begins to await the coroutine of a record.
    pub(super) fn await_for(self: &Arc<Self>, py: Gil<'_>, ticket: Ticket, coroutine: &Object<'_>) {
        let record = Arc::new(AwaitingRecord {
            execution: Arc::clone(self),
            ticket,
            has_ended: AtomicBool::new(false),
        });
        let awaiter: Arc<dyn Awaiter> = Arc::<AwaitingRecord>::clone(&record);
        match schedule(py, coroutine, awaiter) {
            Ok(what) => self.keep_awaited(py, &record, what),
            Err(raised) => record.ended(Err(raised)),
        }
    }

    /// Keeps what a record waits for until that has ended.
    fn keep_awaited(&self, py: Gil<'_>, record: &AwaitingRecord, awaited: Awaited) {
        let mut parking = self.parking();
        if record.has_ended.load(Ordering::Relaxed) {
            return;
        }
        if parking.is_closed {
            drop(parking);
            return cancel(py, &awaited);
        }
        parking.awaited.insert(record.ticket, awaited);
    }

    /// Makes an execution of a sync call that has run on the main thread up to a coroutine. If the execution has an order, the
    /// coroutine is awaited when its turn has come.
    pub(crate) fn adopt(self: &Arc<Self>, py: Gil<'_>, pipeline: Pipeline) {
        list(self);
        self.state().status = Status::Running;
        self.watch();
        self.parking().progress = Some(Box::new(Progress::new(pipeline, Reading::Ended)));
        match get_turn(self) {
            Ok(true) => self.begin_adopted(py),
            // The order queues the execution when its turn has come.
            Ok(false) => {}
            // The client has its answer.
            Err(_) => self.close(),
        }
    }

    /// Awaits the first coroutine of an adopted execution on this thread. A worker does the rest, if there is more to do.
    fn begin_adopted(self: &Arc<Self>, py: Gil<'_>) {
        let Some(mut progress) = self.unpark() else {
            return;
        };
        let coroutine = progress.pipeline.next_coroutine();
        let goes_on = progress.pipeline.has_work();
        {
            let mut parking = self.parking();
            parking.progress = Some(progress);
            parking.is_called = goes_on;
        }
        if goes_on {
            pool().push(Arc::clone(self));
        }
        if let Some((ticket, coroutine)) = coroutine {
            // Bound, so that a future that nobody else has is freed here, which ends the execution.
            self.await_for(py, ticket, &coroutine.into_bound(py));
        }
    }
}

/// A record of an execution that waits for a coroutine.
#[derive(Debug)]
struct AwaitingRecord {
    execution: Arc<Execution>,
    ticket: Ticket,
    /// Changed under the lock of the parking.
    has_ended: AtomicBool,
}

impl Awaiter for AwaitingRecord {
    fn is_aborting(&self) -> bool {
        self.execution.is_aborting() || self.execution.status().is_final()
    }

    fn event_loop(&self) -> Option<Arc<EventLoop>> {
        let session = self.execution.cause.session();
        session.map(|session| session.event_loop())
    }

    fn surround(&self, py: Gil<'_>, step: &mut dyn FnMut()) -> bool {
        let execution = &self.execution;
        let thread = &execution.coroutine_thread;
        let work = || {
            occupy(py, thread, &execution.memory, step);
            leave_atomic()
        };
        profiled(
            py,
            || execution.session_name(),
            || execution.with_surroundings(work),
        )
    }

    fn surround_end(&self, end: &mut dyn FnMut()) {
        self.execution.with_surroundings(|| {
            end();
            leave_atomic();
        });
    }

    /// The record goes on, on a worker thread.
    fn ended(self: Arc<Self>, outcome: Result<Handle, Raised>) {
        let execution = &self.execution;
        let unused = {
            let mut parking = execution.parking();
            self.has_ended.store(true, Ordering::Relaxed);
            let awaited = parking.awaited.remove(&self.ticket);
            if parking.is_closed {
                (awaited, Some(outcome))
            } else {
                parking.outcomes.push((self.ticket, outcome));
                execution.call(&mut parking);
                (awaited, None)
            }
        };
        drop(unused);
    }
}

/// Runs `body`, which is Python of an execution, so that it can be interrupted and pays for its memory.
pub(super) fn occupy<R>(
    py: Gil<'_>,
    thread: &RunningThread,
    memory: &Arc<MemoryBudget>,
    body: impl FnOnce() -> R,
) -> R {
    thread.enter(py);
    let outcome = memory.pay(body);
    // Before this thread runs other Python: an interruption must not hit that.
    thread.leave(py);
    outcome
}
