//! The part of this shard in a run over all shards.
//!
//! | message | what the part does |
//! |---|---|
//! | records | puts them into its pipeline, behind their mover, as soon as that has put those before through |
//! | end of a mover | closes the mover when all shards have ended it and their records are inside |
//! | credit | sends further records to that shard |
//! | end of a part | the initiator ends when all parts have |
//! | abort | ends |

mod arriving;
mod beginning;
mod end;
mod pipeline;

use super::arrivals::Arrivals;
use super::begin::Reads;
use super::failure::{absent, lost, too_long, unserved};
use super::message::{Done, Message};
use super::outbox::{Held, Outbox};
use super::reading::KeyReading;
use super::run_id::RunId;
use super::shards::{Number, Shards};
use crate::cluster::Lane;
use crate::cluster::topology::NodeId;
use crate::execution::{Body, Execution, PartEnd, Shared, stop_part};
use crate::plan::Source;
use crate::python::{Gil, Movement, Raised};
use crate::readers::Reading;
use crate::slots::Share;
use crate::steps::Pipeline;
use end::end_reading;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Instant;

/// The message is longer than any may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooLong;

/// The way of messages to other shards.
pub(super) trait Post: std::fmt::Debug + Send + Sync {
    /// Sends a message to each of these shards. Returns those that are not in the cluster.
    ///
    /// # Errors
    /// If the message is longer than any may be. Then no shard gets it.
    fn send(
        &self,
        to: &[NodeId],
        lane: Lane,
        bytes: &[u8],
        when: When,
    ) -> Result<Vec<NodeId>, TooLong>;
}

/// The time at which a message is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    Now,
    /// Together with a message to the same shard that follows at once.
    WithNext,
}

#[derive(Debug)]
pub(super) struct Part {
    pub(super) run: RunId,
    pub(super) reads: Reads,
    /// The shards of the run, and the time since which they need each other. Set when the run begins.
    shards: OnceLock<(Shards, Instant)>,
    pub(super) post: Arc<dyn Post>,
    /// Set when the run begins here.
    layout: OnceLock<Layout>,
    pub(super) outbox: Outbox,
    /// Something has come that the pipeline may be able to take.
    has_mail: AtomicBool,
    state: Mutex<State>,
    /// What this shard reads of the keys.
    pub(super) share: Arc<Share>,
    /// What all shards read of the keys: on the initiator of a run that reads keys.
    key_reading: Mutex<Option<KeyReading>>,
    /// The error of a shard that takes no part: on the initiator of a run that goes to all shards, and does not read their keys.
    absent: OnceLock<String>,
}

/// What is known of the steps of the run.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) movement: Movement,
    /// By mover: `true` if it brings all records to the initiator.
    pub(super) gathers: Vec<bool>,
}

#[derive(Debug, Default)]
struct State {
    /// The execution of the part. It is released when it has ended.
    execution: Option<Arc<Execution>>,
    /// What reads the plan of the part.
    reading: Option<Arc<Body>>,
    arrivals: Arrivals,
    /// The initiator needs no other record.
    enough: bool,
    /// The number of other shards whose parts had ended at the end of this one.
    ended_elsewhere: usize,
    /// The shards whose parts have ended, with their errors.
    done: BTreeMap<Number, Vec<String>>,
    /// The reason why the run has failed.
    failed: Option<String>,
    /// The part has ended.
    is_over: bool,
    /// The initiator does not wait for the end of this part.
    is_dismissed: bool,
}

impl Part {
    /// The part of the initiator.
    pub(super) fn of_initiator(run: RunId, reads: Reads, post: Arc<dyn Post>) -> Arc<Part> {
        Part::new(run, reads, post)
    }

    /// The part of another shard.
    pub(super) fn of_shard(run: RunId, shards: Shards, post: Arc<dyn Post>) -> Arc<Part> {
        let part = Part::new(run, Reads::Everywhere, post);
        part.set_shards(shards);
        part
    }

    fn new(run: RunId, reads: Reads, post: Arc<dyn Post>) -> Arc<Part> {
        Arc::new_cyclic(|part: &Weak<Part>| {
            let part = Weak::clone(part);
            let tell = move |report| {
                if let Some(part) = part.upgrade() {
                    part.has_read(report);
                }
            };
            Part {
                run,
                reads,
                shards: OnceLock::new(),
                post,
                layout: OnceLock::new(),
                outbox: Outbox::default(),
                has_mail: AtomicBool::new(false),
                state: Mutex::default(),
                share: Arc::new(Share::new(tell)),
                key_reading: Mutex::default(),
                absent: OnceLock::new(),
            }
        })
    }

