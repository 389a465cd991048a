//! A batch of messages as the cause of an execution.

use super::in_flight::Flight;
use super::settle::{self, BatchEnd};
use crate::distribution::{Reads, is_shared};
use crate::execution::{Cause, Ended, How, Order, Surroundings};
use crate::id::Id;
use crate::plan::{Message, Messages, Mode};
use crate::redis::{User, locked_to_write};
use crate::registration::Registration;
use crate::scope::SessionInfo;
use crate::steps::is_record_by_record;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Messages that a registration handles.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(super) registration: Arc<Registration>,
    pub(super) messages: Arc<Messages>,
    pub(super) flight: Arc<Flight>,
    /// How often the messages were delivered, with this time. Counted only if the registration gives messages up.
    pub(super) tries: u32,
    /// Each message is handled before the next one is read, so that it can be acknowledged by itself.
    one_by_one: bool,
    /// The number of messages that began to be handled.
    begun: AtomicUsize,
    /// The number of messages that have passed all steps.
    passed: AtomicUsize,
    /// The number of messages that were acknowledged, and whether the batch has been settled. Changed under the server's lock.
    acknowledged: AtomicUsize,
    settled: AtomicBool,
    /// The thread that has begun the batch does not look after the stream any more: a sync batch waits for a coroutine.
    is_left: AtomicBool,
}

impl Batch {
    pub(super) fn new(
        registration: &Arc<Registration>,
        messages: Messages,
        flight: Arc<Flight>,
        tries: u32,
    ) -> Batch {
        Batch {
            registration: Arc::clone(registration),
            messages: Arc::new(messages),
            flight,
            tries,
            one_by_one: is_one_by_one(registration),
            begun: AtomicUsize::new(0),
            passed: AtomicUsize::new(0),
            acknowledged: AtomicUsize::new(0),
            settled: AtomicBool::new(false),
            is_left: AtomicBool::new(false),
        }
    }

    #[cfg(test)]
    pub(super) fn handle_as_a_whole(&mut self) {
        self.one_by_one = false;
    }

    /// The messages up to the number `count` that were not acknowledged yet. They count as acknowledged from now on.
    pub(super) fn take_up_to(&self, count: usize) -> &[Message] {
        let taken = self.not_acknowledged(count);
        self.acknowledged.fetch_max(count, Ordering::Relaxed);
        taken
    }

    /// The messages up to the number `count` that were not acknowledged yet.
    pub(super) fn not_acknowledged(&self, count: usize) -> &[Message] {
        let from = self.acknowledged.load(Ordering::Relaxed);
        self.messages.messages.get(from..count).unwrap_or_default()
    }

    /// The number of messages that have passed all steps. They are done, also if the batch fails later.
    pub(super) fn passed(&self) -> usize {
        self.passed.load(Ordering::Relaxed)
    }

    /// `true` if some of its messages were acknowledged.
    pub(super) fn has_passed_some(&self) -> bool {
        self.acknowledged.load(Ordering::Relaxed) > 0
    }

    /// The number of messages that a failure concerns, with those before them. A message behind them was not begun.
    pub(super) fn tried(&self) -> usize {
        let all = self.messages.messages.len();
        match self.begun.load(Ordering::Relaxed) {
            // The execution was stopped before it began: a client gives the batch up.
            0 => all,
            begun if self.one_by_one => begun.min(all),
            _ => all,
        }
    }

    /// The number of the message that failed, counted from 1, if it is known: it was alone, or each message is handled before the
    /// next one. Zero if no message was begun.
    pub(super) fn failed_number(&self) -> Option<usize> {
        let all = self.messages.messages.len();
        if self.one_by_one {
            return Some(self.begun.load(Ordering::Relaxed).min(all));
        }
        (all == 1).then_some(1)
    }

    /// The number of messages that were tried: all of them, unless each one is handled before the next one.
    pub(super) fn tried_number(&self) -> usize {
        let all = self.messages.messages.len();
        self.failed_number().unwrap_or(all)
    }

    /// The call that has begun the batch returns. Called with the server's lock.
    pub(super) fn leave(&self) {
        self.is_left.store(true, Ordering::Relaxed);
    }

    /// `true` if the call that has begun the batch has returned.
    pub(super) fn is_left(&self) -> bool {
        self.is_left.load(Ordering::Relaxed)
    }

    /// The batch is settled. Its Python may still run for a moment, but it does not speak for the messages any more.
    pub(super) fn close(&self) {
        self.settled.store(true, Ordering::Relaxed);
    }
}

/// `true` if each message of a registration is handled before the next one is read. Records on their way to other shards are not waited
/// for.
fn is_one_by_one(registration: &Registration) -> bool {
    let plan = &registration.plan;
    let is_shared = registration.mode == Mode::Async && is_shared(plan, Reads::Here);
    is_record_by_record(&plan.steps) && !is_shared
}

impl Cause for Batch {
    fn surroundings(&self) -> Surroundings {
        Surroundings {
            user: Some(User::or_default(self.registration.user.clone())),
            ..Surroundings::default()
        }
    }

    fn session(&self) -> Option<Arc<SessionInfo>> {
        Some(Arc::clone(&self.registration.session))
    }

    fn registration(&self) -> Option<Id> {
        Some(self.registration.id)
    }

    fn order(&self) -> Option<&Order> {
        self.registration.order.as_ref()
    }

    /// One batch per stream at a time: there are never more batches than streams.
    fn is_bounded(&self) -> bool {
        false
    }

    fn keeps_results(&self) -> bool {
        self.registration.keeps_executions()
    }

    fn ended(&self, ended: &Ended<'_>) {
        self.registration.record(ended);
    }

    fn settles(&self) -> bool {
        true
    }

    fn settle(&self, ended: &Ended<'_>) {
        let end = match ended.error {
            _ if ended.how == How::Withdrawn => BatchEnd::Withdrawn,
            _ if ended.aborted => BatchEnd::Aborted(ended.error),
            Some(_) if ended.denied => BatchEnd::Denied,
            Some(error) => BatchEnd::Failed(ended.traceback.unwrap_or(error)),
            None => BatchEnd::Handled,
        };
        locked_to_write(|context| settle::settle(context, context, self, end));
    }

    fn follows_records(&self) -> bool {
        self.one_by_one
    }

    fn record_begins(&self, number: usize) {
        self.begun.store(number, Ordering::Relaxed);
    }

    fn records_passed(&self, count: usize, waits: bool) -> bool {
        self.passed.store(count, Ordering::Relaxed);
        // A sync batch holds the server's lock from its begin to its end, unless it waits. What the handler writes and the
        // acknowledgement reach the AOF and the replicas together, at the end.
        let is_time = waits || self.registration.mode != Mode::Sync;
        // The last message is acknowledged when the batch is settled.
        let is_news = count > self.acknowledged.load(Ordering::Relaxed);
        is_time && is_news && count < self.messages.messages.len()
    }

    fn acknowledge(&self) {
        locked_to_write(|context| {
            if !self.settled.load(Ordering::Relaxed) {
                settle::acknowledge_up_to(context, context, self, self.passed());
            }
        });
    }

    fn retire(&self, id: Id) -> Option<Id> {
        self.registration.retire(id)
    }
}
