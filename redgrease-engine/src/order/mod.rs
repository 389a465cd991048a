//! The order in which Gears lists things.
//!
//! Fields of a hash, groups, registrations and executions come in the order of a chained hash table
//! that grows bit by bit, and clients see that order. [`Ordered`] is a map that iterates like it.

mod siphash;

use siphash::hash;
use std::borrow::Borrow;

/// A map whose iteration order is that of the original's tables: four buckets at first, doubled
/// when there are as many entries as buckets; new entries at the head of their bucket; one bucket
/// moved to the larger table with each look-up and each insertion.
#[derive(Debug)]
pub(crate) struct Ordered<K, V> {
    small: Table<K, V>,
    /// While growing: what the entries move to, and the next bucket to move.
    large: Option<(Table<K, V>, usize)>,
}

/// Buckets with their newest entry last.
#[derive(Debug)]
struct Table<K, V> {
    buckets: Vec<Vec<(K, V)>>,
    used: usize,
}

const FIRST_SIZE: usize = 4;
/// Empty buckets that are passed over in one move.
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

    fn place(&self, hash: u64) -> usize {
        // Sizes are powers of two.
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
            // From the head: each one becomes the head of its new bucket.
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

    /// Looks a key up, which moves a bucket if the table is growing.
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

    /// Looks a key up, without moving anything.
    pub(crate) fn peek_mut(&mut self, key: &[u8]) -> Option<&mut V> {
        let (is_large, bucket, index) = self.find(key)?;
        Some(&mut self.table(is_large).buckets[bucket][index].1)
    }

    /// Looks a key up and changes nothing.
    pub(crate) fn peek(&self, key: &[u8]) -> Option<&V> {
        let (is_large, bucket, index) = self.find(key)?;
        let table = match &self.large {
            Some((large, _)) if is_large => large,
            _ => &self.small,
        };
        table.buckets[bucket].get(index).map(|(_, value)| value)
    }

    /// Adds an entry; the key must not be there yet.
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

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        let large = self.large.iter().flat_map(|(table, _)| &table.buckets);
        self.small
            .buckets
            .iter()
            .chain(large)
            .flat_map(|bucket| bucket.iter().rev())
            .map(|(key, value)| (key, value))
    }

    pub(crate) fn into_entries(self) -> impl Iterator<Item = (K, V)> {
        let large = self.large.into_iter().flat_map(|(table, _)| table.buckets);
        self.small
            .buckets
            .into_iter()
            .chain(large)
            .flat_map(|bucket| bucket.into_iter().rev())
    }
}

#[cfg(test)]
mod tests {
    use super::Ordered;

    /// As record dictionaries are filled: a look-up, then the insertion.
    fn filled(keys: &[&str]) -> Vec<String> {
        let mut map: Ordered<String, ()> = Ordered::default();
        for key in keys {
            assert!(map.get_mut(*key).is_none());
            map.add((*key).to_owned(), ());
        }
        map.into_entries().map(|(key, ())| key).collect()
    }

    #[test]
    fn recorded_orders_of_fields() {
        assert_eq!(
            filled(&["name", "age", "city", "email", "id"]),
            ["age", "name", "city", "email", "id"]
        );
        let alphabet: Vec<String> = ('a'..='z').map(String::from).collect();
        let alphabet: Vec<&str> = alphabet.iter().map(String::as_str).collect();
        let recorded = "zbokpyefvglxidrwaqscunjtmh";
        assert_eq!(filled(&alphabet).concat(), recorded);
        let fields: Vec<String> = (0..12).map(|n| format!("field{n}")).collect();
        let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
        let numbers: Vec<String> = filled(&fields)
            .iter()
            .map(|name| name.replace("field", ""))
            .collect();
        assert_eq!(numbers.join(" "), "0 5 9 4 7 6 11 10 1 3 2 8");
    }

    #[test]
    fn what_is_removed_is_gone_and_the_rest_stays() {
        let mut map: Ordered<String, usize> = Ordered::default();
        for n in 0..100 {
            map.add(n.to_string(), n);
        }
        for n in (0..100).step_by(2) {
            assert_eq!(map.remove(n.to_string().as_bytes()), Some(n));
        }
        assert_eq!(map.len(), 50);
        assert_eq!(map.peek(b"7"), Some(&7));
        assert_eq!(map.peek(b"8"), None);
        let mut left: Vec<usize> = map.iter().map(|(_, &n)| n).collect();
        left.sort_unstable();
        assert_eq!(left, (1..100).step_by(2).collect::<Vec<_>>());
    }
}
