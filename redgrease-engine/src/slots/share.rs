//! The part of the slots that this shard reads, a piece at a time.

use super::task::{Name, Task};
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The place of a slot, as this server knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// On this server as a whole.
    Here,
    /// On this server and on another one: it moves.
    Moving,
    /// On another server.
    Elsewhere,
}

/// The keys of this server, and a piece that they are copied to. Nothing changes the keys while a piece is filled.
pub(crate) trait SlotKeys {
    fn place(&self, slot: u16) -> Place;

    /// Reads the keys of a slot that is here as a whole. Returns the names that the piece has no room for. `None` if the keys could
    /// not be listed.
    fn read_slot(&mut self, slot: u16) -> Option<Vec<Vec<u8>>>;

    /// Reads a key. `false` if it is not on this server.
    fn read(&mut self, name: &[u8]) -> bool;

    /// The piece is full, or has taken long enough.
    fn is_full(&self) -> bool;
}

/// What a shard tells of its tasks when it has done all that it has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Report {
    /// The number of tasks that were done since the last report.
    pub(crate) tasks: usize,
    /// What could not be read of them: another shard has it now, or soon.
    pub(crate) back: Task,
}

/// What remains to be read here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    HasWork,
    /// Nothing now. The shard that began the run may give another task.
    Idle,
    /// Nothing, on all shards.
    Over,
}

#[derive(Debug, Default)]
struct State {
    slots: VecDeque<u16>,
    names: VecDeque<Name>,
    /// What is done since the last report, once slots and names are empty.
    report: Report,
    is_over: bool,
    /// Nothing is read any more.
    is_stopped: bool,
}

impl State {
    fn has_work(&self) -> bool {
        !self.slots.is_empty() || !self.names.is_empty()
    }
}

/// The tasks of this shard in one run.
pub(crate) struct Share {
    state: Mutex<State>,
    tell: Box<dyn Fn(Report) + Send + Sync>,
}

impl fmt::Debug for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        let (slots, names) = (state.slots.len(), state.names.len());
        write!(f, "Share of {slots} slots and {names} keys")
    }
}

impl Share {
    /// A share without tasks, whose reports `tell` brings to the shard that began the run. It must not wait.
    pub(crate) fn new(tell: impl Fn(Report) + Send + Sync + 'static) -> Share {
        Share {
            state: Mutex::default(),
            tell: Box::new(tell),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a task. A reader that found nothing to read has to be woken.
    pub(crate) fn add(&self, task: Task) {
        let mut state = self.state();
        state.report.tasks += 1;
        if state.is_stopped {
            drop(state);
            return self.stop();
        }
        state.slots.extend(task.slots);
        state.names.extend(task.names);
    }

    /// All shards have read everything. A reader that found nothing to read has to be woken.
    pub(crate) fn end(&self) {
        self.state().is_over = true;
    }

    /// The reader needs nothing more: tasks count as done.
    pub(crate) fn stop(&self) {
        let mut state = self.state();
        state.is_stopped = true;
        state.slots.clear();
        state.names.clear();
        let tasks = std::mem::take(&mut state.report).tasks;
        drop(state);
        if tasks > 0 {
            let back = Task::default();
            (self.tell)(Report { tasks, back });
        }
    }

    /// What remains to be read. If it is nothing, everything that was given counts as read, and is reported. Only for a reader that
    /// is done with all pieces.
    pub(crate) fn standing(&self) -> Standing {
        let mut state = self.state();
        if state.has_work() {
            return Standing::HasWork;
        }
        let report = std::mem::take(&mut state.report);
        let standing = if state.is_over {
            Standing::Over
        } else {
            Standing::Idle
        };
        drop(state);
        if report.tasks > 0 {
            (self.tell)(report);
        }
        standing
    }

    /// All shards have read everything.
    pub(crate) fn is_over(&self) -> bool {
        self.state().is_over
    }

    /// `true` if [`Share::fill`] has something to read.
    pub(crate) fn has_work(&self) -> bool {
        self.state().has_work()
    }

    /// Fills a piece. It may stay empty.
    pub(crate) fn fill(&self, keys: &mut impl SlotKeys) {
        while !keys.is_full() {
            let (name, slot) = {
                let mut state = self.state();
                match state.names.pop_front() {
                    Some(name) => (Some(name), None),
                    None => (None, state.slots.pop_front()),
                }
            };
            if let Some(name) = name {
                let place = keys.place(name.0);
                let is_read = place != Place::Elsewhere && keys.read(&name.1);
                if !is_read && place != Place::Here {
                    self.give_back(name);
                }
                continue;
            }
            let Some(slot) = slot else {
                return;
            };
            let is_here = keys.place(slot) == Place::Here;
            match is_here.then(|| keys.read_slot(slot)).flatten() {
                Some(left) => {
                    let left = left.into_iter().map(|name| (slot, name));
                    self.state().names.extend(left);
                }
                None => self.state().report.back.slots.push(slot),
            }
        }
    }

    /// A key of a piece has left before it was read. It is read where it is now.
    pub(crate) fn give_back(&self, name: Name) {
        self.state().report.back.names.push(name);
    }
}
