//! Who may have an additional thread.
//!
//! Additional threads are few. A holder of some of them leaves as many free for others: a holder gets another one only while
//! more are free than it has. So one holder takes half of them at most, and two take a third each. The same rule holds inside of
//! a holder for its parts. The holders are the sessions, with their registrations and time events as parts, and all the runs
//! that clients asked for, with the sessions as parts.

use super::Execution;
use crate::id::Id;
use crate::scope::SessionInfo;
use std::sync::Arc;

/// The holder, and the part of the holder, that a thread for an execution counts for.
#[derive(Debug, Clone)]
pub(super) struct Share {
    is_run: bool,
    session: Option<Arc<SessionInfo>>,
    registration: Option<Id>,
}

impl Share {
    pub(super) fn of(execution: &Execution) -> Share {
        let cause = execution.cause();
        Share {
            is_run: cause.is_run(),
            session: cause.session(),
            registration: cause.registration(),
        }
    }
}

/// Two shares as far as they compete.
pub(super) trait Competes {
    fn has_holder_of(&self, other: &Self) -> bool;
    fn has_part_of(&self, other: &Self) -> bool;
}

impl Competes for Share {
    fn has_holder_of(&self, other: &Share) -> bool {
        self.is_run == other.is_run && (self.is_run || same_session(self, other))
    }

    fn has_part_of(&self, other: &Share) -> bool {
        self.has_holder_of(other)
            && same_session(self, other)
            && self.registration == other.registration
    }
}

/// An upgrade makes another session of the same name.
fn same_session(one: &Share, other: &Share) -> bool {
    fn name(share: &Share) -> Option<&str> {
        share.session.as_ref().map(|session| session.id.as_str())
    }
    name(one) == name(other)
}

/// The place of the execution in `waiting` that gets an additional thread: the first one of those whose holders have the
/// fewest. `held` are those that the additional threads run, `limit` is the number of additional threads.
pub(super) fn fair<T: Competes>(
    held: &[T],
    waiting: impl Iterator<Item = T>,
    limit: usize,
) -> Option<usize> {
    let free = limit.saturating_sub(held.len());
    if free == 0 {
        return None;
    }
    let mut best: Option<(usize, usize)> = None;
    for (place, one) in waiting.enumerate() {
        let of_holder = held.iter().filter(|other| one.has_holder_of(other)).count();
        let of_part = held.iter().filter(|other| one.has_part_of(other)).count();
        let leaves_enough = of_holder < free && of_part < free - of_holder;
        if leaves_enough && best.is_none_or(|(_, fewest)| of_holder < fewest) {
            best = Some((place, of_holder));
            if of_holder == 0 {
                break;
            }
        }
    }
    best.map(|(place, _)| place)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The holder and the part of the holder.
    impl Competes for (char, u8) {
        fn has_holder_of(&self, other: &Self) -> bool {
            self.0 == other.0
        }

        fn has_part_of(&self, other: &Self) -> bool {
            self == other
        }
    }

    /// Gives the threads out as long as a holder gets one. None is given back.
    fn given(limit: usize, waiting: &[(char, u8)]) -> Vec<(char, u8)> {
        let mut held = Vec::new();
        let mut waiting = waiting.to_vec();
        while let Some(place) = fair(&held, waiting.iter().copied(), limit) {
            held.push(waiting.remove(place));
        }
        held
    }

    #[test]
    fn one_holder_leaves_half_to_others() {
        let waiting: Vec<_> = (0..100).map(|part| ('a', part)).collect();
        assert_eq!(given(12, &waiting).len(), 6);
    }

    #[test]
    fn one_part_leaves_some_to_other_parts_and_holders() {
        assert_eq!(given(12, &[('a', 1); 100]).len(), 4);
        let mut waiting = vec![('a', 1); 100];
        waiting.extend([('a', 2), ('b', 1), ('c', 1)]);
        let given = given(12, &waiting);
        for other in [('a', 2), ('b', 1), ('c', 1)] {
            assert!(given.contains(&other), "{other:?}: {given:?}");
        }
    }

    #[test]
    fn many_holders_do_not_take_all() {
        for holders in 1..8_u8 {
            let waiting: Vec<_> = (0..holders)
                .flat_map(|one| vec![(char::from(b'a' + one), 0); 50])
                .collect();
            let given = given(12, &waiting);
            assert!(given.len() < 12, "{holders}: {given:?}");
            let late = fair(&given, [('z', 0)].into_iter(), 12);
            assert_eq!(late, Some(0), "{holders}: {given:?}");
        }
    }

    #[test]
    fn who_has_none_comes_first_and_the_order_decides_among_equals() {
        let waiting = [('a', 1), ('b', 1), ('c', 1)];
        assert_eq!(fair(&[('a', 1)], waiting.into_iter(), 12), Some(1));
        assert_eq!(fair(&[], waiting.into_iter(), 12), Some(0));
    }

    #[test]
    fn without_additional_threads_nobody_gets_one() {
        assert_eq!(fair(&[], [('a', 1)].into_iter(), 0), None);
        assert_eq!(fair(&[('b', 1); 3], [('a', 1)].into_iter(), 3), None);
    }
}
