//! Records that cross to other shards go in batches, one for each mover and each receiver.

use super::MoverId;
use crate::python::{Gil, Handle, Movement, Object, Raised, guessed_size};

/// The size of a batch in bytes, as far as it can be guessed.
const AIM: usize = 128 << 10;
/// A batch whose records have so many bytes is full, whatever the batches before it were like.
const MOST: usize = 256 << 10;
/// The number of records of the first batch of a mover.
const FIRST_LENGTH: usize = 32;
/// The number of records of any batch.
const MOST_RECORDS: usize = 1 << 14;

/// The records that are held back until a batch is full. `S` stands for a shard.
#[derive(Debug)]
pub(crate) struct Batches<S> {
    /// In the order of the movers and their receivers. Each record looks here: a search is faster than a hash.
    held: Vec<((MoverId, S), Held)>,
    /// By mover: the number of records that fill a batch.
    lengths: Vec<usize>,
}

#[derive(Debug, Default)]
struct Held {
    records: Vec<Handle>,
    /// About the bytes that the records have.
    bytes: usize,
}

/// Records for one shard. They are written without the lock of [`Batches`], because that may run Python.
#[derive(Debug)]
pub(crate) struct Batch<S> {
    pub(crate) mover: MoverId,
    pub(crate) to: S,
    records: Vec<Handle>,
}

impl<S> Default for Batches<S> {
    fn default() -> Self {
        Batches {
            held: Vec::new(),
            lengths: Vec::new(),
        }
    }
}

impl<S: Copy + Ord> Batches<S> {
    /// Holds a record back. Returns the batch that is full.
    pub(crate) fn add(&mut self, mover: MoverId, to: S, record: Object<'_>) -> Option<Batch<S>> {
        let length = self.lengths.get(mover.0).copied().unwrap_or(FIRST_LENGTH);
        let held = self.held_for(mover, to);
        held.bytes += guessed_size(&record);
        held.records.push(record.unbind().into());
        if held.records.len() < length && held.bytes < MOST {
            return None;
        }
        let records = std::mem::take(held).records;
        Some(Batch { mover, to, records })
    }

    fn held_for(&mut self, mover: MoverId, to: S) -> &mut Held {
        let key = (mover, to);
        let place = self.held.binary_search_by_key(&key, |(of, _)| *of);
        let place = place.unwrap_or_else(|place| {
            self.held.insert(place, (key, Held::default()));
            place
        });
        &mut self.held[place].1
    }

    /// Takes the records of a mover that are held back: at its end, or when they have waited long enough.
    pub(crate) fn take(&mut self, mover: MoverId) -> Vec<Batch<S>> {
        let of_mover = self.held.iter_mut().filter(|((of, _), _)| *of == mover);
        let batches = of_mover.map(|((mover, to), held)| Batch {
            mover: *mover,
            to: *to,
            records: std::mem::take(held).records,
        });
        batches.filter(|batch| batch.len() > 0).collect()
    }

    /// Learns from the size of a batch how many records fill the next one.
    pub(crate) fn learn(&mut self, mover: MoverId, records: usize, bytes: usize) {
        let fit = AIM.saturating_mul(records) / bytes.max(1);
        let most = records.saturating_mul(4).min(MOST_RECORDS);
        if self.lengths.len() <= mover.0 {
            self.lengths.resize(mover.0 + 1, FIRST_LENGTH);
        }
        self.lengths[mover.0] = fit.clamp(1, most.max(1));
    }
}

impl<S> Batch<S> {
    pub(crate) fn len(&self) -> usize {
        self.records.len()
    }

    /// Two batches of half as many records. `None` for a single record.
    pub(crate) fn halves(mut self) -> Option<[Batch<S>; 2]>
    where
        S: Copy,
    {
        let half = self.len() / 2;
        let rest = Batch {
            records: self.records.split_off(half),
            ..self
        };
        (half > 0).then_some([self, rest])
    }

    /// The bytes of the batch. Adds the error of each record that cannot be written, which is left out.
    ///
    /// # Errors
    /// If there is no memory, or if the thread was interrupted.
    pub(crate) fn write(
        &self,
        py: Gil<'_>,
        movement: &Movement,
        errors: &mut Vec<Raised>,
    ) -> Result<Vec<u8>, Raised> {
        let records = self.records.iter();
        let records = records.map(|record| record.bind(py).clone()).collect();
        movement.write(py, records, errors)
    }
}
