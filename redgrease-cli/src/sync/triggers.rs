//! The triggers that the text of a script names.
//!
//! Servers say that a trigger is taken, and not which one. The strings of the script tell it, without a run.

use std::collections::BTreeSet;

/// The names of triggers in a script.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Named {
    /// Those that stand where a trigger is registered.
    certain: BTreeSet<String>,
    /// All strings, and the names of functions, if the script computes the name of a trigger.
    possible: BTreeSet<String>,
}

/// Calls whose strings are words of other commands.
const OTHER_CALLS: &[&str] = &["execute", "call", "log"];
/// The decorators that register a function.
const DECORATORS: &[&str] = &["command", "trigger"];

impl Named {
    pub(super) fn in_text(text: &str) -> Self {
        let tokens = tokens(text);
        let mut named = Named::default();
        let mut is_computed = false;
        let mut calls: Vec<&str> = Vec::new();
        for at in 0..tokens.len() {
            match tokens[at..] {
                [Token::Sign('('), ..] => calls.push(called(&tokens[..at])),
                [Token::Sign(')'), ..] => drop(calls.pop()),
                [Token::Word("trigger"), Token::Sign('='), ref value @ ..] => {
                    is_computed |= !named.add(value);
                }
                [Token::Word("def"), Token::Word(name), ..] => {
                    named.possible.insert(name.to_owned());
                }
                [Token::Word(word), ref rest @ ..]
                    if DECORATORS.contains(&word) && is_decorator(&tokens[..at]) =>
                {
                    is_computed |= match rest {
                        [
                            Token::Sign('('),
                            Token::Word("trigger"),
                            Token::Sign('='),
                            ..,
                        ] => false,
                        [Token::Sign('('), value @ ..] => !named.add(value),
                        _ => true,
                    };
                }
                [Token::Text(text), ..]
                    if !calls.last().is_some_and(|it| OTHER_CALLS.contains(it)) =>
                {
                    named.possible.insert(text.to_owned());
                }
                _ => {}
            }
        }
        if !is_computed {
            named.possible.clear();
        }
        named
    }

    /// Adds the name that an argument begins with. Returns whether it is a string alone.
    fn add(&mut self, value: &[Token<'_>]) -> bool {
        match value {
            [Token::Text(text), Token::Sign(',' | ')'), ..] => {
                self.certain.insert((*text).to_owned());
                true
            }
            _ => false,
        }
    }

    pub(super) fn is_certain(&self, trigger: &str) -> bool {
        self.certain.contains(trigger)
    }

    pub(super) fn has(&self, trigger: &str) -> bool {
        self.is_certain(trigger) || self.possible.contains(trigger)
    }
}

/// The name in front of a parenthesis.
fn called<'a>(before: &[Token<'a>]) -> &'a str {
    match before.last() {
        Some(Token::Word(name)) => name,
        _ => "",
    }
}

/// Whether a name is that of a decorator: `@command`, `@redgrease.command`.
fn is_decorator(before: &[Token<'_>]) -> bool {
    match before {
        [.., Token::Sign('@')] => true,
        [before @ .., Token::Word(_), Token::Sign('.')] => is_decorator(before),
        _ => false,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    /// A string without parts that are computed, as it is written.
    Text(&'a str),
    Sign(char),
}

/// The tokens of a text, without spaces and comments. `==` and its like are no `=`.
fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let word = rest
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        let (prefix, behind) = rest.split_at(word);
        let is_prefix = prefix.len() < 3 && prefix.chars().all(|c| "rbfutRBFUT".contains(c));
        if is_prefix && behind.starts_with(['\'', '"']) {
            let (inner, after) = string(behind);
            let is_plain = prefix.is_empty() || prefix.eq_ignore_ascii_case("r");
            tokens.push(if is_plain {
                Token::Text(inner)
            } else {
                Token::Sign('"')
            });
            rest = after;
        } else if word > 0 {
            tokens.push(Token::Word(prefix));
            rest = behind;
        } else if first == '#' {
            rest = rest.find('\n').map_or("", |end| &rest[end..]);
        } else if let Some(after) = ["==", "!=", "<=", ">=", ":="]
            .iter()
            .find_map(|sign| rest.strip_prefix(sign))
        {
            tokens.push(Token::Sign('?'));
            rest = after;
        } else {
            if !first.is_whitespace() && first != '\\' {
                tokens.push(Token::Sign(first));
            }
            rest = &rest[first.len_utf8()..];
        }
    }
    tokens
}

/// Splits what begins with a quotation mark: the string, and the text behind it.
fn string(text: &str) -> (&str, &str) {
    let mark = ["'''", "\"\"\"", "'", "\""]
        .into_iter()
        .find(|mark| text.starts_with(mark))
        .unwrap_or("'");
    let inner = &text[mark.len()..];
    let mut chars = inner.char_indices();
    while let Some((at, c)) = chars.next() {
        if inner[at..].starts_with(mark) {
            return (&inner[..at], &inner[at + mark.len()..]);
        }
        match c {
            '\\' => drop(chars.next()),
            // It is not closed: an error of Python.
            '\n' if mark.len() == 1 => return (&inner[..at], &inner[at..]),
            _ => {}
        }
    }
    (inner, "")
}

#[cfg(test)]
mod tests {
    use super::Named;

    fn named(text: &str) -> (Vec<String>, Vec<String>) {
        let named = Named::in_text(text);
        (
            named.certain.into_iter().collect(),
            named.possible.into_iter().collect(),
        )
    }

    #[test]
    fn a_trigger_is_a_whole_string_and_no_part_of_a_word() {
        let text =
            "GB('CommandReader').map(lambda x: \"it's\").register(trigger='tb', mode='sync')";
        assert_eq!(named(text), (vec!["tb".to_owned()], vec![]));
        let names = Named::in_text(text);
        assert!(names.has("tb") && !names.has("da") && !names.has("t") && !names.has("sync"));
        for text in [
            "# trigger='a'\nx.register(trigger = r\"b\" , mode='sync')",
            "x = '''trigger='a' '''\n@command('b')\ndef c(): pass",
            "@redgrease.command(trigger='b')\ndef c(): return trigger == 'x'",
            "x.register(\n    trigger=\\\n    \"b\"\n)\nexecute('RG.TRIGGER', 'a')",
        ] {
            assert_eq!(named(text), (vec!["b".to_owned()], vec![]), "{text}");
        }
    }

    #[test]
    fn a_computed_trigger_can_be_each_string_of_the_script() {
        let text = "for t in ('a', 'b'):\n    x.register(trigger=t)\nexecute('RG.TRIGGER', 'c')";
        assert_eq!(named(text).1, ["a", "b"]);
        assert_eq!(named("@command\ndef name(it): pass").1, ["name"]);
        assert_eq!(
            named("@command(mode='sync')\ndef n(it): pass").1,
            ["n", "sync"]
        );
        for computed in ["f'{x}'", "'a' + x", "'a%s' % x", "'a'.strip()", "name('b')"] {
            let text = format!("y = 'z'\nx.register(trigger={computed}, mode='w')");
            assert!(Named::in_text(&text).has("z"), "{text}");
        }
    }

    #[test]
    fn texts_that_are_not_whole_end() {
        for text in [
            "trigger='",
            "trigger='''a",
            "x = 'a\\",
            "trigger=",
            "@command(",
            ")",
        ] {
            assert!(Named::in_text(text).certain.is_empty(), "{text}");
        }
    }
}
