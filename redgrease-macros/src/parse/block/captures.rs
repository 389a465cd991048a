//! Reads `'name` in a callback: the value of a Rust variable.
//!
//! `'name` is a token of Rust (a lifetime), and not of Python. In the text it becomes `_name`, which has the same
//! length, so all other places in the text stay the same.

use super::text::Capture;
use proc_macro2::{Ident, Span};
use std::collections::BTreeMap;
use std::ops::Range;

/// Renames the captures in the text and returns them.
pub(super) fn take(text: &mut String, tokens: &[(Range<usize>, Span)]) -> Vec<Capture> {
    let mut found: BTreeMap<String, Capture> = BTreeMap::new();
    let mut plain: BTreeMap<String, Span> = BTreeMap::new();
    let mut comment_line: Option<usize> = None;
    for (range, span) in tokens {
        let line = text[..range.start]
            .rfind('\n')
            .map_or(0, |newline| newline + 1);
        let token = text[range.clone()].to_owned();
        if token == "#" {
            comment_line = Some(line);
        }
        if comment_line == Some(line) {
            continue;
        }
        match token.strip_prefix('\'') {
            Some(name) if is_name(name) => {
                found.entry(name.to_owned()).or_insert_with(|| Capture {
                    name: Ident::new(name, *span),
                    taken: None,
                });
                // The tick and the name are two tokens with one place. For the second one this is done.
                text.replace_range(range.start..=range.start, "_");
            }
            _ => {
                let own = token
                    .strip_prefix('_')
                    .filter(|name| !found.contains_key(*name) || !is_tick(tokens, range));
                if let Some(name) = own {
                    plain.entry(name.to_owned()).or_insert(*span);
                }
            }
        }
    }
    found
        .into_iter()
        .map(|(name, capture)| Capture {
            taken: plain.get(&name).copied(),
            ..capture
        })
        .collect()
}

/// Whether the place has two tokens, which are a tick and its name.
fn is_tick(tokens: &[(Range<usize>, Span)], range: &Range<usize>) -> bool {
    tokens.iter().filter(|(other, _)| other == range).count() > 1
}

fn is_name(text: &str) -> bool {
    redgrease_syntax::is_identifier(text)
}

#[cfg(test)]
mod tests {
    use super::take;
    use proc_macro2::Span;

    /// Takes the captures of a line, with its words as tokens. A word with a tick makes two tokens.
    fn taken(line: &str) -> (String, Vec<(String, bool)>) {
        let mut tokens = Vec::new();
        let mut at = 0;
        for word in line.split(' ') {
            for _ in 0..=usize::from(word.starts_with('\'')) {
                tokens.push((at..at + word.len(), Span::call_site()));
            }
            at += word.len() + 1;
        }
        let mut text = line.to_owned();
        let captures = take(&mut text, &tokens)
            .into_iter()
            .map(|capture| (capture.name.to_string(), capture.taken.is_some()))
            .collect();
        (text, captures)
    }

    #[test]
    fn ticks_become_names() {
        let (text, captures) = taken("lambda x: x > 'min and x < 'max or x == 'min");
        assert_eq!(text, "lambda x: x > _min and x < _max or x == _min");
        assert_eq!(
            captures,
            [("max".to_owned(), false), ("min".to_owned(), false)]
        );
    }

    #[test]
    fn other_text_is_unchanged() {
        for line in ["lambda x: x == 'a'", "x # it 's", "x == 'if"] {
            let (text, captures) = taken(line);
            assert_eq!((text.as_str(), captures.len()), (line, 0));
        }
    }

    #[test]
    fn a_colliding_python_name_is_found() {
        assert_eq!(taken("lambda _min : 'min").1, [("min".to_owned(), true)]);
        assert_eq!(taken("'min + _min").1, [("min".to_owned(), true)]);
    }
}
