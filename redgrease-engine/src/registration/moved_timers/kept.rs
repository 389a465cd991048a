//! The functions of keys that are sent to another shard.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// A function is kept for so long after its key was sent.
const KEPT: Duration = Duration::from_mins(10);
/// And for so long after the new shard has fetched it: the answer may be lost.
const FETCHED: Duration = Duration::from_secs(30);
/// The largest number of bytes that all of them have.
const MOST: usize = 256 << 20;

/// The functions by the names of their keys.
#[derive(Debug, Default)]
pub(super) struct Kept {
    by_key: HashMap<Vec<u8>, One>,
    /// The bytes of all functions.
    size: usize,
}

#[derive(Debug)]
struct One {
    number: String,
    bytes: Vec<u8>,
    until: Instant,
}

impl Kept {
    /// Keeps the function of a key that is sent. Returns the number of its ticket: `number`, or the one that it got when it was sent
    /// before. `None` if there are too many.
    pub(super) fn keep(
        &mut self,
        key: &[u8],
        bytes: &[u8],
        number: String,
        now: Instant,
    ) -> Option<String> {
        if let Some(one) = self.by_key.get_mut(key)
            && one.bytes == bytes
        {
            one.until = now + KEPT;
            return Some(one.number.clone());
        }
        let is_kept = self.put(key, bytes, &number, now);
        is_kept.then_some(number)
    }

    /// Keeps the function of a key, in place of another one. Returns `false` if there are too many.
    pub(super) fn put(&mut self, key: &[u8], bytes: &[u8], number: &str, now: Instant) -> bool {
        self.drop_old(now);
        self.forget(key);
        if self.size + bytes.len() > MOST {
            return false;
        }
        self.size += bytes.len();
        let one = One {
            number: number.to_owned(),
            bytes: bytes.to_vec(),
            until: now + KEPT,
        };
        self.by_key.insert(key.to_vec(), one);
        true
    }

    /// The number of a key's ticket, and its function.
    pub(super) fn of(&self, key: &[u8]) -> Option<(String, Vec<u8>)> {
        let one = self.by_key.get(key)?;
        Some((one.number.clone(), one.bytes.clone()))
    }

    /// The function of a ticket.
    pub(super) fn fetch(&mut self, key: &[u8], number: &str, now: Instant) -> Option<Vec<u8>> {
        self.drop_old(now);
        let one = self
            .by_key
            .get_mut(key)
            .filter(|one| one.number == number)?;
        one.until = one.until.min(now + FETCHED);
        Some(one.bytes.clone())
    }

    fn drop_old(&mut self, now: Instant) {
        let size = &mut self.size;
        self.by_key.retain(|_, one| {
            let stays = one.until > now;
            if !stays {
                *size -= one.bytes.len();
            }
            stays
        });
    }

    fn forget(&mut self, key: &[u8]) {
        if let Some(one) = self.by_key.remove(key) {
            self.size -= one.bytes.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keep(
        kept: &mut Kept,
        key: &str,
        bytes: &[u8],
        number: &str,
        now: Instant,
    ) -> Option<String> {
        kept.keep(key.as_bytes(), bytes, number.to_owned(), now)
    }

    #[test]
    fn a_function_is_fetched_with_the_number_and_the_name_of_its_key() {
        let now = Instant::now();
        let mut kept = Kept::default();
        assert_eq!(keep(&mut kept, "a", b"one", "1", now).as_deref(), Some("1"));
        assert_eq!(
            kept.fetch(b"a", "1", now).as_deref(),
            Some(b"one".as_slice())
        );
        assert_eq!(kept.of(b"a"), Some(("1".to_owned(), b"one".to_vec())));
        assert_eq!(kept.of(b"b"), None);
        for (key, number) in [("a", "2"), ("b", "1")] {
            assert_eq!(kept.fetch(key.as_bytes(), number, now), None);
        }
    }

    #[test]
    fn a_key_has_one_ticket() {
        let now = Instant::now();
        let mut kept = Kept::default();
        keep(&mut kept, "a", b"one", "1", now);
        assert_eq!(keep(&mut kept, "a", b"one", "2", now).as_deref(), Some("1"));
        assert_eq!(
            keep(&mut kept, "a", b"other", "3", now).as_deref(),
            Some("3")
        );
        assert_eq!((kept.by_key.len(), kept.size), (1, 5));
        assert_eq!(kept.fetch(b"a", "1", now), None);
    }

    #[test]
    fn the_newest_ticket_of_a_key_is_the_right_one() {
        let now = Instant::now();
        let mut kept = Kept::default();
        assert!(kept.put(b"a", b"one", "1", now) && kept.put(b"a", b"one", "2", now));
        assert_eq!((kept.by_key.len(), kept.size), (1, 3));
        assert_eq!(kept.fetch(b"a", "1", now), None);
        assert!(kept.fetch(b"a", "2", now).is_some());
    }

    #[test]
    fn functions_are_dropped_after_a_time() {
        let now = Instant::now();
        let mut kept = Kept::default();
        keep(&mut kept, "a", b"one", "1", now);
        keep(&mut kept, "b", b"two", "2", now);
        kept.fetch(b"a", "1", now);
        let later = now + FETCHED + Duration::from_secs(1);
        assert_eq!(kept.fetch(b"a", "1", later), None);
        assert!(kept.fetch(b"b", "2", later).is_some());
        assert_eq!(kept.fetch(b"b", "2", now + KEPT), None);
        assert_eq!(kept.size, 0);
    }

    #[test]
    fn there_is_a_limit_in_bytes() {
        let now = Instant::now();
        let mut kept = Kept::default();
        let long = vec![0; MOST / 2];
        assert!(keep(&mut kept, "a", &long, "1", now).is_some());
        assert!(keep(&mut kept, "b", &long, "2", now).is_some());
        assert_eq!(keep(&mut kept, "c", b"c", "3", now), None);
        assert!(keep(&mut kept, "c", b"c", "3", now + KEPT).is_some());
    }
}
