//! Sets of slots.

use std::ops::RangeInclusive;

/// A set of slots, as ranges in rising order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Slots(Vec<RangeInclusive<u16>>);

impl Slots {
    /// The slots of these ranges, which may overlap and may have any order.
    pub(crate) fn of(mut ranges: Vec<RangeInclusive<u16>>) -> Slots {
        ranges.sort_by_key(|range| *range.start());
        let mut joined: Vec<RangeInclusive<u16>> = Vec::new();
        for range in ranges.into_iter().filter(|range| !range.is_empty()) {
            match joined.last_mut() {
                Some(last) if *range.start() <= last.end().saturating_add(1) => {
                    *last = *last.start()..=*last.end().max(range.end());
                }
                _ => joined.push(range),
            }
        }
        Slots(joined)
    }

    /// The slots of both.
    pub(crate) fn with(&self, other: &Slots) -> Slots {
        Slots::of([self.ranges(), other.ranges()].concat())
    }

    pub(crate) fn contains(&self, slot: u16) -> bool {
        let behind = self.0.partition_point(|range| *range.end() < slot);
        self.0
            .get(behind)
            .is_some_and(|range| range.contains(&slot))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The number of slots.
    pub(crate) fn len(&self) -> usize {
        self.0
            .iter()
            .map(|range| usize::from(range.end() - range.start()) + 1)
            .sum()
    }

    pub(crate) fn first(&self) -> Option<u16> {
        self.0.first().map(|range| *range.start())
    }

    pub(crate) fn last(&self) -> Option<u16> {
        self.0.last().map(|range| *range.end())
    }

    /// All slots, in rising order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = u16> + '_ {
        self.0.iter().cloned().flatten()
    }

    pub(crate) fn ranges(&self) -> &[RangeInclusive<u16>] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ranges_are_joined() {
        let slots = Slots::of(vec![10..=20, 0..=4, 5..=6, 15..=30, 40..=40]);
        assert_eq!(slots.ranges(), [0..=6, 10..=30, 40..=40]);
        assert_eq!(
            (slots.len(), slots.first(), slots.last()),
            (29, Some(0), Some(40))
        );
        assert_eq!(slots.with(&Slots::of(vec![7..=41])).ranges(), [0..=41]);
        assert!(Slots::default().is_empty() && Slots::default().first().is_none());
    }

    proptest! {
        #[test]
        fn a_set_has_what_its_ranges_have(ranges in proptest::collection::vec((0..200u16, 0..200u16), 0..10)) {
            let ranges: Vec<_> = ranges.into_iter().map(|(a, b)| a..=b).collect();
            let slots = Slots::of(ranges.clone());
            for slot in 0..210 {
                let expected = ranges.iter().any(|range| range.contains(&slot));
                prop_assert_eq!(slots.contains(slot), expected);
            }
            prop_assert_eq!(slots.iter().count(), slots.len());
            prop_assert!(slots.iter().is_sorted());
        }
    }
}
