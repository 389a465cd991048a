//! Registrations that wait for events of keys, found by the name of a key.

use super::{Registration, matches_prefix};
use crate::id::Id;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Registrations, oldest first. Adding, removing and finding one takes no longer when there are many of them, except for those
/// that name the beginning of names: each of these is compared with the name of a key.
#[derive(Debug, Default)]
pub(crate) struct ByName {
    /// By the order in which they were added.
    all: BTreeMap<u64, Arc<Registration>>,
    places: HashMap<Id, u64>,
    /// The places of registrations that name one key.
    exact: HashMap<Vec<u8>, Vec<u64>>,
    /// The registrations that name the beginning of names.
    patterns: BTreeMap<u64, (Vec<u8>, Arc<Registration>)>,
    next: u64,
}

impl ByName {
    /// Adds a registration of the keys that `pattern` names.
    pub(super) fn add(&mut self, pattern: &[u8], registration: &Arc<Registration>) {
        let place = self.next;
        self.next += 1;
        self.all.insert(place, Arc::clone(registration));
        self.places.insert(registration.id, place);
        if pattern.ends_with(b"*") {
            let pattern = (pattern.to_vec(), Arc::clone(registration));
            self.patterns.insert(place, pattern);
        } else {
            self.exact.entry(pattern.to_vec()).or_default().push(place);
        }
    }

    /// Removes a registration that was added with this pattern.
    pub(super) fn remove(&mut self, pattern: &[u8], id: Id) {
        let Some(place) = self.places.remove(&id) else {
            return;
        };
        self.all.remove(&place);
        if self.patterns.remove(&place).is_some() {
            return;
        }
        if let Some(places) = self.exact.get_mut(pattern) {
            places.retain(|one| *one != place);
            if places.is_empty() {
                self.exact.remove(pattern);
            }
        }
    }

    /// All registrations, oldest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Registration>> {
        self.all.values()
    }

    /// The registrations that wait for events of the key `name`, oldest first.
    pub(crate) fn covering(&self, name: &[u8]) -> Vec<&Arc<Registration>> {
        let exact = self.exact.get(name).into_iter().flatten();
        let mut found: Vec<(u64, &Arc<Registration>)> = exact
            .filter_map(|place| Some((*place, self.all.get(place)?)))
            .collect();
        let patterns = self.patterns.iter();
        found.extend(
            patterns
                .filter(|(_, (pattern, _))| matches_prefix(pattern, name))
                .map(|(place, (_, registration))| (*place, registration)),
        );
        found.sort_unstable_by_key(|(place, _)| *place);
        found.into_iter().map(|(_, one)| one).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Mode;
    use crate::registration::testing::{command, registration, session};

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
        assert_eq!(all.exact.len(), 1);
    }
}