    pub(super) fn key_reading(&self) -> MutexGuard<'_, Option<KeyReading>> {
        self.key_reading
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// There is something to read, or nothing any more.
    pub(super) fn wake_reader(&self) {
        let execution = self.state().execution.clone();
        self.wake(execution);
    }

    /// The shards need each other from now on.
    pub(super) fn set_shards(&self, shards: Shards) {
        let _ = self.shards.set((shards, Instant::now()));
    }

    /// The time at which the shards began to need each other. `None` if the run has not begun.
    pub(super) fn began(&self) -> Option<Instant> {
        self.shards.get().map(|(_, began)| *began)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn shards(&self) -> Option<&Shards> {
        self.shards.get().map(|(shards, _)| shards)
    }

    /// The run goes to all shards. Its errors name a shard that has failed and takes no part, or the slots that no server has.
    pub(super) fn goes_to_all(&self, shards: &Shards) {
        if !shards.is_initiator() {
            return;
        }
        let failed = shards.failed().map(absent);
        let gap = || (!shards.unserved().is_empty()).then(|| unserved(shards.unserved()));
        if let Some(error) = failed.or_else(gap) {
            let _ = self.absent.set(error);
        }
    }

    pub(super) fn layout(&self) -> Option<&Layout> {
        self.layout.get()
    }

    pub(super) fn has_movers(&self) -> bool {
        self.layout()
            .is_some_and(|layout| !layout.gathers.is_empty())
    }

    /// The part is run by this execution. Returns `false` if the run has ended meanwhile.
    pub(super) fn is_run_by(&self, execution: &Arc<Execution>) -> bool {
        let mut state = self.state();
        if state.is_over || state.failed.is_some() {
            return false;
        }
        state.execution = Some(Arc::clone(execution));
        true
    }

    pub(super) fn has_ended(&self) -> bool {
        self.state().is_over
    }

    /// The plan of the part is read by this body, which ends with the part.
    pub(super) fn is_read_by(&self, body: Arc<Body>) {
        let mut state = self.state();
        if state.is_over {
            drop(state);
            return end_reading(&body);
        }
        state.reading = Some(body);
    }

    /// The shards that the part still needs. The initiator needs all whose parts have not ended, and one whose part has ended while
    /// that has a task: it has to say that it does not read it. Another shard needs the initiator, and those that it exchanges
    /// records with.
    pub(super) fn needs(&self) -> Vec<NodeId> {
        let Some(shards) = self.shards() else {
            return Vec::new();
        };
        let key_reading = self.key_reading();
        let reads = |id| {
            let reading = key_reading.as_ref();
            reading.is_some_and(|reading| reading.is_being_read_by(id))
        };
        let state = self.state();
        let others = shards.others();
        let is_needed = |number, id| {
            if shards.is_initiator() {
                !state.done.contains_key(&number) || reads(id)
            } else {
                number == 0 || self.exchanges_with(&state, shards.mine(), number)
            }
        };
        let needed = others.filter(|(number, id)| is_needed(*number, *id));
        needed.map(|(_, id)| id).collect()
    }

    /// Records may still go to another shard, or come from it. The initiator minds the rest of what that does.
    fn exchanges_with(&self, state: &State, mine: Number, other: Number) -> bool {
        let layout = self.layout();
        layout.is_none_or(|layout| state.arrivals.are_between(&layout.gathers, mine, other))
    }

    /// Sends a message to a shard of the run. If the shard is not in the cluster any longer, the run fails.
    pub(super) fn send(&self, to: Number, message: &Message<'_>) {
        self.send_when(to, message, When::Now);
    }

    pub(super) fn send_when(&self, to: Number, message: &Message<'_>, when: When) {
        if let Some(id) = self.shards().and_then(|shards| shards.id(to)) {
            self.send_to(&[id], message, when);
        }
    }

    pub(super) fn send_to_others(&self, message: &Message<'_>) {
        let others = self.shards().into_iter().flat_map(Shards::others);
        let others: Vec<NodeId> = others.map(|(_, id)| id).collect();
        self.send_to(&others, message, When::Now);
    }

    /// Sends a message to shards of the run, written once: a plan may be long.
    fn send_to(&self, to: &[NodeId], message: &Message<'_>, when: When) {
        let bytes = message.write(self.run);
        match self.post.send(to, message.lane(), &bytes, when) {
            Ok(gone) => {
                // Credit is for a shard that still sends.
                let is_credit = matches!(message, Message::Taken(..));
                if let Some(id) = gone.first().filter(|_| !is_credit) {
                    self.fail(&lost(*id, "it is not in the cluster any longer"));
                }
            }
            Err(TooLong) => self.is_too_long(message, bytes.len()),
        }
    }

    /// A message could not be sent to any shard.
    fn is_too_long(&self, message: &Message<'_>, bytes: usize) {
        let why = too_long(bytes);
        match message {
            // The part has ended, and the initiator waits for its end.
            Message::Done(Done::Complete(_)) => self.send(0, &Message::Done(Done::Stopped(why))),
            _ => self.fail(&why),
        }
    }

    /// The run has failed: the execution of the part ends with this error, and that ends the other parts.
    pub(super) fn fail(&self, reason: &str) {
        let execution = {
            let mut state = self.state();
            if state.is_over || state.failed.is_some() {
                return;
            }
            state.failed = Some(reason.to_owned());
            state.execution.clone()
        };
        match execution {
            Some(execution) => stop_part(execution, Some(reason.to_owned())),
            None => self.refuse(reason),
        }
    }

    /// The part cannot begin.
    pub(super) fn refuse(&self, reason: &str) {
        self.end(&PartEnd::Stopped(reason));
    }

    fn wake(&self, execution: Option<Arc<Execution>>) {
        self.has_mail.store(true, Ordering::Release);
        if let Some(execution) = execution {
            execution.has_mail();
        }
    }
}

impl Shared for Part {
    fn begin(self: Arc<Self>, py: Gil<'_>, execution: &Arc<Execution>) -> Result<Pipeline, String> {
        let pipeline = Arc::clone(&self).pipeline(py, execution);
        if let Err(error) = &pipeline {
            self.cannot_begin(error);
        }
        pipeline
    }

