//! Sets of slots that change often.

use crate::cluster::topology::{SLOTS, Slots};

const WORDS: usize = SLOTS as usize / 64;

/// A set of slots, one bit for each.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct SlotSet(Box<[u64; WORDS]>);

impl Default for SlotSet {
    fn default() -> SlotSet {
        SlotSet(Box::new([0; WORDS]))
    }
}

impl SlotSet {
    pub(super) fn of(slots: &Slots) -> SlotSet {
        let mut set = SlotSet::default();
        for slot in slots.iter() {
            set.insert(slot);
        }
        set
    }

    /// The same slots as ranges.
    pub(super) fn to_slots(&self) -> Slots {
        Slots::of(self.iter().map(|slot| slot..=slot).collect())
    }

    fn place(slot: u16) -> (usize, u64) {
        (usize::from(slot) / 64, 1 << (slot % 64))
    }

    pub(super) fn insert(&mut self, slot: u16) {
        let (word, bit) = SlotSet::place(slot);
        if let Some(word) = self.0.get_mut(word) {
            *word |= bit;
        }
    }

    pub(super) fn contains(&self, slot: u16) -> bool {
        let (word, bit) = SlotSet::place(slot);
        self.0.get(word).is_some_and(|word| word & bit != 0)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    pub(super) fn add(&mut self, other: &SlotSet) {
        self.change(other, |mine, theirs| mine | theirs);
    }

    pub(super) fn remove(&mut self, other: &SlotSet) {
        self.change(other, |mine, theirs| mine & !theirs);
    }

    /// Keeps the slots that are in both sets.
    pub(super) fn keep(&mut self, other: &SlotSet) {
        self.change(other, |mine, theirs| mine & theirs);
    }

    fn change(&mut self, other: &SlotSet, change: impl Fn(u64, u64) -> u64) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0.iter()) {
            *mine = change(*mine, *theirs);
        }
    }

    /// The slots in rising order.
    pub(super) fn iter(&self) -> impl Iterator<Item = u16> + '_ {
        (0..SLOTS).filter(|slot| self.contains(*slot))
    }
}

impl std::fmt::Debug for SlotSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.to_slots().ranges())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn set(slots: &BTreeSet<u16>) -> SlotSet {
        let mut set = SlotSet::default();
        for slot in slots {
            set.insert(*slot);
        }
        set
    }

    fn listed(set: &SlotSet) -> BTreeSet<u16> {
        set.iter().collect()
    }

    proptest! {
        #[test]
        fn it_is_a_set(
            a in proptest::collection::btree_set(0..SLOTS, 0..30),
            b in proptest::collection::btree_set(0..SLOTS, 0..30),
        ) {
            let change = |change: fn(&mut SlotSet, &SlotSet)| {
                let mut changed = set(&a);
                change(&mut changed, &set(&b));
                listed(&changed)
            };
            prop_assert_eq!(change(SlotSet::add), &a | &b);
            prop_assert_eq!(change(SlotSet::remove), &a - &b);
            prop_assert_eq!(change(SlotSet::keep), &a & &b);
            prop_assert_eq!(set(&a).iter().count(), a.len());
            prop_assert_eq!(set(&a).is_empty(), a.is_empty());
            prop_assert_eq!(&SlotSet::of(&set(&a).to_slots()), &set(&a));
        }
    }
}
