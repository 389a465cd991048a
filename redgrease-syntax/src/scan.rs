//! Examines the tokens of a Python text, without a parser.
//!
//! The result can contain too many names. An additional name costs an unused definition on the server.

use crate::source::is_definition;
use crate::words::{continues_name, is_keyword, starts_name};
use crate::{Form, Report, Source};
use std::collections::BTreeSet;

/// Examines a text and reports no mistakes.
pub(crate) fn examine(source: &Source<'_>) -> Report {
    let words = words(source.text);
    let coroutine = match source.form {
        Form::Body => awaits(&words),
        Form::Shared | Form::Script => false,
        Form::Callback => source.text.trim_start().starts_with("async "),
        Form::Module => words.windows(3).any(|three| {
            let [first, second, third] = three else {
                return false;
            };
            first.indent == Some(0)
                && (first.text, second.text, third.text) == ("async", "def", source.name)
        }),
    };
    let names: BTreeSet<&str> = words
        .iter()
        .filter(|word| !word.attribute && !is_keyword(word.text))
        .map(|word| word.text)
        .filter(|word| !source.parameters.contains(word) && !source.known.contains(word))
        .collect();
    Report {
        findings: Vec::new(),
        names: names.into_iter().map(str::to_owned).collect(),
        coroutine,
        // Only a parser finds the names that a module defines.
        defines: match source.form {
            Form::Shared | Form::Script => vec!["*".to_owned()],
            Form::Body | Form::Module | Form::Callback => Vec::new(),
        },
        locals: Vec::new(),
        unknown_names: Vec::new(),
        unknown_imports: Vec::new(),
        refusals: Vec::new(),
        arity: (source.form == Form::Callback)
            .then(|| arity(source.text))
            .flatten(),
    }
}

/// The number of parameters of a `lambda` or `def` at the beginning of the text. `None` unless all of them are plain
/// names.
fn arity(text: &str) -> Option<usize> {
    let text = text.trim_start();
    let parameters = if let Some(lambda) = text.strip_prefix("lambda") {
        lambda.split_once(':')?.0
    } else if is_definition(text) {
        let (head, _) = text.split_once(':')?;
        head.split_once('(')?.1.rsplit_once(')')?.0
    } else {
        return None;
    };
    let names: Vec<&str> = parameters.split(',').map(str::trim).collect();
    match names[..] {
        [""] => Some(0),
        _ => names
            .iter()
            .all(|name| crate::is_identifier(name))
            .then_some(names.len()),
    }
}

/// A word outside of comments and plain strings.
#[derive(Debug, PartialEq)]
struct Word<'a> {
    text: &'a str,
    /// Whether the word follows a dot.
    attribute: bool,
    /// The indentation of its line, for the first word of a line.
    indent: Option<usize>,
}

/// Whether the outer function awaits. Coroutines that are defined inside it do not count.
fn awaits(words: &[Word<'_>]) -> bool {
    let mut inner: Option<usize> = None;
    for (i, word) in words.iter().enumerate() {
        if let (Some(indent), Some(limit)) = (word.indent, inner)
            && indent <= limit
        {
            inner = None;
        }
        let next = words.get(i + 1).map_or("", |word| word.text);
        match word.text {
            "async" if next == "def" && inner.is_none() => inner = Some(word.indent.unwrap_or(0)),
            "async" if inner.is_none() && matches!(next, "for" | "with") => return true,
            "await" if inner.is_none() => return true,
            _ => {}
        }
    }
    false
}

fn words(text: &str) -> Vec<Word<'_>> {
    let mut found = Vec::new();
    collect(text, &mut found);
    found
}

