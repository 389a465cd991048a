//! The bytes of a key that runs a function.

use crate::encoding::{Damaged, Input, write_bytes, write_number, write_optional};
use std::time::Duration;

/// The first byte of the stored bytes: the version of the format.
const FORMAT: u8 = 1;

/// The content of the bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Stored {
    pub(super) interval: Duration,
    pub(super) session: String,
    pub(super) user: Option<Vec<u8>>,
    pub(super) function: Vec<u8>,
}

impl Stored {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = vec![FORMAT];
        let millis = u64::try_from(self.interval.as_millis()).unwrap_or(u64::MAX);
        write_number(&mut out, millis);
        write_bytes(&mut out, self.session.as_bytes());
        write_optional(&mut out, self.user.as_deref());
        write_bytes(&mut out, &self.function);
        out
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Stored, Damaged> {
        let mut input = Input::of_format(bytes, FORMAT)?;
        let millis = input.number()?;
        let stored = Stored {
            interval: Duration::from_millis(millis.clamp(1, u64::from(u32::MAX) * 1000)),
            session: input.text()?,
            user: input.optional()?.map(<[u8]>::to_vec),
            function: input.bytes()?.to_vec(),
        };
        input.end(stored)
    }
}

#[cfg(test)]
impl Stored {
    /// A time event that no test runs.
    pub(super) fn sample() -> Stored {
        Stored {
            interval: Duration::from_secs(5),
            session: "app".into(),
            user: Some(b"alice".to_vec()),
            function: b"\x01\0function".to_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Stored {
        Stored::sample()
    }

    #[test]
    fn a_stored_key_is_read_as_it_was_written() {
        assert_eq!(Stored::decode(&sample().encode()), Ok(sample()));
    }

    #[test]
    fn every_cut_and_every_bit_is_survived() {
        let whole = sample().encode();
        for end in 0..whole.len() {
            assert!(Stored::decode(&whole[..end]).is_err(), "cut at {end}");
        }
        for place in 0..whole.len() {
            for bit in 0..8 {
                let mut damaged = whole.clone();
                damaged[place] ^= 1 << bit;
                let _ = Stored::decode(&damaged);
            }
        }
        assert_eq!(Stored::decode(&[2]), Err(Damaged::Newer));
    }

    #[test]
    fn a_stored_interval_is_kept_within_what_a_timer_takes() {
        for (millis, expected) in [
            (0, 1),
            (1, 1),
            (1500, 1500),
            (u64::MAX, u64::from(u32::MAX) * 1000),
        ] {
            let stored = Stored {
                interval: Duration::from_millis(millis),
                ..sample()
            };
            let back = Stored::decode(&stored.encode()).unwrap();
            assert_eq!(back.interval, Duration::from_millis(expected));
        }
    }
}
