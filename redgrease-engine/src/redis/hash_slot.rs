//! The slot that a key belongs to.

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

    proptest! {
        #[test]
        fn every_key_has_a_slot(key: Vec<u8>) {
            prop_assert!(slot_of(&key) < SLOTS);
        }
    }
}
