//! Patterns as servers have them: `*`, `?`, `[a-c]`, `[^a]`, and `\` in front of what is meant as it is.

/// Whether a pattern matches a whole text.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    // Where to go on when a later part does not fit: behind the last star, one character further.
    let (mut p, mut t, mut retry) = (0, 0, None);
    loop {
        if p < pattern.len() && pattern[p] == '*' {
            retry = Some((p + 1, t));
            p += 1;
            continue;
        }
        if t == text.len() {
            return pattern[p..].iter().all(|c| *c == '*');
        }
        if let Some(length) = one(&pattern[p..], text[t]) {
            p += length;
            t += 1;
        } else if let Some((star, begin)) = retry {
            p = star;
            t = begin + 1;
            retry = Some((star, t));
        } else {
            return false;
        }
    }
}

/// How much of the pattern stands for a character, if its beginning does.
fn one(pattern: &[char], c: char) -> Option<usize> {
    match pattern {
        ['?', ..] => Some(1),
        ['\\', escaped, ..] => (*escaped == c).then_some(2),
        ['[', rest @ ..] => {
            let (length, holds) = set(rest, c);
            holds.then_some(1 + length)
        }
        [literal, ..] => (*literal == c).then_some(1),
        [] => None,
    }
}

/// Length of a set, its closing bracket included, and whether a character is in it. A set that is not closed ends with
/// the pattern.
fn set(rest: &[char], c: char) -> (usize, bool) {
    let negated = rest.first() == Some(&'^');
    let mut at = usize::from(negated);
    let mut found = false;
    while at < rest.len() && rest[at] != ']' {
        let escaped = usize::from(rest[at] == '\\' && at + 1 < rest.len());
        let low = rest[at + escaped];
        at += 1 + escaped;
        if rest.get(at) == Some(&'-') && rest.get(at + 1).is_some_and(|c| *c != ']') {
            let high = rest[at + 1];
            found |= (low.min(high)..=low.max(high)).contains(&c);
            at += 2;
        } else {
            found |= low == c;
        }
    }
    ((at + 1).min(rest.len()), found != negated)
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns_match_as_servers_match_them() {
        for (pattern, text) in [
            ("*", ""),
            ("a*c", "abbc"),
            ("*ab*ab", "abxabxab"),
            ("h?llo", "hällo"),
            ("h[ae]llo", "hallo"),
            ("h[^e]llo", "hallo"),
            ("h[a-c]llo", "hbllo"),
            ("h[c-a]llo", "hbllo"),
            ("\\*", "*"),
            ("[\\]]", "]"),
            ("[a", "a"),
            ("transaction*log*", "transactions are logged"),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("", "a"),
            ("a", ""),
            ("a*c", "abcd"),
            ("h[^a]llo", "hallo"),
            ("\\*", "x"),
            ("?", ""),
            ("[ab", "c"),
        ] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
        assert!(!matches(&"*a".repeat(40), &"a".repeat(39)));
        let _ = matches("[", "[");
        let _ = matches("[^", "x");
        let _ = matches("\\", "\\");
    }
}
