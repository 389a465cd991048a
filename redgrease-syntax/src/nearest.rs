//! "Did you mean": the known word that is most similar to a given word.

/// The candidate that is most similar to `word`, if `word` is likely a typing error.
///
/// A candidate is likely if it begins with the same letter (or with the first two letters swapped) and if few edits
/// lead to it: one edit for a word of up to five letters, two for up to twelve letters, else three. In a word of up to
/// three letters, another letter makes another word: only missing, additional and swapped letters count there.
///
/// Of equally similar candidates the first one wins, so put the likelier ones first.
///
/// ```
/// use redgrease_syntax::nearest;
///
/// assert_eq!(nearest("requirments", ["trigger", "requirements"]), Some("requirements"));
/// assert_eq!(nearest("colour", ["trigger", "requirements"]), None);
/// assert_eq!(nearest("pool", ["bool"]), None);
/// ```
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word: Vec<char> = word.chars().collect();
    let lower = lowercase(&word);
    let limit = match word.len() {
        0..=2 => 0,
        3..=5 => 1,
        6..=12 => 2,
        _ => 3,
    };
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let letters: Vec<char> = candidate.chars().collect();
        if letters == word || letters.len().abs_diff(word.len()) > limit {
            continue;
        }
        // A difference only in case is more likely than any edit.
        let distance = if lowercase(&letters) == lower {
            0
        } else if same_beginning(&word, &letters) && !other_short_word(&word, &letters) {
            distance(&word, &letters)
        } else {
            continue;
        };
        if distance <= limit && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// Whether both words begin with the same letter, or one begins with the swapped first letters of the other.
fn same_beginning(a: &[char], b: &[char]) -> bool {
    let swapped = match (a, b) {
        ([a, b, ..], [c, d, ..]) => a == d && b == c,
        _ => false,
    };
    swapped || a.first() == b.first()
}

/// Whether a word of up to three letters differs from another one of its length by one letter.
fn other_short_word(a: &[char], b: &[char]) -> bool {
    let different = a.iter().zip(b).filter(|(x, y)| x != y).count();
    a.len() <= 3 && a.len() == b.len() && different == 1
}

fn lowercase(word: &[char]) -> String {
    word.iter().flat_map(|c| c.to_lowercase()).collect()
}

/// The number of edits between two words: insert, remove or replace a letter, or swap two neighbours.
fn distance(a: &[char], b: &[char]) -> usize {
    let width = b.len() + 1;
    let mut before_last: Vec<usize> = vec![0; width];
    let mut last: Vec<usize> = (0..width).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1; width];
        for (j, y) in b.iter().enumerate() {
            let replace = last[j] + usize::from(x != y);
            row[j + 1] = replace.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                row[j + 1] = row[j + 1].min(before_last[j - 1] + 1);
            }
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::{distance, nearest};

    fn edits(a: &str, b: &str) -> usize {
        distance(
            &a.chars().collect::<Vec<_>>(),
            &b.chars().collect::<Vec<_>>(),
        )
    }

    #[test]
    fn distances() {
        assert_eq!(edits("", "abc"), 3);
        assert_eq!(edits("json", "json"), 0);
        assert_eq!(edits("jsno", "json"), 1);
        assert_eq!(edits("trigger", "triger"), 1);
        assert_eq!(edits("kitten", "sitting"), 3);
    }

    #[test]
    fn short_words_need_the_same_letters() {
        assert_eq!(nearest("x", ["y", "X"]), Some("X"));
        assert_eq!(nearest("ab", ["ac"]), None);
    }

    #[test]
    fn the_first_of_equals_wins() {
        assert_eq!(nearest("valeu", ["value", "valet"]), Some("value"));
        assert_eq!(nearest("valeu", ["valet", "value"]), Some("valet"));
    }

    #[test]
    fn the_first_letter_is_the_same_or_swapped() {
        assert_eq!(nearest("pool", ["bool"]), None);
        assert_eq!(nearest("one", ["None"]), None);
        assert_eq!(
            nearest("requirments", ["requirements"]),
            Some("requirements")
        );
        assert_eq!(nearest("ulr", ["url"]), Some("url"));
        assert_eq!(nearest("ejson", ["jeson"]), Some("jeson"));
    }

    #[test]
    fn another_letter_makes_another_short_word() {
        assert_eq!(nearest("mas", ["max", "map"]), None);
        assert_eq!(nearest("pag", ["page"]), Some("page"));
        assert_eq!(nearest("keey", ["key"]), Some("key"));
    }
}