fn collect<'a>(text: &'a str, found: &mut Vec<Word<'a>>) {
    let mut at = 0;
    let mut line = 0;
    let mut fresh_line = true;
    let mut after_dot = false;
    while let Some(c) = text[at..].chars().next() {
        let start = at;
        at += c.len_utf8();
        match c {
            '\n' => {
                line = at;
                fresh_line = true;
            }
            '#' => at = text[at..].find('\n').map_or(text.len(), |end| at + end),
            '"' | '\'' => {
                at = string_end(text, start);
                fresh_line = false;
            }
            c if c.is_ascii_digit() => {
                at = run_end(text, at, |c| continues_name(c) || c == '.');
                fresh_line = false;
            }
            c if starts_name(c) => {
                at = run_end(text, at, continues_name);
                let word = &text[start..at];
                if is_prefix(word) && text[at..].starts_with(['"', '\'']) {
                    let end = string_end(text, at);
                    // The fields of an f-string are code. The words of its text are additional names.
                    if word.contains(['f', 'F', 't', 'T']) {
                        let inside = text[at..end].trim_matches(['"', '\'']);
                        collect(inside, found);
                    }
                    at = end;
                } else {
                    let indent = fresh_line.then_some(start - line);
                    found.push(Word {
                        text: word,
                        attribute: after_dot,
                        indent,
                    });
                }
                fresh_line = false;
            }
            _ => {}
        }
        if !c.is_whitespace() {
            after_dot = c == '.';
            fresh_line &= matches!(c, '#' | '\n');
        }
    }
}

fn run_end(text: &str, from: usize, belongs: impl Fn(char) -> bool) -> usize {
    text[from..]
        .find(|c| !belongs(c))
        .map_or(text.len(), |end| from + end)
}

fn is_prefix(word: &str) -> bool {
    word.len() <= 2 && word.chars().all(|c| "rRbBuUfFtT".contains(c))
}

/// The end of the string literal that begins at `quote`, or the end of the text if the literal is not closed.
fn string_end(text: &str, quote: usize) -> usize {
    let rest = &text[quote..];
    let mark = &rest[..1];
    let triple = mark.repeat(3);
    let close = if rest.starts_with(&triple) {
        triple.as_str()
    } else {
        mark
    };
    let mut at = quote + close.len();
    while let Some(c) = text[at..].chars().next() {
        if text[at..].starts_with(close) {
            return at + close.len();
        }
        if c == '\n' && close.len() == 1 {
            return at;
        }
        at += c.len_utf8();
        if c == '\\' {
            at += text[at..].chars().next().map_or(0, char::len_utf8);
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::{awaits, examine, words};
    use crate::Source;
    use proptest::prelude::*;

    fn names(text: &str) -> Vec<String> {
        examine(&Source::body("f", &["url"], text)).names
    }

    #[test]
    fn names_are_words_outside_of_strings_and_comments() {
        let text = "
    # comment
    import requests as r
    if cmd.exists(url):
        return b\"get me\" + r'raw' + 'it\\'s' + \"\"\"all
        of this\"\"\" + f\"{log(1)}\" + 1e5
";
        assert_eq!(names(text), ["cmd", "log", "r", "requests"]);
    }

    #[test]
    fn an_await_in_an_inner_coroutine_does_not_count() {
        assert!(awaits(&words("\n  x = await y\n")));
        assert!(awaits(&words("\n  async with x as y:\n    pass\n")));
        assert!(!awaits(&words(
            "\n  x = 'await y'\n  # await\n  awaits = 1\n"
        )));
        let inner = "\n  async def g():\n    await x\n\n    await y\n  return g\n";
        assert!(!awaits(&words(inner)));
        assert!(awaits(&words(&format!("{inner}  await g()\n"))));
    }

    #[test]
    fn a_module_is_a_coroutine_by_its_definition() {
        let source = Source::module("f", &[], "import x\nasync def f():\n    pass\n");
        assert!(examine(&source).coroutine);
        let source = Source::module("f", &[], "def f():\n  async def f():\n    pass\n");
        assert!(!examine(&source).coroutine);
    }

    proptest! {
        #[test]
        fn survives_any_text(text in any::<String>()) {
            let _ = names(&text);
        }

        #[test]
        fn survives_anything_made_of_python(text in "([a-z]{1,3}|[frbu]{0,2}[\"'\\\\]{1,4}|[ \n#.{}é😀]){0,40}") {
            let _ = names(&text);
        }
    }
}
