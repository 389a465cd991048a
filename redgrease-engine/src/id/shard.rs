//! The part of an id that names the shard that gave it out.

use crate::encoding::{Damaged, Input};
use crate::redis::shard_id;
use std::cell::Cell;
use std::fmt;

/// A shard: 40 hexadecimal digits, as the nodes of a cluster are named. All of them are zero outside of a cluster.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Shard([u8; 20]);

impl Shard {
    /// The number of digits.
    pub(super) const DIGITS: usize = 40;

    /// A server that is in no cluster.
    pub(crate) const ALONE: Shard = Shard([0; 20]);

    /// This server.
    pub(crate) fn own() -> Shard {
        thread_local! {
            static LAST: Cell<(&'static str, Shard)> = const { Cell::new(("", Shard::ALONE)) };
        }
        let name = shard_id();
        let (last, shard) = LAST.get();
        // The name is seldom another one, and reading 40 digits is slower than this.
        if std::ptr::eq(name, last) {
            return shard;
        }
        let shard = Shard::parse(name.as_bytes()).unwrap_or(Shard::ALONE);
        LAST.set((name, shard));
        shard
    }

    /// Reads the digits, which servers write in lower case.
    pub(crate) fn parse(digits: &[u8]) -> Option<Shard> {
        let digits: &[u8; Shard::DIGITS] = digits.try_into().ok()?;
        let mut bytes = [0; 20];
        for (byte, two) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = digit(two[0])? << 4 | digit(two[1])?;
        }
        Some(Shard(bytes))
    }

    pub(crate) fn digits(self) -> [u8; Shard::DIGITS] {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut digits = [0; Shard::DIGITS];
        for (two, byte) in digits.chunks_exact_mut(2).zip(self.0) {
            two[0] = DIGITS[usize::from(byte >> 4)];
            two[1] = DIGITS[usize::from(byte & 15)];
        }
        digits
    }

    /// The same shard as this server names it: a server that joins a cluster keeps the ids that it gave out alone.
    pub(super) fn adopted(self) -> Shard {
        if self == Shard::ALONE {
            Shard::own()
        } else {
            self
        }
    }

    pub(crate) fn write(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }

    pub(crate) fn read(input: &mut Input<'_>) -> Result<Shard, Damaged> {
        input.array().map(Shard)
    }
}

fn digit(letter: u8) -> Option<u8> {
    match letter {
        b'0'..=b'9' => Some(letter - b'0'),
        b'a'..=b'f' => Some(letter - b'a' + 10),
        _ => None,
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The digits are ASCII.
        f.write_str(std::str::from_utf8(&self.digits()).unwrap_or_default())
    }
}

impl fmt::Debug for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outside_of_a_cluster_all_digits_are_zero() {
        assert_eq!(Shard::ALONE.to_string(), "0".repeat(40));
        assert_eq!(Shard::own(), Shard::ALONE, "the tests have no server");
        assert_eq!(Shard::own(), Shard::own());
    }

    #[test]
    fn what_is_no_shard_is_refused() {
        for text in [
            "",
            "0",
            &"0".repeat(39),
            &"0".repeat(41),
            &"A".repeat(40),
            &"g".repeat(40),
            &format!("{} ", "0".repeat(39)),
        ] {
            assert_eq!(Shard::parse(text.as_bytes()), None, "{text}");
        }
        assert_eq!(Shard::parse(&[0xff; 40]), None);
    }

    proptest::proptest! {
        #[test]
        fn every_shard_is_read_as_it_is_written(text in "[0-9a-f]{40}") {
            let shard = Shard::parse(text.as_bytes()).unwrap();
            proptest::prop_assert_eq!(shard.to_string(), text);
            let mut bytes = Vec::new();
            shard.write(&mut bytes);
            proptest::prop_assert_eq!(Shard::read(&mut Input::new(&bytes)), Ok(shard));
        }
    }
}
