//! Registrations that wait for events of keys, found by the name of a key.

use super::Registration;
use crate::id::Id;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Registrations, oldest first. Adding, removing and finding one takes no longer when there are many of them: a name is looked up as a
/// whole, and its beginnings of those lengths that patterns have.
#[derive(Debug, Default)]
pub(crate) struct ByName {
    /// By the order in which they were added.
    all: BTreeMap<u64, Arc<Registration>>,
    places: HashMap<Id, u64>,
    /// The places of registrations that name one key.
    exact: HashMap<Vec<u8>, Vec<u64>>,
    /// The places of registrations that name the beginning of names, by that beginning.
    beginnings: HashMap<Vec<u8>, Vec<u64>>,
    /// The lengths of these beginnings, and the number of beginnings of each length.
    lengths: BTreeMap<usize, usize>,
    next: u64,
}

impl ByName {
    /// Adds a registration of the keys that `pattern` names.
    pub(super) fn add(&mut self, pattern: &[u8], registration: &Arc<Registration>) {
        let place = self.next;
        self.next += 1;
        self.all.insert(place, Arc::clone(registration));
        self.places.insert(registration.id, place);
        let Some(beginning) = pattern.strip_suffix(b"*") else {
            return self.exact.entry(pattern.to_vec()).or_default().push(place);
        };
        let places = self.beginnings.entry(beginning.to_vec()).or_default();
        if places.is_empty() {
            *self.lengths.entry(beginning.len()).or_default() += 1;
        }
        places.push(place);
    }

    /// Removes a registration that was added with this pattern.
    pub(super) fn remove(&mut self, pattern: &[u8], id: Id) {
        let Some(place) = self.places.remove(&id) else {
            return;
        };
        self.all.remove(&place);
        let Some(beginning) = pattern.strip_suffix(b"*") else {
            remove_place(&mut self.exact, pattern, place);
            return;
        };
        let was_last = remove_place(&mut self.beginnings, beginning, place);
        if was_last && let Some(count) = self.lengths.get_mut(&beginning.len()) {
            *count -= 1;
            if *count == 0 {
                self.lengths.remove(&beginning.len());
            }
        }
    }

    /// All registrations, oldest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Registration>> {
        self.all.values()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// `true` if a registration waits for events of the key `name`.
    pub(super) fn covers(&self, name: &[u8]) -> bool {
        self.exact.contains_key(name) || self.beginnings_of(name).next().is_some()
    }

    /// The places of the registrations that name a beginning of `name`, shortest first.
    fn beginnings_of(&self, name: &[u8]) -> impl Iterator<Item = u64> {
        let lengths = self.lengths.range(..=name.len());
        let places = lengths.filter_map(move |(length, _)| {
            let beginning = name.get(..*length)?;
            self.beginnings.get(beginning)
        });
        places.flatten().copied()
    }

    /// The registrations that wait for events of the key `name`, oldest first.
    pub(crate) fn covering(&self, name: &[u8]) -> Vec<&Arc<Registration>> {
        let exact = self.exact.get(name).into_iter().flatten();
        let mut found: Vec<u64> = exact.copied().collect();
        found.extend(self.beginnings_of(name));
        found.sort_unstable();
        let found = found.iter();
        found.filter_map(|place| self.all.get(place)).collect()
    }
}

/// Removes a place from those of a name. Returns `true` if the name has no other place.
fn remove_place(places: &mut HashMap<Vec<u8>, Vec<u64>>, name: &[u8], place: u64) -> bool {
    let Some(of_name) = places.get_mut(name) else {
        return false;
    };
    of_name.retain(|one| *one != place);
    let is_empty = of_name.is_empty();
    if is_empty {
        places.remove(name);
    }
    is_empty
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Mode;
    use crate::registration::matches_prefix;
    use crate::registration::testing::{command, registration, session};
    use proptest::prelude::*;

    #[test]
    fn registrations_are_found_by_name_oldest_first() {
        let info = session("app");
        let mut all = ByName::default();
        let patterns = ["a*", "ab", "*", "b", "ab"];
        let made = patterns.map(|pattern| {
            let one = registration(&info, command("t"), Mode::Sync);
            all.add(pattern.as_bytes(), &one);
            one.id
        });
        let covering = |all: &ByName, name: &str| -> Vec<Id> {
            let found = all.covering(name.as_bytes());
            found.into_iter().map(|one| one.id).collect()
        };
        assert_eq!(covering(&all, "ab"), [made[0], made[1], made[2], made[4]]);
        assert_eq!(covering(&all, "b"), [made[2], made[3]]);
        assert_eq!(covering(&all, "c"), [made[2]]);
        all.remove(b"ab", made[1]);
        all.remove(b"*", made[2]);
        all.remove(b"*", made[2]);
        assert_eq!(covering(&all, "ab"), [made[0], made[4]]);
        all.remove(b"ab", made[4]);
        assert_eq!(covering(&all, "ab"), [made[0]]);
        let left: Vec<Id> = all.iter().map(|one| one.id).collect();
        assert_eq!(left, [made[0], made[3]]);
        assert_eq!((all.exact.len(), all.beginnings.len()), (1, 1));
        assert_eq!(all.lengths, BTreeMap::from([(1, 1)]));
    }

    proptest! {
        #[test]
        fn a_name_is_covered_by_the_patterns_that_match_it(
            patterns in proptest::collection::vec("[ab]{0,3}[*]?", 0..12),
            gone in proptest::collection::vec(any::<proptest::sample::Index>(), 0..6),
            name in "[ab]{0,4}[*]?",
        ) {
            let info = session("app");
            let mut all = ByName::default();
            let mut made: Vec<(Id, &String)> = Vec::new();
            for pattern in &patterns {
                let one = registration(&info, command("t"), Mode::Sync);
                all.add(pattern.as_bytes(), &one);
                made.push((one.id, pattern));
            }
            for index in gone {
                if !made.is_empty() {
                    let (id, pattern) = made.remove(index.index(made.len()));
                    all.remove(pattern.as_bytes(), id);
                }
            }
            let matches = |(_, pattern): &&(Id, &String)| matches_prefix(pattern.as_bytes(), name.as_bytes());
            let expected: Vec<Id> = made.iter().filter(matches).map(|(id, _)| *id).collect();
            let found: Vec<Id> = all.covering(name.as_bytes()).into_iter().map(|one| one.id).collect();
            prop_assert_eq!(all.covers(name.as_bytes()), !expected.is_empty());
            prop_assert_eq!(found, expected);
        }
    }
}
