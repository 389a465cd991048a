//! A server that is a list of messages, and registrations that read it.

use super::super::batch::Batch;
use super::super::failures::{Failures, OnFailed};
use super::super::far_letters::{self, FarLetter};
use super::super::far_words::Outcome;
use super::super::filter::StreamsFilter;
use super::super::in_flight::in_flight;
use super::super::listen;
use super::super::pump::{self, is_registered, pump, waiting_for};
use super::super::server::{Later, StreamServer};
use super::super::settle::{BatchEnd, acknowledge_up_to, settle};
use super::messages::{Streams, millis};
use crate::cluster::topology::NodeId;
use crate::execution::Cause;
use crate::id::Id;
use crate::plan::{Message, Mode};
use crate::redis::{Context, locked};
use crate::registration::testing::{self, session, unique};
use crate::registration::{Event, Registration, Session, matches_prefix, registry};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// The options of a registration.
#[derive(Debug, Clone, Copy)]
pub(super) struct Options {
    pub(super) prefix: &'static str,
    pub(super) batch: usize,
    pub(super) duration: Duration,
    pub(super) on_failed: OnFailed,
    pub(super) max_retries: Option<u32>,
    pub(super) dead_letter: Option<&'static str>,
    pub(super) backoff: f64,
    pub(super) trim: bool,
    pub(super) mode: Mode,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            prefix: "*",
            batch: 1,
            duration: Duration::ZERO,
            on_failed: OnFailed::Continue,
            max_retries: None,
            dead_letter: None,
            backoff: 1.0,
            trim: false,
            mode: Mode::Async,
        }
    }
}

/// Streams and the batches that are being handled.
///
/// It checks by itself that no message is handled twice, or by two registrations at once, and that only handled messages
/// are acknowledged.
pub(super) struct World {
    name: String,
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    streams: Streams,
    time: u64,
    batches: Vec<Batch>,
    jobs: VecDeque<(Duration, Later)>,
    /// The ends of the next sync batches. A sync batch without an entry is handled.
    sync_ends: VecDeque<BatchEnd<'static>>,
    /// The messages that need not be handled any more, in the order of their end.
    done: Vec<(Vec<u8>, Vec<u8>)>,
    sessions: Vec<String>,
    /// The reason why the owner of all registrations cannot act.
    owner: Option<&'static str>,
    /// The plans of registrations handle batches as a whole.
    whole: bool,
    /// The dead letters, by their fields.
    dead: Vec<BTreeMap<String, String>>,
    /// Another shard has the dead letters.
    has_far: bool,
    /// The letters that are on their way to it: their numbers, and the streams and ids of their messages.
    on_their_way: VecDeque<(u64, Vec<u8>, Vec<u8>)>,
    /// The reason why the dead letters take no message.
    refuses: Option<&'static str>,
    /// The streams that another shard serves.
    moved: BTreeSet<Vec<u8>>,
    /// Streams whose slot is between two servers.
    between: BTreeSet<Vec<u8>>,
    /// How often messages were delivered again.
    deliveries: HashMap<(Vec<u8>, Vec<u8>), u32>,
}

/// Runs `body` with streams that no other test sees.
pub(super) fn world(body: impl FnOnce(&Context, &World)) {
    locked(|context| {
        let world = World {
            name: unique("streams"),
            state: RefCell::default(),
        };
        body(context, &world);
    });
}

impl Drop for World {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let sessions = std::mem::take(&mut self.state.get_mut().sessions);
        locked(|context| {
            registry().write(context, |registry| {
                for session in sessions {
                    registry.remove_session(&session);
                }
            });
        });
    }
}

impl World {
    /// The name of a stream on the server.
    pub(super) fn stream(&self, name: &str) -> Vec<u8> {
        format!("{}:{name}", self.name).into_bytes()
    }

