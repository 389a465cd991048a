//! A map with the iteration order of the hash tables in RedisGears.
//!
//! RedisGears lists fields of a hash, groups, registrations and executions in the order of a
//! chained hash table that grows incrementally, and clients see that order. [`Ordered`] reproduces
//! it.

mod siphash;
#[cfg(test)]
mod tests;

pub(crate) use siphash::hash as stable_hash;

use siphash::hash;
use std::borrow::Borrow;

/// A map that iterates in the order of RedisGears' hash tables.
///
/// A table starts with four buckets and doubles when it has as many entries as buckets. A new
/// entry becomes the head of its bucket. While the map grows, each insertion, removal and
/// [`Ordered::get_mut`] moves one bucket to the larger table.
#[derive(Debug)]
pub(crate) struct Ordered<K, V> {
    small: Table<K, V>,
    /// While the map grows: the larger table, and the index of the next bucket to move.
    large: Option<(Table<K, V>, usize)>,
}

/// One hash table. The head of a bucket is the last element of its vector.
#[derive(Debug)]
struct Table<K, V> {
    buckets: Vec<Vec<(K, V)>>,
    /// Number of entries.
    used: usize,
}

/// Buckets of the first table.
const FIRST_SIZE: usize = 4;
/// Empty buckets that one move skips at most.
const EMPTY_VISITS: usize = 10;

impl<K, V> Default for Ordered<K, V> {
    fn default() -> Self {
        Ordered {
            small: Table::new(0),
            large: None,
        }
    }
}

impl<K, V> Table<K, V> {
    fn new(size: usize) -> Self {
        Table {
            buckets: std::iter::repeat_with(Vec::new).take(size).collect(),
            used: 0,
        }
    }

    /// The bucket of a hash. The number of buckets is a power of two.
    fn place(&self, hash: u64) -> usize {
        usize::try_from(hash & (self.buckets.len() as u64 - 1)).unwrap_or(0)
    }
}

impl<K: AsRef<[u8]>, V> Ordered<K, V> {
    pub(crate) fn len(&self) -> usize {
        self.small.used + self.large.as_ref().map_or(0, |(table, _)| table.used)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Moves the next bucket to the larger table if the map is growing.
    fn move_one_bucket(&mut self) {
        let Some((large, next)) = &mut self.large else {
            return;
        };
        let mut visits = EMPTY_VISITS;
        while self.small.used > 0 && self.small.buckets[*next].is_empty() {
            *next += 1;
            visits -= 1;
            if visits == 0 {
                return;
            }
        }
        if self.small.used > 0 {
            let bucket = std::mem::take(&mut self.small.buckets[*next]);
            *next += 1;
            self.small.used -= bucket.len();
            large.used += bucket.len();
            // RedisGears moves the entries of a bucket from its head on, and each one becomes the
            // head of its new bucket.
            for (key, value) in bucket.into_iter().rev() {
                let place = large.place(hash(key.as_ref()));
                large.buckets[place].push((key, value));
            }
        }
        if self.small.used == 0
            && let Some((large, _)) = self.large.take()
        {
            self.small = large;
        }
    }

    /// Finds an entry: whether it is in the larger table, its bucket, and its index there.
    fn find(&self, key: &[u8]) -> Option<(bool, usize, usize)> {
        let hash = hash(key);
        let tables = [
            Some(&self.small),
            self.large.as_ref().map(|(table, _)| table),
        ];
        for (is_large, table) in [false, true].into_iter().zip(tables) {
            let Some(table) = table.filter(|table| !table.buckets.is_empty()) else {
                continue;
            };
            let bucket = table.place(hash);
            let found = table.buckets[bucket]
                .iter()
                .position(|(k, _)| k.as_ref() == key);
            if let Some(index) = found {
                return Some((is_large, bucket, index));
            }
        }
        None
    }

    fn table(&mut self, is_large: bool) -> &mut Table<K, V> {
        match &mut self.large {
            Some((large, _)) if is_large => large,
            _ => &mut self.small,
        }
    }

    /// Looks up a key, and moves one bucket if the map is growing, as a look-up in RedisGears does.
    pub(crate) fn get_mut<Q: AsRef<[u8]> + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        if self.is_empty() {
            return None;
        }
        self.move_one_bucket();
        let (is_large, bucket, index) = self.find(key.as_ref())?;
        Some(&mut self.table(is_large).buckets[bucket][index].1)
    }

    /// Looks up a key without moving a bucket.
    pub(crate) fn peek_mut(&mut self, key: &[u8]) -> Option<&mut V> {
        let (is_large, bucket, index) = self.find(key)?;
        Some(&mut self.table(is_large).buckets[bucket][index].1)
    }

    /// Looks up a key without moving a bucket.
    pub(crate) fn peek(&self, key: &[u8]) -> Option<&V> {
        let (is_large, bucket, index) = self.find(key)?;
        let table = match &self.large {
            Some((large, _)) if is_large => large,
            _ => &self.small,
        };
        table.buckets[bucket].get(index).map(|(_, value)| value)
    }

    /// Adds an entry. The map must not contain the key yet.
    pub(crate) fn add(&mut self, key: K, value: V) {
        self.move_one_bucket();
        if self.large.is_none() {
            if self.small.buckets.is_empty() {
                self.small = Table::new(FIRST_SIZE);
            } else if self.small.used >= self.small.buckets.len() {
                let size = (self.small.used * 2).next_power_of_two();
                self.large = Some((Table::new(size), 0));
            }
        }
        let growing = self.large.is_some();
        let table = self.table(growing);
        let place = table.place(hash(key.as_ref()));
        table.buckets[place].push((key, value));
        table.used += 1;
    }

    /// Removes an entry, and moves one bucket if the map is growing.
    pub(crate) fn remove(&mut self, key: &[u8]) -> Option<V> {
        if self.is_empty() {
            return None;
        }
        self.move_one_bucket();
        let (is_large, bucket, index) = self.find(key)?;
        let table = self.table(is_large);
        table.used -= 1;
        Some(table.buckets[bucket].remove(index).1)
    }

    /// The entries in the order that clients see.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        let large = self.large.iter().flat_map(|(table, _)| &table.buckets);
        self.small
            .buckets
            .iter()
            .chain(large)
            .flat_map(|bucket| bucket.iter().rev())
            .map(|(key, value)| (key, value))
    }

    /// The entries by value, in the order of [`Ordered::iter`].
    pub(crate) fn into_entries(self) -> impl Iterator<Item = (K, V)> {
        let large = self.large.into_iter().flat_map(|(table, _)| table.buckets);
        self.small
            .buckets
            .into_iter()
            .chain(large)
            .flat_map(|bucket| bucket.into_iter().rev())
    }
}
