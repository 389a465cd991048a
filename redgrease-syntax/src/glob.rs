//! Glob patterns of Redis: `*`, `?`, `[a-z]`, `[^a]`, and `\` before a literal byte.

/// Whether a glob pattern matches a whole text, as `KEYS` and `SCAN` of Redis match it.
///
/// Redis compares bytes, not characters: `?` and a class stand for one byte, so `ä` in UTF-8 takes two of them. A class
/// without a closing bracket ends with the pattern. A `\` at the end of the pattern stands for itself.
///
/// The running time is at most the product of both lengths, for any number of stars.
///
/// ```
/// use redgrease_syntax::glob_matches;
///
/// assert!(glob_matches(b"user:*:name", b"user:1:name"));
/// assert!(glob_matches(b"h[a-e]llo", b"hello"));
/// assert!(!glob_matches(b"h?llo", "hällo".as_bytes()));
/// ```
#[must_use]
pub fn glob_matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    // Position after the last star, and the first byte of the text that the star did not take.
    let mut retry: Option<(usize, usize)> = None;
    loop {
        if let Some(b'*') = pattern.get(p) {
            p += 1;
            retry = Some((p, t));
            continue;
        }
        let Some(&byte) = text.get(t) else {
            // Every other element needs one byte more, so a longer match of a star cannot help.
            return pattern[p..].iter().all(|element| *element == b'*');
        };
        if let Some(width) = element(&pattern[p..], byte) {
            p += width;
            t += 1;
        } else if let Some((after_star, start)) = retry {
            p = after_star;
            t = start + 1;
            retry = Some((after_star, t));
        } else {
            return false;
        }
    }
}

/// Length of the first element of a pattern, if the element matches the byte. The element is not a star.
fn element(pattern: &[u8], byte: u8) -> Option<usize> {
    match pattern {
        [b'?', ..] => Some(1),
        [b'[', rest @ ..] => class(rest, byte).map(|length| length + 1),
        [b'\\', literal, ..] => (*literal == byte).then_some(2),
        [literal, ..] => (*literal == byte).then_some(1),
        [] => None,
    }
}

/// Length of a class after its opening bracket, if the class contains the byte.
fn class(pattern: &[u8], byte: u8) -> Option<usize> {
    let negated = pattern.first() == Some(&b'^');
    let mut at = usize::from(negated);
    let mut found = false;
    loop {
        match &pattern[at..] {
            [b'\\', literal, ..] => {
                found |= *literal == byte;
                at += 2;
            }
            [b']', ..] => {
                at += 1;
                break;
            }
            [from, b'-', to, ..] => {
                found |= (*from.min(to)..=*from.max(to)).contains(&byte);
                at += 3;
            }
            [literal, ..] => {
                found |= *literal == byte;
                at += 1;
            }
            [] => break,
        }
    }
    (found != negated).then_some(at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{element, glob_matches};

    #[test]
    fn matching_pairs() {
        for (pattern, text) in [
            ("", ""),
            ("*", ""),
            ("*", "anything"),
            ("a*c", "abbc"),
            ("*ab*ab", "abxabxab"),
            ("*a*b*", "xxaxxbxx"),
            ("user:*:name", "user:1:2:name"),
            ("h?llo", "hallo"),
            ("h??llo", "hällo"),
            ("h*llo", "heeeello"),
            ("h[ae]llo", "hallo"),
            ("h[ae]llo", "hello"),
            ("h[^e]llo", "hallo"),
            ("h[a-c]llo", "hbllo"),
            ("h[c-a]llo", "hbllo"),
            ("h[ä][ä]llo", "hällo"),
            ("[^k]*", "s"),
            ("\\*", "*"),
            ("a\\*b", "a*b"),
            ("[\\]]", "]"),
            ("[a\\]]", "]"),
            ("[a", "a"),
            ("[a-]", "]"),
            ("\\", "\\"),
            ("transaction*log*", "transactions are logged"),
        ] {
            assert!(
                glob_matches(pattern.as_bytes(), text.as_bytes()),
                "{pattern} should match {text}"
            );
        }
    }

    #[test]
    fn pairs_that_do_not_match() {
        for (pattern, text) in [
            ("", "a"),
            ("a", ""),
            ("?", ""),
            ("a*c", "abcd"),
            ("abc", "abcd"),
            ("*x", "y"),
            ("h?llo", "hällo"),
            ("h[^a]llo", "hallo"),
            ("h[^e]llo", "hello"),
            ("\\*", "x"),
            ("a\\*b", "axb"),
            ("[a-c]", "d"),
            ("[ab", "c"),
            ("[", "["),
        ] {
            assert!(
                !glob_matches(pattern.as_bytes(), text.as_bytes()),
                "{pattern} matched {text}"
            );
        }
    }

    #[test]
    fn many_stars_take_no_exponential_time() {
        let pattern = "a*".repeat(40) + "b";
        assert!(!glob_matches(
            pattern.as_bytes(),
            "a".repeat(4000).as_bytes()
        ));
        assert!(!glob_matches(
            "*a".repeat(40).as_bytes(),
            "a".repeat(39).as_bytes()
        ));
    }

    /// The definition of a glob: a star takes any number of bytes, any other element takes one.
    fn by_definition(pattern: &[u8], text: &[u8]) -> bool {
        match pattern {
            [] => text.is_empty(),
            [b'*', rest @ ..] => (0..=text.len()).any(|taken| by_definition(rest, &text[taken..])),
            _ => text.split_first().is_some_and(|(byte, text)| {
                element(pattern, *byte)
                    .is_some_and(|length| by_definition(&pattern[length..], text))
            }),
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_definition(pattern in "[ab*?^\\-\\\\\\[\\]]{0,9}", text in "[ab\\]\\-]{0,9}") {
            prop_assert_eq!(
                glob_matches(pattern.as_bytes(), text.as_bytes()),
                by_definition(pattern.as_bytes(), text.as_bytes())
            );
        }

        #[test]
        fn takes_any_bytes(pattern: Vec<u8>, text: Vec<u8>) {
            let _ = glob_matches(&pattern, &text);
        }
    }
}
