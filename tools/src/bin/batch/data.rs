//! The keys that the jobs read.

use redgrease_tools::{Client, Outcome, Random};
use std::fmt::Write;

pub(crate) const WORDS_PER_KEY: usize = 6;

/// Number of different words.
const VOCABULARY: usize = 1000;

/// Keys per MSET.
const PIECE: usize = 1000;

/// Creates `count` keys, with the same values in every run.
pub(crate) fn fill(client: &mut Client, count: usize) -> Outcome {
    let mut random = Random::new(1);
    for begin in (0..count).step_by(PIECE) {
        let mut words: Vec<String> = vec!["MSET".to_owned()];
        for key in begin..count.min(begin + PIECE) {
            let mut text = String::new();
            for place in 0..WORDS_PER_KEY {
                let gap = if place == 0 { "" } else { " " };
                let _ = write!(text, "{gap}word{}", random.below(VOCABULARY));
            }
            words.push(format!("key:{key}"));
            words.push(text);
        }
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        client.call(&words)?;
    }
    Ok(())
}
