//! Ids of executions and registrations: `<shard id>-<number>`.

use crate::redis::shard_id;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// The number of an execution or registration of this shard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Id(u64);

impl Id {
    /// The id of this server with the number.
    pub(crate) fn of(number: u64) -> Id {
        Id(number)
    }

    pub(crate) fn number(self) -> u64 {
        self.0
    }

    /// The key that decides about the place of the id in a list: shard, number, and a byte that is always zero.
    pub(crate) fn key(self) -> [u8; 49] {
        let mut key = [0; 49];
        for (place, byte) in key.iter_mut().zip(shard_id().bytes()) {
            *place = byte;
        }
        key[40..48].copy_from_slice(&self.0.to_le_bytes());
        key
    }

    /// Reads the id that a client names. `None` if this shard cannot have made it.
    pub(crate) fn parse(text: &[u8]) -> Option<Id> {
        let text = std::str::from_utf8(text).ok()?;
        let (shard, number) = text.rsplit_once('-')?;
        let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        (shard == shard_id() && digits).then(|| number.parse().ok().map(Id))?
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", shard_id(), self.0)
    }
}

/// Gives out ids. Some internal steps use up an id, because clients of RedisGears rely on it.
#[derive(Debug)]
pub(crate) struct IdCounter(AtomicU64);

impl IdCounter {
    pub(crate) const fn new() -> IdCounter {
        IdCounter(AtomicU64::new(0))
    }

    /// The id with this number. The counter does not give it out again.
    pub(crate) fn reserve(&self, number: u64) -> Id {
        self.0
            .fetch_max(number.saturating_add(1), Ordering::Relaxed);
        Id(number)
    }

    pub(crate) fn next(&self) -> Id {
        Id(self.0.fetch_add(1, Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reserved_id_is_not_given_out_again() {
        let ids = IdCounter::new();
        assert_eq!(ids.next().number(), 0);
        assert_eq!(ids.reserve(7).number(), 7);
        assert_eq!(ids.next().number(), 8);
        assert_eq!(ids.reserve(3).number(), 3);
        assert_eq!(ids.next().number(), 9);
        assert_eq!(ids.reserve(u64::MAX).number(), u64::MAX);
    }

    #[test]
    fn an_id_is_read_as_it_is_written() {
        let id = IdCounter::new().reserve(42);
        assert_eq!(Id::parse(id.to_string().as_bytes()), Some(id));
        for text in [
            "",
            "42",
            "x-42",
            "-42",
            &format!("{}-", shard_id()),
            &format!("{}-+4", shard_id()),
            &format!("{}-99999999999999999999", shard_id()),
        ] {
            assert_eq!(Id::parse(text.as_bytes()), None, "{text}");
        }
        assert_eq!(Id::parse(b"\xff-1"), None);
    }

    #[test]
    fn keys_of_ids_differ_in_shard_and_number() {
        let ids = IdCounter::new();
        let (first, second) = (ids.next(), ids.next());
        assert_ne!(first.key(), second.key());
        assert_eq!(&first.key()[..40], shard_id().as_bytes());
        assert_eq!(first.key()[48], 0);
    }

    #[test]
    fn threads_get_different_ids() {
        let ids = IdCounter::new();
        let mut all: Vec<Id> = std::thread::scope(|scope| {
            let take = || (0..100).map(|_| ids.next()).collect::<Vec<_>>();
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(take)).collect();
            threads
                .into_iter()
                .flat_map(|thread| thread.join().unwrap())
                .collect()
        });
        all.sort();
        let numbers: Vec<u64> = all.into_iter().map(Id::number).collect();
        assert_eq!(numbers, (0..400).collect::<Vec<_>>());
    }

    proptest::proptest! {
        #[test]
        fn every_number_is_read_as_it_is_written(number: u64) {
            let id = IdCounter::new().reserve(number);
            proptest::prop_assert_eq!(Id::parse(id.to_string().as_bytes()), Some(id));
        }
    }
}