    /// Registers and reads the streams that exist.
    pub(super) fn register(&self, context: &Context, options: Options) -> Arc<Registration> {
        let filter = StreamsFilter::new(
            self.stream(options.prefix),
            options.batch,
            options.duration,
            Failures {
                max_retries: options.max_retries,
                dead_letter: options.dead_letter.map(Vec::from),
                backoff: options.backoff,
                max_interval: Duration::from_secs(5),
                ..Failures::new(options.on_failed, Duration::from_secs(1))
            },
            options.trim,
        );
        let name = unique(&self.name);
        let info = session(&name);
        let registration = testing::registration(&info, Event::Streams(filter), options.mode);
        let made = vec![Arc::clone(&registration)];
        registry().write(context, |registry| {
            registry.insert(Session::new(&info), made, None);
        });
        self.state.borrow_mut().sessions.push(name);
        let filter = self.filter(&registration);
        filter.state().is_new = true;
        let mut existing = self.state.borrow().streams.names();
        existing.retain(|name| matches_prefix(&filter.prefix, name));
        for stream in existing {
            pump(context, self, &registration, &stream);
        }
        registration
    }

    #[allow(clippy::unused_self, reason = "reads as the other calls")]
    pub(super) fn unregister(&self, context: &Context, registration: &Registration) {
        registry().write(context, |registry| registry.remove(registration.id));
    }

