//! The last change of each session, so that the shards of a cluster agree which state is the later one.
//!
//! A server outside of a cluster has no entries here.

use crate::encoding::{Damaged, Input, write_bytes, write_flag, write_number};
use crate::id::{Id, Shard};
use crate::order::stable_hash;
use crate::scope::SessionId;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// The place of a change in the order that all shards agree on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Stamp {
    /// One more than all counters that the shard had seen.
    pub(crate) counter: u64,
    /// The shard that made the change. It decides between equal counters.
    pub(crate) shard: Shard,
}

impl Stamp {
    pub(crate) fn write(self, out: &mut Vec<u8>) {
        write_number(out, self.counter);
        self.shard.write(out);
    }

    pub(crate) fn read(input: &mut Input<'_>) -> Result<Stamp, Damaged> {
        let counter = input.number()?;
        if counter > MOST_COUNTED {
            return Err(Damaged::Wrong);
        }
        let shard = Shard::read(input)?;
        Ok(Stamp { counter, shard })
    }
}

/// The greatest counter that another server is believed. No cluster makes so many changes, and a greater one would be later than
/// all that follow.
const MOST_COUNTED: u64 = 1 << 62;

/// The last change of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) stamp: Stamp,
    /// The time in seconds since 1970 at which the session was removed. `None` if it exists. A removal is remembered, because a shard
    /// that was away still has the session.
    pub(crate) removed: Option<u64>,
}

impl Mark {
    pub(crate) fn write(self, out: &mut Vec<u8>) {
        self.stamp.write(out);
        write_flag(out, self.removed.is_some());
        if let Some(at) = self.removed {
            write_number(out, at);
        }
    }

    pub(crate) fn read(input: &mut Input<'_>) -> Result<Mark, Damaged> {
        let stamp = Stamp::read(input)?;
        let removed = if input.flag()? {
            Some(input.number()?)
        } else {
            None
        };
        Ok(Mark { stamp, removed })
    }
}

/// Sessions with their last changes.
pub(crate) type Marks = Vec<(SessionId, Mark)>;

pub(crate) fn write_marks(out: &mut Vec<u8>, marks: &[(SessionId, Mark)]) {
    write_number(out, marks.len() as u64);
    for (session, mark) in marks {
        write_bytes(out, session.as_bytes());
        mark.write(out);
    }
}

pub(crate) fn read_marks(input: &mut Input<'_>) -> Result<Marks, Damaged> {
    input.many(|input| Ok((input.text()?, Mark::read(input)?)))
}

/// The most removals that are remembered.
const MOST_REMOVED: usize = 10_000;
/// The time for which a removal is remembered, in seconds.
const REMEMBERED: u64 = 24 * 60 * 60;

/// A function that hears of a registration that a running gear has made in a session.
type OnAdded = fn(SessionId, Id);

/// Not set outside of a cluster.
static ON_ADDED: OnceLock<OnAdded> = OnceLock::new();

/// This server is a node of a cluster: the function hears of what running gears register.
pub(crate) fn on_added(function: OnAdded) {
    // The module is loaded once in a process.
    let _ = ON_ADDED.set(function);
}

/// Tells that a running gear has registered something.
pub(super) fn added(session: &str, id: Id) {
    if let Some(tell) = ON_ADDED.get() {
        tell(session.to_owned(), id);
    }
}

/// The last changes of the sessions of a server.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// The greatest counter that was seen.
    counter: u64,
    marks: BTreeMap<SessionId, Mark>,
}

impl Ledger {
    /// The stamp for a change that this server begins.
    pub(crate) fn next_stamp(&mut self) -> Stamp {
        self.counter = self.counter.saturating_add(1);
        Stamp {
            counter: self.counter,
            shard: Shard::own(),
        }
    }

    pub(crate) fn mark(&self, session: &str) -> Option<Mark> {
        self.marks.get(session).copied()
    }

    pub(crate) fn stamp(&self, session: &str) -> Option<Stamp> {
        self.mark(session).map(|mark| mark.stamp)
    }

    /// `true` if a change of the session is later than the last one that is known here.
    pub(crate) fn is_later(&self, session: &str, stamp: Stamp) -> bool {
        self.stamp(session).is_none_or(|known| known < stamp)
    }

    /// Notes the stamp of another shard: those of this server are later from now on.
    pub(crate) fn saw(&mut self, stamp: Stamp) {
        self.counter = self.counter.max(stamp.counter);
    }

    /// Notes a change, unless a later one of the session is known. Returns whether it was noted.
    pub(crate) fn take(&mut self, session: &str, mark: Mark) -> bool {
        self.saw(mark.stamp);
        let is_later = self.is_later(session, mark.stamp);
        if is_later {
            self.marks.insert(session.to_owned(), mark);
        }
        is_later
    }

    /// Forgets removals that are old, and the oldest ones if there are too many. A shard that was away for so long may bring such a
    /// session back. `now` is in seconds since 1970.
    pub(crate) fn forget_old(&mut self, now: u64) {
        let is_old = |mark: &Mark| {
            mark.removed
                .is_some_and(|at| at.saturating_add(REMEMBERED) <= now)
        };
        self.marks.retain(|_, mark| !is_old(mark));
        let removed = self.marks.iter();
        let removed = removed.filter(|(_, mark)| mark.removed.is_some());
        let mut stamps: Vec<Stamp> = removed.map(|(_, mark)| mark.stamp).collect();
        let Some(over) = stamps.len().checked_sub(MOST_REMOVED) else {
            return;
        };
        stamps.sort_unstable();
        if let Some(&first) = stamps.get(over) {
            self.marks
                .retain(|_, mark| mark.removed.is_none() || mark.stamp >= first);
        }
    }

