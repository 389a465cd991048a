//! Redis' own glob: `*`, `?`, `[a-z]`, `[^a]` and `\` before a literal character, over bytes.

/// `true` if `text` matches `pattern`.
pub(crate) fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    // Where to go on if what follows the last star does not fit: the star takes one byte more.
    let mut retry: Option<(usize, usize)> = None;
    loop {
        if let Some(b'*') = pattern.get(p) {
            retry = Some((p + 1, t));
            p += 1;
            continue;
        }
        if p == pattern.len() && t == text.len() {
            return true;
        }
        if let (Some(&byte), true) = (text.get(t), p < pattern.len())
            && let Some(width) = single(&pattern[p..], byte)
        {
            p += width;
            t += 1;
            continue;
        }
        match retry {
            Some((after_star, start)) if start < text.len() => {
                retry = Some((after_star, start + 1));
                p = after_star;
                t = start + 1;
            }
            _ => return false,
        }
    }
}

/// How many bytes of the pattern stand for `byte`, if its first element does.
fn single(pattern: &[u8], byte: u8) -> Option<usize> {
    match pattern {
        [b'?', ..] => Some(1),
        [b'[', rest @ ..] => class(rest, byte).map(|width| width + 1),
        [b'\\', literal, ..] => (*literal == byte).then_some(2),
        [literal, ..] => (*literal == byte).then_some(1),
        [] => None,
    }
}

/// A class without its opening bracket. One that is never closed reaches to the end.
fn class(pattern: &[u8], byte: u8) -> Option<usize> {
    let negated = pattern.first() == Some(&b'^');
    let mut i = usize::from(negated);
    let mut found = false;
    loop {
        match pattern.get(i..) {
            Some([b'\\', literal, ..]) => {
                found |= *literal == byte;
                i += 2;
            }
            Some([b']', ..]) => {
                i += 1;
                break;
            }
            Some([from, b'-', to, ..]) => {
                let (low, high) = if from <= to { (from, to) } else { (to, from) };
                found |= (*low..=*high).contains(&byte);
                i += 3;
            }
            Some([literal, ..]) => {
                found |= *literal == byte;
                i += 1;
            }
            Some([]) | None => break,
        }
    }
    (found != negated).then_some(i)
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn follows_redis() {
        let yes: &[(&str, &str)] = &[
            ("*", ""),
            ("*", "anything"),
            ("h?llo", "hallo"),
            ("h*llo", "heeeello"),
            ("h[ae]llo", "hello"),
            ("h[^e]llo", "hallo"),
            ("h[a-c]llo", "hbllo"),
            ("h[c-a]llo", "hbllo"),
            ("a\\*b", "a*b"),
            ("[^k]*", "s"),
            ("*a*b*", "xxaxxbxx"),
            ("user:*:name", "user:1:2:name"),
            ("[a\\]]", "]"),
        ];
        for (pattern, text) in yes {
            assert!(
                matches(pattern.as_bytes(), text.as_bytes()),
                "{pattern} should match {text}"
            );
        }
        let no: &[(&str, &str)] = &[
            ("", "a"),
            ("?", ""),
            ("h[^e]llo", "hello"),
            ("a\\*b", "axb"),
            ("abc", "abcd"),
            ("*x", "y"),
            ("[a-c]", "d"),
        ];
        for (pattern, text) in no {
            assert!(
                !matches(pattern.as_bytes(), text.as_bytes()),
                "{pattern} matched {text}"
            );
        }
    }

    #[test]
    fn many_stars_do_not_explode() {
        let pattern = "a*".repeat(40) + "b";
        assert!(!matches(pattern.as_bytes(), "a".repeat(4000).as_bytes()));
    }
}
