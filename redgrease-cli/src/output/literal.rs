//! Values of Python as `str()` writes them: the default form of the records of a gear.

use serde_json::{Map, Number, Value};

/// Parses a literal of Python: numbers, texts, bytes, lists, tuples, sets, dicts, `None`, `True` and `False`. `None` for all other
/// text, and for numbers that JSON has no place for.
pub(crate) fn parse(text: &str) -> Option<Value> {
    let mut parser = Parser {
        rest: text.trim(),
        depth: 0,
    };
    let value = parser.value()?;
    parser.rest.trim_start().is_empty().then_some(value)
}

struct Parser<'a> {
    rest: &'a str,
    depth: usize,
}

/// Values inside of values. More of them are left as text.
const MAX_DEPTH: usize = 64;

impl Parser<'_> {
    fn value(&mut self) -> Option<Value> {
        self.rest = self.rest.trim_start();
        let first = self.rest.chars().next()?;
        match first {
            '[' => self.inside(|it| Some(Value::Array(it.items(']')?.0))),
            '(' => self.inside(Self::tuple),
            '{' => self.inside(Self::braces),
            '\'' | '"' => self.text().map(Value::String),
            'b' if self.rest[1..].starts_with(['\'', '"']) => self.bytes(),
            '0'..='9' | '-' | '.' => self.number(),
            _ => self.word(),
        }
    }

    fn inside(&mut self, read: impl FnOnce(&mut Self) -> Option<Value>) -> Option<Value> {
        self.rest = &self.rest[1..];
        self.depth += 1;
        let value = (self.depth <= MAX_DEPTH).then(|| read(self)).flatten();
        self.depth -= 1;
        value
    }

    /// Values up to a bracket, and whether a comma stands before it.
    fn items(&mut self, end: char) -> Option<(Vec<Value>, bool)> {
        let mut items = Vec::new();
        let mut is_after_comma = false;
        loop {
            if self.skip(end) {
                return Some((items, is_after_comma));
            }
            if !items.is_empty() && !is_after_comma {
                return None;
            }
            items.push(self.value()?);
            is_after_comma = self.skip(',');
        }
    }

    fn tuple(&mut self) -> Option<Value> {
        let (mut items, is_after_comma) = self.items(')')?;
        if items.len() == 1 && !is_after_comma {
            return items.pop();
        }
        Some(Value::Array(items))
    }

    /// A dict, or a set.
    fn braces(&mut self) -> Option<Value> {
        if self.skip('}') {
            return Some(Value::Object(Map::new()));
        }
        let first = self.value()?;
        if !self.skip(':') {
            let mut items = vec![first];
            if self.skip(',') {
                items.extend(self.items('}')?.0);
            } else if !self.skip('}') {
                return None;
            }
            return Some(Value::Array(items));
        }
        let mut fields = Map::new();
        let mut name = first;
        loop {
            let value = self.value()?;
            let name_text = match name {
                Value::String(text) => text,
                other => other.to_string(),
            };
            fields.insert(name_text, value);
            let is_after_comma = self.skip(',');
            if self.skip('}') {
                return Some(Value::Object(fields));
            }
            if !is_after_comma {
                return None;
            }
            name = self.value()?;
            if !self.skip(':') {
                return None;
            }
        }
    }

    fn skip(&mut self, c: char) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(c) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn number(&mut self) -> Option<Value> {
        let is_part = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | 'e' | 'E');
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let (number, rest) = self.rest.split_at(end);
        let value = if let Ok(whole) = number.parse::<i64>() {
            whole.into()
        } else if let Ok(whole) = number.parse::<u64>() {
            whole.into()
        } else if number.contains(['.', 'e', 'E']) {
            Number::from_f64(number.parse().ok()?)?
        } else {
            return None;
        };
        self.rest = rest;
        Some(Value::Number(value))
    }

    fn word(&mut self) -> Option<Value> {
        let words = [
            ("None", Value::Null),
            ("True", true.into()),
            ("False", false.into()),
            ("set()", Value::Array(Vec::new())),
        ];
        for (word, value) in words {
            if let Some(rest) = self.rest.strip_prefix(word) {
                self.rest = rest;
                return Some(value);
            }
        }
        None
    }

    fn text(&mut self) -> Option<String> {
        let mut chars = self.rest.chars();
        let quote = chars.next()?;
        let mut out = String::new();
        loop {
            match chars.next()? {
                c if c == quote => break,
                '\\' => out.push(escaped(&mut chars)?),
                c => out.push(c),
            }
        }
        self.rest = chars.as_str();
        Some(out)
    }

    /// Bytes: a text if they are one, otherwise a list of numbers.
    fn bytes(&mut self) -> Option<Value> {
        self.rest = &self.rest[1..];
        let bytes: Vec<u8> = self
            .text()?
            .chars()
            .map(|c| u8::try_from(c).ok())
            .collect::<Option<_>>()?;
        Some(match String::from_utf8(bytes) {
            Ok(text) => Value::String(text),
            Err(error) => error.into_bytes().into(),
        })
    }
}

/// The character of an escape behind its backslash.
fn escaped(chars: &mut std::str::Chars<'_>) -> Option<char> {
    let digits = match chars.next()? {
        'n' => return Some('\n'),
        't' => return Some('\t'),
        'r' => return Some('\r'),
        'x' => 2,
        'u' => 4,
        'U' => 8,
        other => return Some(other),
    };
    let hex: String = chars.by_ref().take(digits).collect();
    let code = u32::from_str_radix(&hex, 16).ok()?;
    Some(char::from_u32(code).unwrap_or('\u{fffd}'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn literals_are_read() {
        for (text, value) in [
            (
                "{'key': 'k:1', 'value': None, 'type': \"it's\"}",
                json!({"key": "k:1", "value": null, "type": "it's"}),
            ),
            ("[1, -2, 3.5, 1e3, True]", json!([1, -2, 3.5, 1000.0, true])),
            ("('a', ('b',), (1))", json!(["a", ["b"], 1])),
            ("{1, 2}", json!([1, 2])),
            ("{1: {}, (2, 3): set()}", json!({"1": {}, "[2,3]": []})),
            ("b'\\xc3\\xbc'", json!("\u{fc}")),
            ("[b'\\xff', 'a\\n\\u20ac']", json!([[255], "a\n\u{20ac}"])),
            (
                "18446744073709551615",
                json!(18_446_744_073_709_551_615_u64),
            ),
        ] {
            assert_eq!(parse(text), Some(value), "{text}");
        }
    }

    #[test]
    fn other_text_is_no_literal() {
        let deep = "[".repeat(1000);
        for text in [
            "",
            "spam",
            "[1, 2",
            "[1 2]",
            "{'a': }",
            "{'a': 1 'b': 2}",
            "<object at 0x7f>",
            "[1] x",
            "nan",
            "-",
            "'a",
            "1-2",
            "99999999999999999999",
            "(1, ",
            &deep,
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