    fn take(&self, py: Gil<'_>, pipeline: &mut Pipeline) -> bool {
        if self.outbox.is_overdue() {
            self.flush(py, pipeline);
        }
        // Asked before each record that is read.
        if !self.has_mail.load(Ordering::Acquire) || !self.has_mail.swap(false, Ordering::AcqRel) {
            return false;
        }
        if self.state().enough {
            pipeline.enough();
        }
        let took = self.take_batches(py, pipeline);
        self.close_movers(pipeline) || took
    }

    fn flush(&self, py: Gil<'_>, pipeline: &mut Pipeline) {
        let mut errors: Vec<Raised> = Vec::new();
        for batch in self.outbox.take_held(Held::All) {
            self.send_batch(py, batch, When::Now, &mut errors);
        }
        for raised in errors {
            pipeline.fail(raised);
        }
    }

    fn is_over(&self) -> bool {
        let Some(shards) = self.shards().filter(|shards| shards.is_initiator()) else {
            return true;
        };
        self.state().done.len() + 1 >= shards.len()
    }

    fn reading(&self, source: &Source) -> Reading {
        self.read_source(source)
    }

    fn others(&self) -> (usize, usize) {
        let Some(shards) = self.shards().filter(|shards| shards.is_initiator()) else {
            return (0, 0);
        };
        let state = self.state();
        let ended = state.ended_elsewhere.max(state.done.len());
        (shards.len() - 1, ended)
    }

    fn keeps_records(&self) -> bool {
        let layout = self.layout();
        layout.is_some_and(|layout| layout.gathers.last() != Some(&true))
    }

    fn gives_records_away(&self) -> bool {
        let shards = self.shards();
        !self.keeps_records() && shards.is_some_and(|shards| !shards.is_initiator())
    }

    fn errors_elsewhere(&self) -> Vec<String> {
        let mut errors: Vec<String> = self.state().done.values().flatten().cloned().collect();
        errors.extend(self.unread_slots());
        errors.extend(self.absent.get().cloned());
        errors
    }

    fn ended(&self, end: &PartEnd<'_>) {
        self.end(end);
    }
}