    #[allow(clippy::unused_self, reason = "reads as the other calls")]
    pub(super) fn filter<'a>(&self, registration: &'a Registration) -> &'a StreamsFilter {
        pump::filter(registration).unwrap()
    }

    pub(super) fn resume(&self, context: &Context, registration: &Arc<Registration>) {
        listen::read_again(context, self, registration);
    }

    /// Adds messages to a stream, and tells registrations of each one.
    pub(super) fn add(&self, context: &Context, stream: &str, count: usize) {
        for _ in 0..count {
            let millis = {
                let mut state = self.state.borrow_mut();
                state.time += 1;
                state.time
            };
            self.add_at(context, stream, millis);
        }
    }

    /// Adds a message with the time `millis`.
    pub(super) fn add_at(&self, context: &Context, stream: &str, millis: u64) {
        let name = self.stream(stream);
        self.state.borrow_mut().streams.add(&name, millis);
        for registration in waiting_for(context, &name) {
            pump(context, self, &registration, &name);
        }
    }

    /// Deletes a stream with its group.
    pub(super) fn delete(&self, context: &Context, stream: &str) {
        let name = self.stream(stream);
        self.state.borrow_mut().streams.delete(&name);
        listen::on_event(context, "del", &name);
    }

    pub(super) fn rename(&self, context: &Context, from: &str, to: &str) {
        let (from, to) = (self.stream(from), self.stream(to));
        self.state.borrow_mut().streams.rename(&from, &to);
        listen::on_event(context, "rename_from", &from);
        listen::on_event(context, "rename_to", &to);
    }

    /// The slot of a stream leaves for another shard, with or without an event of its key.
    pub(super) fn leave(&self, context: &Context, stream: &str, is_told: bool) {
        let name = self.stream(stream);
        self.state.borrow_mut().moved.insert(name.clone());
        if is_told {
            listen::on_event(context, "del", &name);
        }
    }

    /// The slot of a stream begins to move to another shard. The stream is still here.
    pub(super) fn begin_to_leave(&self, stream: &str) {
        let name = self.stream(stream);
        self.state.borrow_mut().between.insert(name);
    }

    /// The slot of a stream comes back.
    pub(super) fn come_back(&self, context: &Context, stream: &str) {
        let name = self.stream(stream);
        self.state.borrow_mut().moved.remove(&name);
        listen::on_event(context, "restore", &name);
        for registration in waiting_for(context, &name) {
            pump(context, self, &registration, &name);
        }
    }

    /// Another server has messages of a stream in hand, or has none any more.
    pub(super) fn set_in_hand(&self, context: &Context, stream: &str, by: NodeId, in_hand: bool) {
        let name = self.stream(stream);
        let is_free = in_flight().write(context, |all| all.elsewhere().set(&name, by, in_hand));
        if is_free {
            pump::hand_over(context, self, &name);
        }
    }

    pub(super) fn sync_end(&self, end: BatchEnd<'static>) {
        self.state.borrow_mut().sync_ends.push_back(end);
    }

    pub(super) fn forget_sync_ends(&self) {
        self.state.borrow_mut().sync_ends.clear();
    }

    /// The batches that are being handled: the stream, and the times of the messages.
    pub(super) fn running(&self) -> Vec<(String, Vec<u64>)> {
        let state = self.state.borrow();
        let batches = state.batches.iter();
        batches
            .map(|batch| {
                let stream = String::from_utf8(batch.messages.stream.clone()).unwrap();
                let name = stream.rsplit(':').next().unwrap().to_owned();
                (name, self.times(batch))
            })
            .collect()
    }

    /// The times of the messages of all batches that are being handled.
    pub(super) fn times_running(&self) -> Vec<Vec<u64>> {
        let batches = self.running().into_iter();
        batches.map(|(_, times)| times).collect()
    }

    /// The registrations whose batches are being handled.
    pub(super) fn handlers(&self) -> Vec<Id> {
        let state = self.state.borrow();
        let batches = state.batches.iter();
        batches.map(|batch| batch.registration.id).collect()
    }

    #[allow(clippy::unused_self, reason = "reads as the other calls")]
    fn times(&self, batch: &Batch) -> Vec<u64> {
        let messages = batch.messages.messages.iter();
        messages.map(|one| millis(&one.id)).collect()
    }

    /// Ends the oldest batch.
    pub(super) fn end(&self, context: &Context, end: BatchEnd<'static>) {
        self.end_at(context, 0, end);
    }

    pub(super) fn end_at(&self, context: &Context, index: usize, end: BatchEnd<'static>) {
        let batch = self.state.borrow_mut().batches.remove(index);
        self.settle(context, &batch, end);
    }

    fn settle(&self, context: &Context, batch: &Batch, end: BatchEnd<'static>) {
        let filter = self.filter(&batch.registration);
        let failures = &filter.failures;
        // The dead letters tell themselves which message is done.
        let skips = failures.on_failed == OnFailed::Continue && failures.dead_letter.is_none();
        let all = batch.messages.messages.len();
        let done = match end {
            BatchEnd::Handled => all,
            BatchEnd::Failed(_) if self.moves(&batch.messages.stream) => 0,
            BatchEnd::Failed(error) if skips && !error.starts_with("PAUSE") => batch.tried(),
            BatchEnd::Aborted(_) if skips && is_registered(context, &batch.registration) => {
                batch.tried()
            }
            BatchEnd::Withdrawn | BatchEnd::Denied | BatchEnd::Failed(_) | BatchEnd::Aborted(_) => {
                0
            }
        };
        self.are_done(batch, done);
        settle(context, self, batch, end);
    }

    /// The first messages of a batch are done, except those that were done before.
    fn are_done(&self, batch: &Batch, count: usize) {
        let mut state = self.state.borrow_mut();
        for message in batch.not_acknowledged(count) {
            let stream = batch.flight.names().remove(0);
            let done = (stream, message.id.clone());
            assert!(!state.done.contains(&done), "handled twice: {done:?}");
            state.done.push(done);
        }
    }

    /// The handler of the oldest batch has handled `count` messages, and begins with the next one.
    pub(super) fn pass(&self, context: &Context, count: usize) {
        self.pass_at(context, 0, count);
    }

    pub(super) fn pass_at(&self, context: &Context, index: usize, count: usize) {
        let batch = self.state.borrow_mut().batches.remove(index);
        self.are_done(&batch, count);
        acknowledge_up_to(context, self, &batch, count);
        batch.record_begins(count + 1);
        self.state.borrow_mut().batches.insert(index, batch);
    }

    /// The plans of registrations handle batches as a whole.
    pub(super) fn whole_batches(&self) {
        self.state.borrow_mut().whole = true;
        for batch in &mut self.state.borrow_mut().batches {
            batch.handle_as_a_whole();
        }
    }

    /// The handler of the oldest batch begins with its first message.
    pub(super) fn begin_first(&self) {
        self.state.borrow().batches[0].record_begins(1);
    }

    /// The owner of all registrations can act, or for this reason cannot.
    pub(super) fn set_owner(&self, reason: Option<&'static str>) {
        self.state.borrow_mut().owner = reason;
    }

    /// The dead letters: the times of the messages, their numbers of tries and their errors.
    pub(super) fn dead(&self) -> Vec<(u64, String, String)> {
        let state = self.state.borrow();
        let letters = state.dead.iter();
        letters
            .map(|one| {
                let text = |name: &str| one[&format!("redgrease:{name}")].clone();
                (millis(text("id").as_bytes()), text("tries"), text("error"))
            })
            .collect()
    }

    /// The dead letters take messages, or for this reason do not.
    pub(super) fn set_refuses(&self, reason: Option<&'static str>) {
        self.state.borrow_mut().refuses = reason;
    }

    /// Another shard has the dead letters.
    pub(super) fn dead_letters_are_far(&self) {
        self.state.borrow_mut().has_far = true;
    }

    /// The number of letters that are on their way.
    pub(super) fn letters_on_their_way(&self) -> usize {
        self.state.borrow().on_their_way.len()
    }

    /// The oldest letter that is on its way has arrived.
    pub(super) fn letter_arrives(&self, context: &Context) {
        let number = {
            let mut state = self.state.borrow_mut();
            let (number, stream, id) = state.on_their_way.pop_front().unwrap();
            state.done.push((stream, id));
            number
        };
        far_letters::answered(context, self, number, Outcome::Added);
    }

    /// The server is restarted: nothing is in memory but the streams.
    pub(super) fn restart(&self, context: &Context, registration: &Arc<Registration>) {
        let batches = std::mem::take(&mut self.state.borrow_mut().batches);
        for batch in batches {
            in_flight().write(context, |all| all.end(&batch.flight));
        }
        let filter = self.filter(registration);
        filter.state().streams.clear();
        filter.state().is_new = false;
        let names = self.state.borrow().streams.names();
        for stream in names {
            filter.make_due(&stream);
            pump(context, self, registration, &stream);
        }
    }

    /// Runs the oldest timer. Returns its delay.
    pub(super) fn fire(&self, context: &Context) -> Option<Duration> {
        let (delay, job) = self.state.borrow_mut().jobs.pop_front()?;
        job(context, self);
        Some(delay)
    }

    pub(super) fn timers(&self) -> Vec<Duration> {
        let state = self.state.borrow();
        state.jobs.iter().map(|(delay, _)| *delay).collect()
    }

    /// The times of the messages of a stream that are done, in the order of their end.
    pub(super) fn done(&self, stream: &str) -> Vec<u64> {
        let name = self.stream(stream);
        let state = self.state.borrow();
        let of_stream = state.done.iter().filter(|(stream, _)| *stream == name);
        of_stream.map(|(_, one)| millis(one)).collect()
    }

    /// The times of the messages that are in a stream.
    pub(super) fn stored(&self, stream: &str) -> Vec<u64> {
        self.state.borrow().streams.stored(&self.stream(stream))
    }

    /// The times of the messages that were delivered and not acknowledged.
    pub(super) fn pending(&self, stream: &str) -> Vec<u64> {
        self.state.borrow().streams.pending(&self.stream(stream))
    }
}

