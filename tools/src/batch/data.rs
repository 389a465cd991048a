//! The keys that the jobs read.

use crate::Random;
use std::fmt::Write;

/// Number of words of each value.
pub const WORDS_PER_KEY: usize = 6;

/// Number of different words.
const VOCABULARY: usize = 1000;

/// Keys in one piece.
const PIECE: usize = 1000;

/// `count` keys with their values in pieces, the same in every run.
pub fn pieces(count: usize) -> impl Iterator<Item = Vec<(String, String)>> {
    let mut random = Random::new(1);
    let begins = (0..count).step_by(PIECE);
    begins.map(move |begin| {
        let keys = begin..count.min(begin + PIECE);
        keys.map(|key| (format!("key:{key}"), text(&mut random)))
            .collect()
    })
}

fn text(random: &mut Random) -> String {
    let mut text = String::new();
    for place in 0..WORDS_PER_KEY {
        let gap = if place == 0 { "" } else { " " };
        let _ = write!(text, "{gap}word{}", random.below(VOCABULARY));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_is_in_one_piece() {
        let keys: Vec<String> = pieces(2500).flatten().map(|(key, _)| key).collect();
        let expected: Vec<String> = (0..2500).map(|key| format!("key:{key}")).collect();
        assert_eq!(keys, expected);
        let (_, value) = &pieces(1).flatten().collect::<Vec<_>>()[0];
        assert_eq!(value.split(' ').count(), WORDS_PER_KEY);
    }
}
