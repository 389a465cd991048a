//! The kind of a mistake that the compiler has reported: its message is that of one entry of the catalogue.

use redgrease_syntax::diagnostics;
use regex::Regex;

/// The patterns of all messages, the most definite ones first.
pub(super) struct Rules(Vec<(&'static str, Regex)>);

impl Rules {
    pub(super) fn new() -> Self {
        let mut all: Vec<(usize, &'static str, Regex)> = diagnostics()
            .into_iter()
            .filter_map(|one| {
                let (pattern, literal) = pattern(&one.text);
                Some((literal, one.code, Regex::new(&pattern).ok()?))
            })
            .collect();
        all.sort_by_key(|(literal, ..)| std::cmp::Reverse(*literal));
        Rules(
            all.into_iter()
                .map(|(_, code, regex)| (code, regex))
                .collect(),
        )
    }

    /// The kind of a message; `None` if it is not one of RedGrease.
    pub(super) fn of(&self, message: &str) -> Option<&'static str> {
        let line = message.lines().next().unwrap_or_default();
        self.0
            .iter()
            .find(|(_, regex)| regex.is_match(line))
            .map(|(code, _)| *code)
    }
}

/// A pattern of a message whose varying parts are in braces, and how much of it does not vary.
fn pattern(text: &str) -> (String, usize) {
    let mut pattern = "^".to_owned();
    let mut literal = 0;
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        let end = rest[at..].find('}').map(|end| at + end);
        let name = end.map(|end| &rest[at + 1..end]);
        let is_part = name.is_some_and(|name| {
            !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '_')
        });
        let (kept, next) = match end {
            Some(end) if is_part => (at, end + 1),
            _ => (at + 1, at + 1),
        };
        pattern.push_str(&regex::escape(&rest[..kept]));
        literal += kept;
        if is_part {
            pattern.push_str(".*");
        }
        rest = &rest[next..];
    }
    pattern.push_str(&regex::escape(rest));
    literal += rest.len();
    pattern.push('$');
    (pattern, literal)
}

#[cfg(test)]
mod tests {
    use super::Rules;

    #[test]
    fn messages_are_recognised() {
        let rules = Rules::new();
        for (message, code) in [
            (
                "undefined Python name `kye`: did you mean `key`?",
                "undefined-name",
            ),
            (
                "this gear has no body: write `{ python! { .. } }` instead of the semicolon",
                "no-body",
            ),
            (
                "the key `mode` is given twice: remove one of them\n--> a.py:1",
                "key-twice",
            ),
        ] {
            assert_eq!(rules.of(message), Some(code), "{message}");
        }
        assert_eq!(rules.of("mismatched types"), None);
        assert_eq!(rules.of("cannot find value `x` in this scope"), None);
    }
}