impl StreamServer for World {
    fn join(&self, stream: &[u8]) -> Option<Vec<u8>> {
        self.state.borrow_mut().streams.join(stream)
    }

    fn count_after(&self, stream: &[u8], after: &[u8], limit: usize) -> usize {
        let state = self.state.borrow();
        state.streams.count_after(stream, after, limit)
    }

    fn read_new(&self, stream: &[u8], count: usize) -> Vec<Message> {
        self.state.borrow_mut().streams.read_new(stream, count)
    }

    fn read_pending(
        &self,
        stream: &[u8],
        count: usize,
        skip: &dyn Fn(&[u8]) -> bool,
    ) -> Vec<Message> {
        let mut state = self.state.borrow_mut();
        let read = state.streams.read_pending(stream, count, skip);
        for message in &read {
            let one = (stream.to_vec(), message.id.clone());
            *state.deliveries.entry(one).or_insert(1) += 1;
        }
        read
    }

    fn is_pending(&self, stream: &[u8], message: &Message) -> bool {
        self.serves(stream) && self.state.borrow().streams.is_pending(stream, &message.id)
    }

    fn deliveries(&self, stream: &[u8], id: &[u8]) -> u32 {
        let state = self.state.borrow();
        let one = (stream.to_vec(), id.to_vec());
        state.deliveries.get(&one).copied().unwrap_or(1)
    }

