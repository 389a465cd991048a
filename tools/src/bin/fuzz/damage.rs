//! Damages bytes.

use redgrease_tools::Random;

/// Unlikely values for lengths and counts.
const ODD: [u64; 8] = [
    0,
    1,
    0x7f,
    0xff,
    0xffff,
    0xffff_ffff,
    i64::MAX as u64,
    u64::MAX,
];

/// A copy of the bytes with one to three random changes.
pub(crate) fn damaged(random: &mut Random, bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=random.below(3) {
        once(random, &mut bytes);
    }
    bytes
}

fn once(random: &mut Random, bytes: &mut Vec<u8>) {
    let place = random.below(bytes.len() + 1);
    let byte = random.number().to_le_bytes()[0];
    match random.below(8) {
        0 => bytes.truncate(place),
        1 => bytes.insert(place, byte),
        2 if place < bytes.len() => drop(bytes.remove(place)),
        3 if place < bytes.len() => bytes[place] ^= 1 << random.below(8),
        4 => {
            // Copies a piece to another place.
            let end = (place + random.below(40)).min(bytes.len());
            let piece = bytes[place.min(end)..end].to_vec();
            let to = random.below(bytes.len() + 1);
            bytes.splice(to..to, piece);
        }
        5 => {
            let end = (place + random.below(40)).min(bytes.len());
            bytes.drain(place.min(end)..end);
        }
        6 if bytes.len() >= 8 => {
            let place = random.below(bytes.len() - 7);
            let odd = random.one_of(&ODD).to_le_bytes();
            bytes[place..place + 8].copy_from_slice(&odd);
        }
        _ if place < bytes.len() => bytes[place] = byte,
        _ => bytes.push(byte),
    }
}
