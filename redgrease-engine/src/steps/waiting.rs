//! The records that wait for coroutines.

use super::results::Place;
use crate::python::{Gil, Handle, Object, coroutine_refused};
use std::collections::{HashMap, VecDeque};
use std::ops::Range;

/// The number of a record that waits for a coroutine, within its execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Ticket(u64);

/// A record that waits for a coroutine.
#[derive(Debug)]
pub(super) struct WaitingRecord {
    /// The step that takes the result of the coroutine.
    pub(super) step: usize,
    /// The value that the step needs besides the result.
    pub(super) kept: Option<Handle>,
    pub(super) place: Place,
}

/// The records of one execution that wait for coroutines.
#[derive(Debug, Default)]
pub(super) struct WaitingRecords {
    records: HashMap<Ticket, WaitingRecord>,
    /// Coroutines that nobody awaits yet.
    coroutines: VecDeque<(Ticket, Handle)>,
    next: u64,
}

impl WaitingRecords {
    pub(super) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.records.len()
    }

    /// The number of records that wait in some of the steps.
    pub(super) fn count_in(&self, steps: &Range<usize>) -> usize {
        let records = self.records.values();
        records.filter(|one| steps.contains(&one.step)).count()
    }

    /// Sets a record aside until `coroutine` has ended.
    pub(super) fn add(&mut self, record: WaitingRecord, coroutine: Object<'_>) {
        self.next += 1;
        let ticket = Ticket(self.next);
        self.records.insert(ticket, record);
        self.coroutines
            .push_back((ticket, coroutine.unbind().into()));
    }

    /// `true` if coroutines have to be awaited.
    pub(super) fn has_coroutines(&self) -> bool {
        !self.coroutines.is_empty()
    }

    /// The next coroutine that has to be awaited.
    pub(super) fn next_coroutine(&mut self) -> Option<(Ticket, Handle)> {
        self.coroutines.pop_front()
    }

    /// The record whose coroutine has ended. `None` if no such record waits.
    pub(super) fn take(&mut self, ticket: Ticket) -> Option<WaitingRecord> {
        self.records.remove(&ticket)
    }

    /// Closes the coroutines that nobody awaits.
    pub(super) fn close(&mut self, py: Gil<'_>) {
        for (_, coroutine) in self.coroutines.drain(..) {
            drop(coroutine_refused(&coroutine.into_bound(py), "this call"));
        }
    }
}
