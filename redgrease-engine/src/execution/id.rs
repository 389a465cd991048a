//! Ids of executions and registrations: `<shard id>-<number>`.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// The number of an execution or registration that this shard made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Id(u64);

impl Id {
    pub(crate) fn number(self) -> u64 {
        self.0
    }

    /// What orders it among others: shard, number, and a byte that is always zero.
    pub(crate) fn key(self) -> [u8; 49] {
        let mut key = [0; 49];
        for (place, byte) in key.iter_mut().zip(crate::engine().shard_id.bytes()) {
            *place = byte;
        }
        key[40..48].copy_from_slice(&self.0.to_le_bytes());
        key
    }

    /// The id a client names, if this shard could have made it.
    pub(crate) fn parse(text: &[u8]) -> Option<Id> {
        let text = std::str::from_utf8(text).ok()?;
        let (shard, number) = text.rsplit_once('-')?;
        let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        (shard == crate::engine().shard_id && digits).then(|| number.parse().ok().map(Id))?
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", crate::engine().shard_id, self.0)
    }
}

/// Gives out ids. Clients of Gears rely on which internal steps use one up.
#[derive(Debug, Default)]
pub(crate) struct IdCounter(AtomicU64);

impl IdCounter {
    /// The id with this number, which is not given out any more.
    pub(crate) fn reserve(&self, number: u64) -> Id {
        self.0
            .fetch_max(number.saturating_add(1), Ordering::Relaxed);
        Id(number)
    }

    pub(crate) fn next(&self) -> Id {
        Id(self.0.fetch_add(1, Ordering::Relaxed))
    }
}
