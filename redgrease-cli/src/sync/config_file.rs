//! Files of options: `key = value` in lines, as the Python program reads them.
//!
//! `key = value`, `key: value` and `key value` mean the same, and a key alone means `true`. `[a, b]` is a list, quotes may stand
//! around a value, and `#` and `;` begin comments. Lines such as `[section]` and `---` are passed by.

use crate::failure::Failure;
use redgrease_syntax::nearest;
use std::fmt;
use std::path::{Path, PathBuf};

/// A value of a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    One(String),
    List(Vec<String>),
}

/// A value and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Given {
    pub(super) value: Value,
    pub(super) place: Place,
}

/// Where a value was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    Flag(&'static str),
    Environment(&'static str),
    File {
        file: PathBuf,
        line: usize,
        key: String,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Flag(flag) => write!(f, "the option {flag}"),
            Place::Environment(name) => write!(f, "the environment variable {name}"),
            Place::File { file, line, key } => {
                write!(f, "`{key}` in {}, line {line}", file.display())
            }
        }
    }
}

/// The values of files of options. Of several values for one key, the last one counts.
#[derive(Debug, Default)]
pub(super) struct ConfigFile {
    values: Vec<(String, Given)>,
}

impl ConfigFile {
    /// Reads a file, which an `option` names. Its values count more than those of the files before.
    ///
    /// # Errors
    ///
    /// If it cannot be read, a line is no `key = value`, or a key is not among `known`.
    pub(super) fn add(&mut self, path: &Path, known: &[&str], option: &str) -> Result<(), Failure> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            Failure::usage(format!(
                "the file {} cannot be read: {error}: give another one with {option}",
                path.display()
            ))
        })?;
        self.add_text(path, &text, known)
    }

    fn add_text(&mut self, path: &Path, text: &str, known: &[&str]) -> Result<(), Failure> {
        for (line, text) in (1..).zip(text.lines()) {
            let Some((key, value)) = entry(text) else {
                continue;
            };
            let at = || format!("{}, line {line}", path.display());
            if key.is_empty() {
                return Err(Failure::usage(format!(
                    "{}: there is no key: write `key = value`, for example `{} = ..`",
                    at(),
                    known[0]
                )));
            }
            if !known.contains(&key.as_str()) {
                return Err(Failure::usage(format!(
                    "{}: there is no option `{key}`: {}",
                    at(),
                    suggestion(&key, known)
                )));
            }
            let place = Place::File {
                file: path.to_owned(),
                line,
                key: key.clone(),
            };
            self.values.push((key, Given { value, place }));
        }
        Ok(())
    }

    pub(super) fn get(&self, key: &str) -> Option<Given> {
        let mut values = self.values.iter().rev();
        values
            .find(|(name, _)| name == key)
            .map(|(_, given)| given.clone())
    }
}

/// The key and the value of a line; `None` for a line that has none.
fn entry(line: &str) -> Option<(String, Value)> {
    let line = line.trim();
    let is_section = line.starts_with('[') && line.ends_with(']');
    if line.is_empty() || line.starts_with(['#', ';']) || is_section || line == "---" {
        return None;
    }
    let line = line.trim_start_matches("--");
    let end = line.find(|c: char| c == '=' || c == ':' || c.is_whitespace());
    let (key, rest) = line.split_at(end.unwrap_or(line.len()));
    let rest = rest.trim_start();
    let rest = rest.strip_prefix(['=', ':']).unwrap_or(rest).trim_start();
    let rest = without_comment(rest);
    let value = match rest {
        // `key =` gives the empty text, a key alone switches on.
        "" if end.is_none() || !line[key.len()..].contains(['=', ':']) => {
            Value::One("true".to_owned())
        }
        _ => value(rest),
    };
    Some((key.replace('_', "-"), value))
}

/// The value that a text stands for: of a file, or of an environment variable.
pub(super) fn value(text: &str) -> Value {
    let text = text.trim();
    let list = text.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    match list {
        Some(items) => Value::List(
            split(items)
                .iter()
                .map(|item| unquoted(item).to_owned())
                .filter(|item| !item.is_empty())
                .collect(),
        ),
        None => Value::One(unquoted(text).to_owned()),
    }
}