    /// A number that is equal on shards that know the same changes.
    pub(crate) fn digest(&self) -> u64 {
        let mut bytes = Vec::new();
        for (session, mark) in &self.marks {
            write_bytes(&mut bytes, session.as_bytes());
            mark.stamp.write(&mut bytes);
        }
        stable_hash(&bytes)
    }

    /// The sessions that exist after their last change.
    pub(crate) fn present(&self) -> impl Iterator<Item = &SessionId> {
        let marks = self.marks.iter();
        let present = marks.filter(|(_, mark)| mark.removed.is_none());
        present.map(|(session, _)| session)
    }

    /// All changes, sorted by session.
    pub(crate) fn marks(&self) -> Marks {
        let marks = self.marks.iter();
        marks
            .map(|(session, mark)| (session.clone(), *mark))
            .collect()
    }

    /// Replaces all entries. Counters go on.
    pub(crate) fn replace(&mut self, marks: Marks) {
        self.marks.clear();
        for (session, mark) in marks {
            self.take(&session, mark);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(counter: u64, shard: u8) -> Stamp {
        let shard = Shard::parse(&[shard; 40]).unwrap();
        Stamp { counter, shard }
    }

    fn present(counter: u64, shard: u8) -> Mark {
        Mark {
            stamp: stamp(counter, shard),
            removed: None,
        }
    }

    fn removed(counter: u64, shard: u8, at: u64) -> Mark {
        Mark {
            removed: Some(at),
            ..present(counter, shard)
        }
    }

    #[test]
    fn the_later_change_wins_in_either_order() {
        let (one, two) = (present(3, b'a'), removed(3, b'b', 1));
        for changes in [[one, two], [two, one]] {
            let mut ledger = Ledger::default();
            for change in changes {
                ledger.take("app", change);
            }
            assert_eq!(ledger.mark("app"), Some(two));
            assert!(!ledger.take("app", two), "known already");
            // A change that follows is later than all that were seen.
            let next = ledger.next_stamp();
            assert!(next > two.stamp && ledger.is_later("app", next));
        }
    }

    #[test]
    fn ledgers_that_differ_become_equal_by_their_lists() {
        let mut ledgers: Vec<Ledger> = (0..3).map(|_| Ledger::default()).collect();
        for (place, ledger) in ledgers.iter_mut().enumerate() {
            for number in 0..20 {
                let session = format!("s{}", number % (5 + place));
                let shard = b"abc"[place];
                let mark = if number % 3 == 0 {
                    removed(number as u64, shard, 5)
                } else {
                    present(number as u64, shard)
                };
                ledger.take(&session, mark);
            }
        }
        let digests = |ledgers: &[Ledger]| ledgers.iter().map(Ledger::digest).collect::<Vec<_>>();
        assert_ne!(digests(&ledgers)[0], digests(&ledgers)[1]);
        for _ in 0..2 {
            for (from, to) in [(0, 1), (1, 0), (1, 2), (2, 1), (2, 0), (0, 2)] {
                let theirs = ledgers[from].marks();
                for (session, mark) in theirs {
                    let is_later = ledgers[to].is_later(&session, mark.stamp);
                    assert_eq!(ledgers[to].take(&session, mark), is_later);
                }
            }
        }
        let digests = digests(&ledgers);
        assert!(digests.windows(2).all(|two| two[0] == two[1]));
    }

    #[test]
    fn old_removals_and_the_oldest_of_many_are_forgotten() {
        let mut ledger = Ledger::default();
        ledger.take("kept", present(1, b'a'));
        ledger.take("yesterday", removed(2, b'a', 100));
        for number in 0..10_010 {
            ledger.take(&format!("s{number}"), removed(3 + number, b'a', 100_000));
        }
        ledger.forget_old(100 + REMEMBERED);
        assert_eq!(ledger.marks().len(), MOST_REMOVED + 1);
        assert!(ledger.mark("kept").is_some() && ledger.mark("yesterday").is_none());
        assert!(ledger.mark("s9").is_none() && ledger.mark("s10").is_some());
    }

    #[test]
    fn a_counter_that_no_cluster_reaches_is_damaged() {
        for counter in [MOST_COUNTED + 1, u64::MAX] {
            let mut bytes = Vec::new();
            stamp(counter, b'a').write(&mut bytes);
            assert_eq!(Stamp::read(&mut Input::new(&bytes)), Err(Damaged::Wrong));
        }
        let mut ledger = Ledger::default();
        ledger.saw(stamp(u64::MAX, b'a'));
        assert_eq!(
            ledger.next_stamp().counter,
            u64::MAX,
            "it does not begin anew"
        );
    }

    #[test]
    fn marks_are_read_as_they_were_written() {
        let marks = vec![
            ("app".to_owned(), present(MOST_COUNTED, b'0')),
            (String::new(), removed(1, b'f', 7)),
        ];
        let mut bytes = Vec::new();
        write_marks(&mut bytes, &marks);
        assert_eq!(read_marks(&mut Input::new(&bytes)), Ok(marks));
        for end in 0..bytes.len() {
            assert!(read_marks(&mut Input::new(&bytes[..end])).is_err(), "{end}");
        }
    }
}
