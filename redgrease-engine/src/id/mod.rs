//! Ids of executions and registrations: `<shard>-<number>`.
//!
//! An id is the same on all shards of a cluster, and on the replica that takes the place of its shard.

mod shard;

pub(crate) use shard::Shard;

use crate::encoding::{Damaged, Input, write_number};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};

/// An execution or registration: its number, and the shard that gave the number out.
///
/// Ids are ordered by number: see [`IdCounter`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Id {
    number: u64,
    shard: Shard,
}

impl Id {
    /// The id of this server with the number.
    pub(crate) fn of(number: u64) -> Id {
        Id::of_shard(Shard::own(), number)
    }

    pub(crate) fn of_shard(shard: Shard, number: u64) -> Id {
        Id { number, shard }
    }

    pub(crate) fn shard(self) -> Shard {
        self.shard
    }

    /// The key that decides about the place of the id in a list: shard, number, and a byte that is always zero.
    pub(crate) fn key(self) -> [u8; 49] {
        let mut key = [0; 49];
        key[..Shard::DIGITS].copy_from_slice(&self.shard.digits());
        key[Shard::DIGITS..48].copy_from_slice(&self.number.to_le_bytes());
        key
    }

    /// Reads the id that a client names. `None` if no shard can have made it.
    pub(crate) fn parse(text: &[u8]) -> Option<Id> {
        let (shard, number) = text.split_at_checked(Shard::DIGITS)?;
        let shard = Shard::parse(shard)?.adopted();
        let number = std::str::from_utf8(number.strip_prefix(b"-")?).ok()?;
        let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        let number = digits.then(|| number.parse().ok())??;
        Some(Id { number, shard })
    }

    pub(crate) fn write(self, out: &mut Vec<u8>) {
        self.shard.write(out);
        write_number(out, self.number);
    }

    pub(crate) fn read(input: &mut Input<'_>) -> Result<Id, Damaged> {
        let shard = Shard::read(input)?.adopted();
        let number = input.number()?;
        Ok(Id { number, shard })
    }

    /// Writes an id of a server that is in no cluster: just the number.
    pub(crate) fn write_number(self, out: &mut Vec<u8>) {
        write_number(out, self.number);
    }

    /// Reads an id of which only the number was written. The id belongs to this server.
    pub(crate) fn read_number(input: &mut Input<'_>) -> Result<Id, Damaged> {
        input.number().map(Id::of)
    }
}

impl Hash for Id {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // Few ids of different shards have the same number.
        self.number.hash(state);
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.shard, self.number)
    }
}

/// Gives out ids. Some internal steps use up an id, because clients of RedisGears rely on it.
#[derive(Debug)]
pub(crate) struct IdCounter(AtomicU64);

impl IdCounter {
    pub(crate) const fn new() -> IdCounter {
        IdCounter(AtomicU64::new(0))
    }

    /// Keeps the number of the id from being given out again. Also that of an id of another shard: what is registered later,
    /// wherever it is, has a higher number.
    pub(crate) fn reserve(&self, id: Id) {
        self.0
            .fetch_max(id.number.saturating_add(1), Ordering::Relaxed);
    }

    pub(crate) fn next(&self) -> Id {
        Id::of(self.0.fetch_add(1, Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn other() -> Shard {
        Shard::parse(&[b'e'; 40]).unwrap()
    }

    #[test]
    fn a_reserved_id_is_not_given_out_again() {
        let ids = IdCounter::new();
        assert_eq!(ids.next(), Id::of(0));
        ids.reserve(Id::of(7));
        assert_eq!(ids.next(), Id::of(8));
        ids.reserve(Id::of(3));
        assert_eq!(ids.next(), Id::of(9));
        ids.reserve(Id::of_shard(other(), 20));
        assert_eq!(ids.next(), Id::of(21));
        ids.reserve(Id::of(u64::MAX));
    }

    #[test]
    fn an_id_is_read_as_it_is_written() {
        let own = "0".repeat(40);
        let id = Id::of(42);
        assert_eq!(id.to_string(), format!("{own}-42"));
        assert_eq!(Id::parse(id.to_string().as_bytes()), Some(id));
        for text in [
            "",
            "42",
            "x-42",
            "-42",
            &own,
            &format!("{own}-"),
            &format!("{own}-+4"),
            &format!("{own}--4"),
            &format!("{own}-4 "),
            &format!("{own}0-4"),
            &format!("{own}-99999999999999999999"),
            &format!("{}-4", &own[1..]),
            &format!("{}-4", "E".repeat(40)),
            &format!("{}-4", "\u{e9}".repeat(20)),
        ] {
            assert_eq!(Id::parse(text.as_bytes()), None, "{text}");
        }
        assert_eq!(Id::parse(b"\xff-1"), None);
        let not_utf8 = [own.as_bytes(), b"-\xff"].concat();
        assert_eq!(Id::parse(&not_utf8), None);
    }

    #[test]
    fn keys_of_ids_differ_in_shard_and_number() {
        let (first, second) = (Id::of(0), Id::of(1));
        let elsewhere = Id::of_shard(other(), 0);
        assert_ne!(first.key(), second.key());
        assert_ne!(first.key(), elsewhere.key());
        assert_eq!(&first.key()[..40], "0".repeat(40).as_bytes());
        assert_eq!(&elsewhere.key()[..40], "e".repeat(40).as_bytes());
        assert_eq!(&second.key()[40..], [1, 0, 0, 0, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn ids_of_two_shards_with_one_number_are_two_ids() {
        let both = [Id::of(1), Id::of_shard(other(), 1)];
        assert_ne!(both[0], both[1]);
        let all: std::collections::HashSet<Id> = both.into();
        assert_eq!(all.len(), 2);
        assert!(both[1] < Id::of(2), "the number decides first");
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
        assert_eq!(all, (0..400).map(Id::of).collect::<Vec<_>>());
    }

    proptest::proptest! {
        #[test]
        fn every_number_and_shard_is_read_as_it_is_written(shard in "[0-9a-f]{40}", number: u64) {
            let text = format!("{shard}-{number}");
            let id = Id::parse(text.as_bytes()).unwrap();
            proptest::prop_assert_eq!(id.to_string(), text);
            let mut bytes = Vec::new();
            id.write(&mut bytes);
            let mut input = Input::new(&bytes);
            proptest::prop_assert_eq!(Id::read(&mut input), Ok(id));
            proptest::prop_assert_eq!(input.end(()), Ok(()));
            for end in 0..bytes.len() {
                proptest::prop_assert_eq!(Id::read(&mut Input::new(&bytes[..end])), Err(Damaged::Cut));
            }
        }

        #[test]
        fn a_number_alone_belongs_to_this_server(number: u64) {
            let mut bytes = Vec::new();
            Id::of_shard(other(), number).write_number(&mut bytes);
            proptest::prop_assert_eq!(Id::read_number(&mut Input::new(&bytes)), Ok(Id::of(number)));
        }

        #[test]
        fn no_text_makes_it_panic(text: Vec<u8>) {
            if let Some(id) = Id::parse(&text) {
                proptest::prop_assert!(id.to_string().as_bytes().starts_with(&text[..41]));
            }
        }
    }
}
