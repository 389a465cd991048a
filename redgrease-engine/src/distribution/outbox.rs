//! The records that go from this shard to others, with what they have not put through yet.

use super::message::Message;
use super::part::{Part, When};
use super::shards::Number;
use crate::python::{Gil, Object, Raised};
use crate::steps::{Batch, Batches, Exchange, MoverId, Target};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// A shard is sent no further records of a mover while it has not put through so many bytes of them.
const MOST: usize = 4 << 20;
/// Records whose bytes turn out to be more are sent in several messages.
const LARGE: usize = 1 << 20;
/// Records are held back no longer than this while others are read.
const PATIENCE: Duration = Duration::from_millis(40);

#[derive(Debug, Default)]
pub(super) struct Outbox {
    /// By mover: the number of shards that are sent no further records.
    full: OnceLock<Vec<AtomicUsize>>,
    inside: Mutex<Inside>,
    /// Records are held back.
    holds: AtomicBool,
}

#[derive(Debug, Default)]
struct Inside {
    held: Batches<Number>,
    since: Option<Instant>,
    /// The bytes that a shard has not put through.
    untaken: HashMap<(MoverId, Number), usize>,
    movers: usize,
}

/// Records that are held back.
#[derive(Debug, Clone, Copy)]
pub(super) enum Held {
    All,
    Of(MoverId),
}

impl Outbox {
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The steps have so many movers.
    pub(super) fn make_room_for(&self, movers: usize) {
        let full = std::iter::repeat_with(AtomicUsize::default);
        let _ = self.full.set(full.take(movers).collect());
        self.inside().movers = movers;
    }

    fn full(&self, mover: MoverId) -> Option<&AtomicUsize> {
        self.full.get()?.get(mover.0)
    }

    pub(super) fn has_room(&self, mover: MoverId) -> bool {
        self.full(mover)
            .is_none_or(|full| full.load(Ordering::Relaxed) == 0)
    }

    pub(super) fn sent(&self, mover: MoverId, to: Number, bytes: usize) {
        let mut inside = self.inside();
        let untaken = inside.untaken.entry((mover, to)).or_default();
        let was_full = *untaken >= MOST;
        *untaken += bytes;
        if !was_full
            && *untaken >= MOST
            && let Some(full) = self.full(mover)
        {
            full.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A shard has put so many bytes through. Returns `true` if that makes room for others.
    pub(super) fn taken(&self, mover: MoverId, by: Number, bytes: u64) -> bool {
        let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
        let mut inside = self.inside();
        let untaken = inside.untaken.entry((mover, by)).or_default();
        let was_full = *untaken >= MOST;
        *untaken = untaken.saturating_sub(bytes);
        let makes_room = was_full && *untaken < MOST;
        if makes_room && let Some(full) = self.full(mover) {
            full.fetch_sub(1, Ordering::Relaxed);
        }
        makes_room
    }

    /// `true` if records were held back for long.
    pub(super) fn is_overdue(&self) -> bool {
        if !self.holds.load(Ordering::Relaxed) {
            return false;
        }
        let since = self.inside().since;
        since.is_some_and(|since| since.elapsed() >= PATIENCE)
    }

    fn add(&self, mover: MoverId, to: Number, record: Object<'_>) -> Option<Batch<Number>> {
        let mut inside = self.inside();
        if inside.since.is_none() {
            inside.since = Some(Instant::now());
            self.holds.store(true, Ordering::Relaxed);
        }
        inside.held.add(mover, to, record)
    }

    /// The batches that are held back.
    pub(super) fn take_held(&self, which: Held) -> Vec<Batch<Number>> {
        let mut inside = self.inside();
        match which {
            Held::Of(mover) => inside.held.take(mover),
            Held::All => {
                inside.since = None;
                self.holds.store(false, Ordering::Relaxed);
                let movers = (0..inside.movers).map(MoverId);
                movers.flat_map(|mover| inside.held.take(mover)).collect()
            }
        }
    }

    /// Drops everything.
    pub(super) fn clear(&self) {
        let dropped = std::mem::take(&mut *self.inside());
        drop(dropped);
    }
}

impl Part {
    pub(super) fn send_batch(
        &self,
        py: Gil<'_>,
        batch: Batch<Number>,
        when: When,
        errors: &mut Vec<Raised>,
    ) {
        let Some(layout) = self.layout() else { return };
        let (mover, to) = (batch.mover, batch.to);
        let mut left = vec![batch];
        while let Some(batch) = left.pop() {
            let mut refused = Vec::new();
            let bytes = match batch.write(py, &layout.movement, &mut refused) {
                Ok(bytes) => bytes,
                Err(raised) => return errors.push(raised),
            };
            let mut inside = self.outbox.inside();
            inside.held.learn(mover, batch.len(), bytes.len());
            drop(inside);
            if bytes.len() > LARGE
                && let Some([first, rest]) = batch.halves()
            {
                left.extend([rest, first]);
                continue;
            }
            errors.append(&mut refused);
            self.outbox.sent(mover, to, bytes.len());
            self.send_when(to, &Message::Batch(mover, &bytes), when);
        }
    }
}

impl Exchange for Part {
    fn move_record<'py>(
        &self,
        mover: MoverId,
        target: Target,
        record: Object<'py>,
        errors: &mut Vec<Raised>,
    ) -> Option<Object<'py>> {
        let Some(shards) = self.shards() else {
            return Some(record);
        };
        let to = match target {
            Target::Initiator => 0,
            Target::Key(key) => shards.owner(&key),
        };
        if to == shards.mine() {
            return Some(record);
        }
        let py = record.py();
        if let Some(batch) = self.outbox.add(mover, to, record) {
            self.send_batch(py, batch, When::Now, errors);
        }
        None
    }

    fn ended(&self, py: Gil<'_>, mover: MoverId, errors: &mut Vec<Raised>) {
        let when = self.when_ended(mover);
        for batch in self.outbox.take_held(Held::Of(mover)) {
            self.send_batch(py, batch, when, errors);
        }
        self.ended_here(mover);
    }

    fn enough(&self, _: MoverId) {
        self.send_to_others(&Message::Enough);
    }

    fn has_room(&self, mover: MoverId) -> bool {
        self.outbox.has_room(mover)
    }
}
