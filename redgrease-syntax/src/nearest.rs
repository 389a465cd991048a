//! "Did you mean": the known word that looks most like a given one.

/// The candidate that most resembles `word`, if one is close enough to be a slip of the pen.
///
/// The earlier candidate wins a tie, so put the likelier ones first.
///
/// ```
/// use redgrease_syntax::nearest;
///
/// assert_eq!(nearest("requirments", ["trigger", "requirements"]), Some("requirements"));
/// assert_eq!(nearest("colour", ["trigger", "requirements"]), None);
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
        // The wrong case alone is the smallest slip there is.
        let distance = if lowercase(&letters) == lower {
            0
        } else {
            distance(&word, &letters)
        };
        if distance <= limit && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

fn lowercase(word: &[char]) -> String {
    word.iter().flat_map(|c| c.to_lowercase()).collect()
}

/// Edits from one word to the other: insert, remove, replace, swap two neighbours.
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
        assert_eq!(nearest("ulr", ["url", "uln"]), Some("url"));
    }
}