    fn set_deliveries(&self, stream: &[u8], ids: &[&[u8]], count: u32) {
        let mut state = self.state.borrow_mut();
        for id in ids {
            state
                .deliveries
                .insert((stream.to_vec(), id.to_vec()), count);
        }
    }

    fn add_for_owner(&self, _: &Registration, _: &[u8], fields: &[Vec<u8>]) -> Result<(), String> {
        let mut state = self.state.borrow_mut();
        if let Some(why) = state.refuses {
            return Err(why.to_owned());
        }
        let texts: Vec<String> = fields
            .iter()
            .map(|text| String::from_utf8_lossy(text).into_owned())
            .collect();
        let pairs = texts
            .chunks(2)
            .map(|pair| (pair[0].clone(), pair[1].clone()));
        let letter: BTreeMap<String, String> = pairs.collect();
        let bytes = |name| letter[name].clone().into_bytes();
        let done = (bytes("redgrease:stream"), bytes("redgrease:id"));
        assert!(!state.done.contains(&done), "handled twice: {done:?}");
        state.done.push(done);
        state.dead.push(letter);
        Ok(())
    }

    fn serves(&self, stream: &[u8]) -> bool {
        !self.state.borrow().moved.contains(stream)
    }

    fn moves(&self, stream: &[u8]) -> bool {
        !self.serves(stream) || self.state.borrow().between.contains(stream)
    }

    fn acknowledge(&self, stream: &[u8], ids: &[&[u8]]) -> bool {
        if !self.serves(stream) {
            return false;
        }
        let mut state = self.state.borrow_mut();
        for one in ids {
            let done = (stream.to_vec(), one.to_vec());
            assert!(
                state.done.contains(&done),
                "acknowledged and not handled: {done:?}"
            );
        }
        state.streams.acknowledge(stream, ids);
        true
    }

    fn is_far(&self, _: &[u8]) -> bool {
        self.state.borrow().has_far
    }

    fn send_far(&self, letter: FarLetter) {
        let (stream, id) = (letter.stream.clone(), letter.message.id.clone());
        let number = locked(|context| far_letters::keep(context, letter));
        let mut state = self.state.borrow_mut();
        state.on_their_way.push_back((number, stream, id));
    }

    fn remove(&self, stream: &[u8], ids: &[&[u8]]) {
        self.state.borrow_mut().streams.remove(stream, ids);
    }

    fn later(&self, delay: Duration, job: Later) {
        self.state.borrow_mut().jobs.push_back((delay, job));
    }

    fn check_owner(&self, _: &Registration, _: &[u8]) -> Result<(), String> {
        self.state
            .borrow()
            .owner
            .map_or(Ok(()), |reason| Err(reason.to_owned()))
    }

    fn launch(&self, mut batch: Batch) {
        if self.state.borrow().whole {
            batch.handle_as_a_whole();
        } else if batch.messages.messages.len() == 1 {
            // A handler begins at once.
            batch.record_begins(1);
        }
        let end = {
            let mut state = self.state.borrow_mut();
            for other in &state.batches {
                let same_stream = other.messages.stream == batch.messages.stream;
                assert!(
                    !same_stream || other.registration.id != batch.registration.id,
                    "two batches of a stream at once"
                );
                let both = |one: &Message| {
                    let mut others = batch.messages.messages.iter();
                    others.any(|other| other.id == one.id)
                };
                assert!(
                    !same_stream || !other.messages.messages.iter().any(both),
                    "handled by two at once: {other:?} {batch:?}"
                );
            }
            if batch.registration.mode != Mode::Sync {
                state.batches.push(batch);
                return;
            }
            state.sync_ends.pop_front().unwrap_or(BatchEnd::Handled)
        };
        locked(|context| self.settle(context, &batch, end));
    }
}