/// The items of a list. Commas in quotes and in the braces of a glob belong to their item.
fn split(items: &str) -> Vec<&str> {
    let (mut quote, mut depth, mut start, mut found) = (None, 0_usize, 0, Vec::new());
    for (at, c) in items.char_indices() {
        match (quote, c) {
            (Some(open), _) => quote = quote.filter(|_| c != open),
            (None, '"' | '\'') => quote = Some(c),
            (None, '{') => depth += 1,
            (None, '}') => depth = depth.saturating_sub(1),
            (None, ',') if depth == 0 => {
                found.push(&items[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(&items[start..]);
    found
}

fn unquoted(text: &str) -> &str {
    let text = text.trim();
    let inside = |quote| text.strip_prefix(quote)?.strip_suffix(quote);
    inside('"').or_else(|| inside('\'')).unwrap_or(text)
}

/// The value without a comment behind it: a space and `#` or `;`, outside of quotes.
fn without_comment(text: &str) -> &str {
    let (mut quote, mut last) = (None, ' ');
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), _) => quote = quote.filter(|_| c != open),
            (None, '"' | '\'') if at == 0 || matches!(last, '[' | ',' | ' ') => quote = Some(c),
            (None, '#' | ';') if last.is_whitespace() => return text[..at].trim_end(),
            _ => {}
        }
        last = c;
    }
    text.trim_end()
}

/// What to write in place of an unknown key.
pub(super) fn suggestion(key: &str, known: &[&str]) -> String {
    let similar = nearest(key, known.iter().copied());
    let longer = known
        .iter()
        .copied()
        .filter(|name| Some(*name) != similar && name.contains(key));
    let near: Vec<String> = similar
        .into_iter()
        .chain(longer)
        .map(|name| format!("`{name}`"))
        .collect();
    if near.is_empty() {
        format!("the options are {}", known.join(", "))
    } else {
        format!("write {}", near.join(" or "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 5] = ["index-prefix", "recursive", "ignore", "watch", "server"];

    fn read(text: &str) -> Result<ConfigFile, Failure> {
        let mut file = ConfigFile::default();
        file.add_text(Path::new("x.conf"), text, &KNOWN)?;
        Ok(file)
    }

    fn get(text: &str, key: &str) -> Value {
        read(text).unwrap().get(key).unwrap().value
    }

    fn one(text: &str) -> Value {
        Value::One(text.to_owned())
    }

    fn list(items: &[&str]) -> Value {
        Value::List(items.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn lines_are_keys_and_values() {
        for text in [
            "server=a",
            "server = a",
            "server: a",
            "server a",
            "--server=a",
            "  server =a  ",
            "server = 'a'",
            "server=\"a\"",
            "server = a # why",
            "server = a ; why",
            "server=b\nserver=a",
            "[redis]\nserver=a",
            "---\n\n# x\n; y\nserver=a",
        ] {
            assert_eq!(get(text, "server"), one("a"), "{text}");
        }
        assert_eq!(get("server = a#b", "server"), one("a#b"));
        assert_eq!(get("server = 'a # b'", "server"), one("a # b"));
        assert_eq!(get("server=", "server"), one(""));
        assert_eq!(get("server = it's # why", "server"), one("it's"));
        assert_eq!(get("index_prefix = /a=b:c", "index-prefix"), one("/a=b:c"));
        assert!(read("").unwrap().get("server").is_none());
    }

    #[test]
    fn a_key_alone_is_true() {
        for text in [
            "recursive",
            "--recursive",
            "recursive = true",
            "recursive # why",
        ] {
            assert_eq!(get(text, "recursive"), one("true"), "{text}");
        }
    }

    #[test]
    fn lists_have_brackets() {
        assert_eq!(
            get("ignore = [_*, 'a, b', *.{x,y}]", "ignore"),
            list(&["_*", "a, b", "*.{x,y}"])
        );
        assert_eq!(get("ignore=[]", "ignore"), list(&[]));
        assert_eq!(get("ignore=[a] # why", "ignore"), list(&["a"]));
        assert_eq!(get("ignore=[ab]c", "ignore"), one("[ab]c"));
    }

    #[test]
    fn an_unknown_key_names_file_line_and_near_keys() {
        let error = |text| read(text).unwrap_err().to_string();
        assert_eq!(
            error("\nrecursiv=true"),
            "x.conf, line 2: there is no option `recursiv`: write `recursive`"
        );
        assert_eq!(
            error("prefix=x"),
            "x.conf, line 1: there is no option `prefix`: write `index-prefix`"
        );
        assert_eq!(
            error("maxmemory 1"),
            "x.conf, line 1: there is no option `maxmemory`: the options are index-prefix, recursive, ignore, watch, server"
        );
        assert!(error("= 5").contains("there is no key"));
    }
}
