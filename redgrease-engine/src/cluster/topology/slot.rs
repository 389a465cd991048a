//! The slot that a key belongs to, and sets of slots.

use std::ops::RangeInclusive;

/// The number of slots of a cluster.
pub(crate) const SLOTS: u16 = 16384;

/// The slot of a key: the checksum of its hash tag, or of the whole key if it has none.
///
/// The hash tag is the text between the first `{` and the first `}` behind it, unless it is empty.
pub(crate) fn slot_of(key: &[u8]) -> u16 {
    crc16(hash_tag(key)) % SLOTS
}

fn hash_tag(key: &[u8]) -> &[u8] {
    let tag = || {
        let behind = key.get(key.iter().position(|byte| *byte == b'{')? + 1..)?;
        let length = behind.iter().position(|byte| *byte == b'}')?;
        behind.get(..length).filter(|tag| !tag.is_empty())
    };
    tag().unwrap_or(key)
}

/// CRC-16/XMODEM, which the specification of Redis Cluster prescribes.
fn crc16(bytes: &[u8]) -> u16 {
    let mut crc: u16 = 0;
    for byte in bytes {
        crc ^= u16::from(*byte) << 8;
        for _ in 0..8 {
            crc = if crc & 0x8000 == 0 {
                crc << 1
            } else {
                (crc << 1) ^ 0x1021
            };
        }
    }
    crc
}

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

    /// The examples of the specification, and values that a server gave.
    #[test]
    fn slots_of_keys() {
        assert_eq!(crc16(b"123456789"), 0x31c3);
        for (key, slot) in [
            ("", 0),
            ("foo", 12182),
            ("k0", 8579),
            ("06S", 0),
            ("{06S}x", 0),
            ("{user1000}.following", slot_of(b"user1000")),
            ("foo{}{bar}", slot_of(b"foo{}{bar}")),
            ("foo{{bar}}zap", slot_of(b"{bar")),
            ("foo{bar}{zap}", slot_of(b"bar")),
            ("}{bar", slot_of(b"}{bar")),
        ] {
            assert_eq!(slot_of(key.as_bytes()), slot, "{key}");
        }
        assert_eq!(hash_tag(b"foo{}{bar}"), b"foo{}{bar}");
        assert_eq!(hash_tag(b"foo{{bar}}zap"), b"{bar");
        assert_eq!(hash_tag(b"foo{bar"), b"foo{bar");
    }

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

        #[test]
        fn every_key_has_a_slot(key: Vec<u8>) {
            prop_assert!(slot_of(&key) < SLOTS);
        }
    }
}
